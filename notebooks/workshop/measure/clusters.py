"""Start Dask's clusters on this machine, quietly, and count what they leave behind."""

import logging
import os

import dask
import psutil
from distributed import Client, LocalCluster

# What Dask sets for its workers, unless this process's own environment has it.
WORKERS = "distributed.nanny.pre-spawn-environ"


def start_cluster(workers: int = 2, **environment: str) -> Client:
    """Start `workers` processes of one thread each; return the client that feeds them.

    `environment` holds environment variables for them, beside Dask's own. Everything
    talks through the loopback interface, by free ports. `client.shutdown()` ends it.
    """
    settings = dask.config.get(WORKERS) | environment
    # Dask would prefer what is here to its settings, and leave its settings here.
    before = {name: os.environ.pop(name, None) for name in settings}
    try:
        with dask.config.set({WORKERS: settings}):
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # with None it wants port 8787
                silence_logs=logging.CRITICAL,
            )
        return Client(cluster)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def page_faults() -> int:
    """Return how often this process has been given a page of memory so far."""
    try:
        import resource
    except ModuleNotFoundError:  # on Windows, where psutil knows
        return psutil.Process().memory_info().num_page_faults
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def processes_left() -> int:
    """Return how many processes that this one started still run.

    Python's own `resource_tracker`, which multiprocessing starts once, isn't counted.
    """
    children = psutil.Process().children(recursive=True)
    return sum("resource_tracker" not in _command_of(child) for child in children)


def _command_of(process):
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return "resource_tracker"  # it has just ended

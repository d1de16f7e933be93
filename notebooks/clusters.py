"""Start Dask's clusters on this machine, and let their workers share tensors.

Nothing here hands out work or repeats it: that's Dask's. This starts it, quietly and by
free ports, counts what runs, and makes its workers the ranks of torch.distributed.
"""

import ctypes
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryDirectory
from traceback import clear_frames
from typing import Any

import dask
import psutil
from distributed import Client, LocalCluster, wait
from torch import distributed as ranks

# What Dask sets for its workers, unless this process's own environment has it.
WORKERS = "distributed.nanny.pre-spawn-environ"
LOOPBACK = {"linux": "lo", "darwin": "lo0"}
MALLOPT = {"MALLOC_TRIM_THRESHOLD_": -1, "MALLOC_MMAP_THRESHOLD_": -3}
_given: set[str] = set()  # the variables that clusters were given so far


def start_cluster(workers: int = 2, **environment: str | int) -> Client:
    """Start `workers` processes of one thread each; return the client that feeds them.

    `environment` holds environment variables for them, beside Dask's own. Everything
    talks through the loopback interface, by free ports. `client.shutdown()` ends it.
    """
    # Dask gives up a worker that takes longer than 15 s to come back after a fault.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"})
    settings = dask.config.get(WORKERS) | environment
    # Dask would prefer what is here to its settings, and leaves its settings here, also
    # when it starts a worker anew.
    _given.update(settings)
    before = {name: os.environ.pop(name, None) for name in _given}
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


def set_malloc(variable: str, size: int) -> bool:
    """Set what this environment `variable` would have set, had it been there before.

    `variable` is one of MALLOPT, `size` in bytes. Returns whether this process has a
    `mallopt`, as with glibc; without it nothing happens. Source: `man mallopt`.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(MALLOPT[variable], size))
    except (AttributeError, TypeError):  # macOS, Windows
        return False


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


def on_ranks(client: Client, function: Callable, *args: Any) -> list:
    """Return what `function(mesh, *args)` returns on each worker of `client`, in order.

    The workers, one thread each and all on this machine, are the ranks of `mesh`, a
    `torch.distributed.DeviceMesh` of one dimension. A rank waits for another one for a
    minute at most. Raises ExceptionGroup: what ranks raised; TimeoutError: they haven't
    ended after two minutes; RuntimeError: this torch has no gloo.
    """
    if not (ranks.is_available() and ranks.is_gloo_available()):
        raise RuntimeError("this torch has no gloo, through which two processes meet")
    workers = sorted(client.scheduler_info(n_workers=-1)["workers"])
    with TemporaryDirectory() as folder:
        meeting = {
            "init_method": f"file://{folder}/meeting",
            "world_size": len(workers),
            "timeout": timedelta(minutes=1),
        }
        # Each has to run in its own worker, and however often, so nothing is reused.
        tasks = [
            client.submit(
                _as_rank, rank, meeting, function, args, workers=[worker], pure=False
            )
            for rank, worker in enumerate(workers)
        ]
        wait(tasks, timeout=120)
        raised = [task.exception() for task in tasks if task.status == "error"]
        if raised:
            raise ExceptionGroup("not every rank has ended well", raised)
        return client.gather(tasks)


def _as_rank(rank, meeting, function, args):
    from torch.distributed.tensor import init_device_mesh

    if sys.platform in LOOPBACK:  # or gloo looks this machine's name up in the network
        os.environ["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    ranks.init_process_group("gloo", rank=rank, **meeting)
    try:
        ranks.barrier()  # or one may be done and gone before the other is connected
        return function(init_device_mesh("cpu", (meeting["world_size"],)), *args)
    except BaseException as error:
        # The traceback keeps the mesh, so others would wait for this rank till timeout.
        clear_frames(error.__traceback__)
        raise
    finally:
        ranks.destroy_process_group()


def count_collectives(function: Callable, *args: Any) -> Counter[str]:
    """Return a Counter of the collectives of `function(*args)` on this rank, by name.

    Those are the calls in which ranks exchange numbers, and wait for each other.
    """
    from torch.distributed.tensor.debug import CommDebugMode

    with CommDebugMode() as counted:
        function(*args)
    counts = counted.get_comm_counts().items()
    return Counter({operation.__name__: count for operation, count in counts})

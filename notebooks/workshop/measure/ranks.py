"""Let the workers of a Dask cluster hold parts of the same tensors, and count who asks.

A process that works with others on one tensor is a **rank**. Here each worker is one;
they meet through a file, so no port has to be free, and talk within this machine.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryDirectory
from traceback import clear_frames
from typing import TYPE_CHECKING, Any

from torch import distributed

if TYPE_CHECKING:  # takes a while to import, and only one notebook needs it
    from distributed import Client

LOOPBACK = {"linux": "lo", "darwin": "lo0"}


def on_ranks(
    client: "Client", function: Callable, *args: Any, timeout: float = 60
) -> list:
    """Return what `function(mesh, *args)` returns on each worker of `client`, in order.

    The workers, one thread each and all on this machine, are the ranks of `mesh`, a
    `torch.distributed.DeviceMesh` of one dimension. A rank waits for another one for
    `timeout` seconds at most. Raises ExceptionGroup: what ranks raised; TimeoutError:
    they haven't ended a minute after that; RuntimeError: this torch has no gloo.
    """
    from distributed import wait

    if not (distributed.is_available() and distributed.is_gloo_available()):
        raise RuntimeError("this torch has no gloo, through which two processes meet")
    workers = sorted(client.scheduler_info(n_workers=-1)["workers"])
    with TemporaryDirectory() as folder:
        meeting = {
            "init_method": f"file://{folder}/meeting",
            "world_size": len(workers),
            "timeout": timedelta(seconds=timeout),
        }
        # Each has to run in its own worker, and however often, so nothing is reused.
        tasks = [
            client.submit(
                _as_rank, rank, meeting, function, args, workers=[worker], pure=False
            )
            for rank, worker in enumerate(workers)
        ]
        wait(tasks, timeout=timeout + 60)
        raised = [task.exception() for task in tasks if task.status == "error"]
        if raised:
            raise ExceptionGroup("not every rank has ended well", raised)
        return client.gather(tasks)


def _as_rank(rank, meeting, function, args):
    from torch.distributed.tensor import init_device_mesh

    if sys.platform in LOOPBACK:  # or gloo looks this machine's name up in the network
        os.environ["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    distributed.init_process_group("gloo", rank=rank, **meeting)
    try:
        return function(init_device_mesh("cpu", (meeting["world_size"],)), *args)
    except BaseException as error:
        # The traceback keeps the mesh, so others would wait for this rank till timeout.
        clear_frames(error.__traceback__)
        raise
    finally:
        distributed.destroy_process_group()


def count_collectives(function: Callable, *args: Any) -> Counter[str]:
    """Return a Counter of the collectives of `function(*args)` on this rank, by name.

    Those are the calls in which ranks exchange numbers, and wait for each other.
    """
    from torch.distributed.tensor.debug import CommDebugMode

    with CommDebugMode() as counted:
        function(*args)
    counts = counted.get_comm_counts().items()
    return Counter({operation.__name__: count for operation, count in counts})

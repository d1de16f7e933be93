"""Make the machine busy on purpose: to see what a measurement is worth then."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from preflight import granted_cores

# Who started it may be killed: then it has another parent, and ends.
SPIN = """
import os
print(flush=True)
parent = os.getppid()
while os.getppid() == parent:
    pass
"""


@contextmanager
def busy_cores(count: int | None = None) -> Iterator[None]:
    """Let `count` processes compute meanwhile, by default one for each granted core.

    They have begun when this does, and are gone when it ends, whatever happens.
    """
    if count is None:
        count = ceil(granted_cores())
    command = [sys.executable, "-I", "-c", SPIN]
    processes = []
    try:
        for _ in range(count):
            processes.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for process in processes:
            process.stdout.readline()
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def count_interruptions() -> int:
    """Return how often this process has lost its core to another one so far.

    Windows doesn't tell: there, always 0.
    """
    try:
        import resource
    except ModuleNotFoundError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw

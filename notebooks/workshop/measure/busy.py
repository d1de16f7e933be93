"""Make the machine busy on purpose: to see what a measurement is worth then."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Who started it may be killed: then it has another parent, and ends.
SPIN = """
import os
print(flush=True)
parent = os.getppid()
while os.getppid() == parent:
    pass
"""


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """Keep as many processes as `count` says computing meanwhile; they wait for no one.

    They have begun when this does, and are gone when it ends, whatever happens.
    """
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

"""Tell what this machine is, and what to do where it is not what the series needs."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from packaging.requirements import Requirement

from .display import table
from .extension import ROOT


def check_machine():
    """Return a table of what this machine has, and what to do where it is amiss."""
    return table([_python(), *_packages(), *_processor()], ["", "found", "what to do"])


def _python():
    fits = (3, 11) <= sys.version_info[:2] <= (3, 14)
    advice = "nothing" if fits else "set the series up again with Python 3.11 to 3.14"
    return "Python", platform.python_version(), advice


def _packages():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        text = line.partition("#")[0].strip()
        if text:
            yield _package(Requirement(text))


def _package(requirement):
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return requirement.name, "missing", "run: pip install -r requirements.txt"
    fits = requirement.specifier.contains(found, prereleases=True)
    mend = f"pip install '{requirement}', or expect other numbers"
    return requirement.name, found, "nothing" if fits else mend


def _processor():
    cores = granted_cores()
    advice = "nothing: one is enough" if cores >= 1 else "expect slow and uneven times"
    yield "cores granted", f"{cores:g}", advice
    threads = torch.get_num_threads()
    advice = "nothing" if threads == 1 else "torch.set_num_threads(1)"
    yield "threads in use", str(threads), advice
    kind = f"{torch.backends.cpu.get_cpu_capability()}, {platform.machine()}"
    yield "instruction set", kind, "nothing: your times will differ"
    gpu = "none"
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        gpu = "Apple GPU"
    yield "GPU", gpu, "nothing: these notebooks need none"


def granted_cores():
    """Return how many cores this process may use, by its binding and its quota."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    # In Linux containers: microseconds granted of a period.
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.exists():
        granted, period = quota.read_text().split()
        if granted != "max":
            cores = min(cores, int(granted) / int(period))
    return cores

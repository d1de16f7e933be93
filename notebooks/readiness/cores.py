"""How many cores may this process use?"""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def granted_cores():
    """Return how many cores this process may use, by its binding and its quota."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    for granted, period in _quotas():
        if granted not in ("max", "-1"):
            cores = min(cores, int(granted) / int(period))
    return cores


def _quotas():
    """Yield (microseconds granted, of so many), as containers on Linux say it."""
    if (CGROUP / "cpu.max").exists():
        yield (CGROUP / "cpu.max").read_text().split()
    old = [CGROUP / "cpu" / f"cpu.cfs_{part}_us" for part in ("quota", "period")]
    if old[0].exists():
        yield [path.read_text().strip() for path in old]

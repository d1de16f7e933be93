"""Run code in a fresh Python: what a process settles at its start can't be undone."""

import os
import subprocess
import sys

from .extension import ROOT


def run_fresh(code, **environment):
    """Run `code` in a new Python process, on one thread, and return what it prints.

    The series' modules are on its path; `environment` holds further environment
    variables. Raises RuntimeError with the process's own message if it fails.
    """
    path = os.pathsep.join([str(ROOT), str(ROOT / "notebooks")])
    settings = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", **environment}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env=os.environ | settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout

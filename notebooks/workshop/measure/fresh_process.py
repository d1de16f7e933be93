"""Run code in a fresh Python: what a process settles at its start can't be undone."""

import os
import subprocess
import sys

from ..paths import ROOT


def run_fresh(code: str, **environment: str) -> str:
    """Run `code` in a new Python process, on one thread, and return what it prints.

    The series' modules are on its path; `environment` holds further environment
    variables. Raises RuntimeError with the process's own message if it fails.
    """
    paths = [str(ROOT), str(ROOT / "notebooks"), os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(filter(None, paths))
    settings = {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env=os.environ | settings | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def onednn_log(code: str, about: str, **environment: str) -> list[str]:
    """Run `code` as `run_fresh` does; return the lines that it and oneDNN print.

    oneDNN tells which implementation does each piece of work, and which refuse it. Of
    the refusals those are kept whose reason names `about`. Repeated lines are left out.
    """
    wanted = {"ONEDNN_VERBOSE": "dispatch,profile_exec", **environment}
    lines = []
    for line in run_fresh(code, **wanted).splitlines():
        fields = line.split(",")
        if "exec" in fields:
            line = f"oneDNN: {fields[5]} by {fields[6]}"
        elif "create:dispatch" in fields and about in fields[-2]:
            line = f"oneDNN: refused: {fields[-2].split(': ')[-1]}"
        elif fields[0] == "onednn_verbose":
            continue
        if line not in lines[-1:]:
            lines.append(line)
    return lines

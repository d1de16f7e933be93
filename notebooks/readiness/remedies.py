"""The commands that mend: they fit what is here, and can be pasted."""

import functools
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = (3, 11), (3, 13)  # the Pythons that the series was run with
WINDOWS = os.name == "nt"
SET_UP = {  # on Windows, or else: the first step of README's command
    False: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
    True: r"py -m venv .venv; .venv\Scripts\pip install -r requirements.txt",
}


def go():
    """Return the command that goes to the folder of the series."""
    quoted = subprocess.list2cmdline([str(ROOT)]) if WINDOWS else shlex.quote(str(ROOT))
    return f"run: cd {quoted}"


def again():
    """Return the command that runs the preflight with the Python that was set up."""
    script = r"notebooks\preflight.py" if WINDOWS else "notebooks/preflight.py"
    return f"run: {_python_of_venv()} {script}"


def install():
    """Return how to come by the packages, whatever state .venv is in."""
    python = _python_of_venv()
    if not _fits(str(ROOT / python), needs="pip"):
        return set_up()
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        return again()
    return f"run: {python} -m pip install -r requirements.txt"


def set_up():
    """Return how to set the series up, from scratch if there is a .venv."""
    first, python = _find_python()
    rest = SET_UP[WINDOWS].partition(" ")[2]
    if (ROOT / ".venv").exists():
        rest = rest.replace("-m venv", "-m venv --clear")
    return f"{first}run: {python} {rest}"


def unset(*names):
    """Return how to do without these variables of the environment."""
    if WINDOWS:
        return f"run: Remove-Item {','.join('Env:' + name for name in names)}"
    return f"run: unset {' '.join(names)}"


def export(name, value):
    """Return how to set a variable of the environment."""
    return f"run: $env:{name}={value}" if WINDOWS else f"run: export {name}={value}"


def move(path):
    """Return how to rename a file of the reader's that is in the way."""
    new = path.with_name(f"my_{path.name}")
    return f"run: mv {path} {new}"


def _python_of_venv():
    return r".venv\Scripts\python" if WINDOWS else ".venv/bin/python"


def _find_python():
    """Return (what to do first, the command of a Python that can then make .venv)."""
    usual = SET_UP[WINDOWS].split()[0]
    name = "py -3.{}" if WINDOWS else "python3.{}"
    others = [name.format(minor) for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    pythons = [usual, *others, "python"]
    for python in pythons:
        if _fits(*python.split(), needs="ensurepip"):
            return "", python
    for python in pythons:  # Debian and Ubuntu keep apart what makes .venv
        if _fits(*python.split(), needs="sys"):
            return (
                f"install {python}-venv (sudo apt-get install {python}-venv), ",
                python,
            )
    return f"install Python {NEWEST[0]}.{NEWEST[1]} (from python.org), ", others[0]


@functools.lru_cache(maxsize=None)  # noqa: UP033  old Python
def _fits(*command, needs):
    """Tell whether this is a Python that the series takes, and has a module."""
    allowed = f"{OLDEST} <= sys.version_info[:2] <= {NEWEST}"
    code = f"import sys, {needs}; sys.exit(0 if {allowed} else 1)"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.call([*command, "-I", "-c", code], **quiet) == 0
    except OSError:  # no such program
        return False

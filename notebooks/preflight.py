"""Is this machine ready for the series? And if not, what mends it?

    python notebooks/preflight.py

It needs nothing but Python, even an old one, and says the rest itself: a green line for
what is there, a red one for what is not, with what to do. Exit status 1 if any is red.
"""

import atexit
import contextlib
import io
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

from compilers import NO_COMPILER, find_compiler

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ".venv\\Scripts\\" if os.name == "nt" else ".venv/bin/"
INSTALL = f"run: {FOLDER}pip install -r requirements.txt"
ANOTHER = f"run this with {FOLDER}python, which is another Python"
AGAIN = "delete the folder .venv and set the series up again"
CGROUP = Path("/sys/fs/cgroup")
OLDEST, NEWEST = (3, 11), (3, 13)  # the Pythons that the series was run with

# What was looked at and found; `mend` says what to do, and is "" where all is well.
Check = namedtuple("Check", ["name", "found", "mend"])


def check_python():
    fits = OLDEST <= sys.version_info[:2] <= NEWEST
    mend = "" if fits else "set the series up again with Python 3.11 to 3.13"
    yield Check("Python", platform.python_version(), mend)


def check_packages():
    """Yield a check for each line of requirements.txt."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        Requirement = None
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text:
            yield _check_package(text, Requirement)


def _check_package(text, Requirement):
    name = re.match(r"[\w.-]+", text)[0]  # without extras such as [distributed]
    found = _version(name)
    if found is None:
        return Check(name, "missing", _install())
    if Requirement is None:
        return Check(name, f"{found}, not compared: packaging is missing", "")
    fits = Requirement(text).specifier.contains(found, prereleases=True)
    mend = "" if fits else f"{_install()}, or expect other numbers"
    return Check(name, found, mend)


def _install():
    """Return how to come by the packages: they may be there, for another Python."""
    environment = ROOT / ".venv"
    mine = Path(sys.prefix).resolve() == environment.resolve()
    return ANOTHER if environment.exists() and not mine else INSTALL


def _version(name):
    """Return the version of the installed package `name`, or None."""
    try:
        from importlib.metadata import PackageNotFoundError, version
    except ImportError:  # Python before 3.8
        return None
    try:
        return version(name)
    except PackageNotFoundError:
        return None


LPRUN = """\
%load_ext line_profiler
from SO_CONVOLVE_QUESTION import convolve, x, y
%lprun -f convolve convolve(x, y)"""
FIGURE = """\
import matplotlib.pyplot as plt
from workshop import show_figure
show_figure(plt.figure(), "an empty figure")"""
CELLS = {  # what is run, and what its outputs must hold
    "kernel": ("6 * 7", "42"),
    "workshop": ("%load_ext workshop", ""),
    "%lprun": (LPRUN, "Hits"),
    "figure": (FIGURE, "<img"),
}


def check_notebook():
    """Run a small notebook: yield whether each cell gives what it should."""
    missing = [check.name for check in check_packages() if check.found == "missing"]
    if missing:
        yield from _not_tried(CELLS, f"no {missing[0]}")
        return
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError as error:
        yield Check("kernel", f"doesn't start: {_first_line(error)}", _mend())
        yield from _not_tried(list(CELLS)[1:], "no kernel")
        return
    cells = [nbformat.v4.new_code_cell(source) for source, _ in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = {"metadata": {"path": str(ROOT / "notebooks")}}
    options = {"kernel_name": "python3", "timeout": 60, "allow_errors": True}
    client = NotebookClient(notebook, resources=folder, **options)
    failure = _execute(client)
    if failure:
        yield Check("kernel", f"doesn't start: {failure}", _mend())
        yield from _not_tried(list(CELLS)[1:], "no kernel")
        return
    for cell, (name, (_, wanted)) in zip(cells, CELLS.items()):  # noqa: B905  old Python
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors:
            said = f"{errors[0].ename}: {_first_line(errors[0].evalue)}"
            yield Check(name, f"fails: {said}", _mend())
            if name == "workshop":  # what follows needs it
                yield from _not_tried(list(CELLS)[2:], "no workshop")
                return
        elif wanted in str(cell.outputs):
            yield Check(name, "works", "")
        else:
            yield Check(name, "shows nothing", _mend())


def _not_tried(names, why):
    return [Check(name, f"not tried: {why}", "") for name in names]


def _mend():
    """Return what mends packages that are there and don't work."""
    names = ["JUPYTER_DATA_DIR", "JUPYTER_PATH", "MPLBACKEND", "PYTHONPATH"]
    found = [name for name in names if os.environ.get(name)]
    return f"unset {' and '.join(found)}, then run this again" if found else AGAIN


def _execute(client):
    """Return None, or why the kernel doesn't start; its log is not for learners."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            client.execute(stderr=subprocess.DEVNULL)
        except Exception as error:  # noqa: BLE001
            atexit.unregister(client._cleanup_kernel)  # or it fails once more, aloud
            return _first_line(error)


def check_compiler():
    compiler = find_compiler()
    found = compiler.found
    if not compiler.fits:
        reading = "or read about the operator without running it"
        found = f"{found}, but {NO_COMPILER}; {reading}"
    yield Check("C++ compiler", found, "")


def check_settings():
    """Yield a check for each setting of the user's that changes what notebooks show.

    The variables and files that hold them are looked at, not the programs.
    """
    for name in ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS"):
        value = os.environ.get(name, "").replace(INLINE, "")
        if value:
            yield Check(name, value, f"unset it, {OTHERS}")
    for folder in os.environ.get("JUPYTER_PATH", "").split(os.pathsep):
        if folder and Path(folder, "kernels", "python3").exists():
            found = f"another kernel python3 is in {folder}"
            yield Check("JUPYTER_PATH", found, f"unset it, {OTHERS}")
    for path in filter(_says_something, _ipython_files()):
        mend = f"set IPYTHONDIR to an empty folder, {OTHERS}"
        yield Check("IPython", f"reads {path}", mend)
    path = _matplotlibrc()
    if _says_something(path):
        mend = f"set MATPLOTLIBRC to an empty file, {OTHERS}"
        yield Check("matplotlib", f"reads {path}", mend)


OTHERS = "or expect other outputs"
INLINE = "module://matplotlib_inline.backend_inline"  # Jupyter's own choice


def _ipython_files():
    """Return what IPython reads or runs before the first cell."""
    folder = os.environ.get("IPYTHONDIR") or os.path.expanduser("~/.ipython")
    profile = Path(folder, "profile_default")
    return sorted([*profile.glob("ipython*_config.*"), *profile.glob("startup/*.*py")])


def _matplotlibrc():
    """Return where matplotlib looks for the user's settings."""
    linux = sys.platform.startswith(("linux", "freebsd"))
    home = os.path.expanduser("~")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    folder = Path(config, "matplotlib") if linux else Path(home, ".matplotlib")
    path = os.environ.get("MATPLOTLIBRC") or os.environ.get("MPLCONFIGDIR") or folder
    return Path(path, "matplotlibrc") if Path(path).is_dir() else Path(path)


def _says_something(path):
    """Tell whether a file of settings holds more than its comments."""
    if not path.is_file():
        return False
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    said = {line.partition("#")[0].strip() for line in lines}
    return bool(said - {"", "c = get_config()"})


def check_folder():
    """Yield whether notebooks can write beside themselves: one makes a module there."""
    folder = ROOT / "notebooks"
    try:
        tempfile.TemporaryFile(dir=str(folder)).close()
    except OSError as error:
        mend = "copy the series to a folder of your own"
        yield Check("notebooks", f"can't be written: {_first_line(error)}", mend)
        return
    yield Check("notebooks", "can be written", "")


def check_disk():
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    mend = "" if free >= 1 else "make room: 1 GB at least"
    yield Check("disk free", f"{free:.1f} GB", mend)


def check_port():
    """Yield whether JupyterLab can open a port to talk to the browser."""
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
    except OSError as error:
        mend = "let programs listen on 127.0.0.1: ask who set up the firewall"
        yield Check("port", f"none: {_first_line(error)}", mend)
        return
    with socket.socket() as usual:
        usual.settimeout(1)
        taken = usual.connect_ex(("127.0.0.1", 8888)) == 0
    found = "8888 is taken, JupyterLab takes the next" if taken else "8888 is free"
    yield Check("port", found, "")


def check_cores():
    cores = granted_cores()
    mend = "" if cores >= 1 else "expect slow and uneven times, or ask for a whole core"
    yield Check("cores granted", f"{cores:g}", mend)


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


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


CHECKS = [
    check_python,
    check_packages,
    check_notebook,
    check_compiler,
    check_settings,
    check_folder,
    check_disk,
    check_port,
    check_cores,
]


def look():
    """Yield the `Check`s of all CHECKS; one that stumbles is told as one, too."""
    for check in CHECKS:
        try:
            for found in check():
                yield found
        except Exception as error:  # noqa: BLE001
            name = check.__name__.replace("check_", "")
            found = f"{type(error).__name__}: {_first_line(error)}"
            yield Check(name, found, "please report it: this check stumbled")


def main():
    """Print all checks, and return the exit status: 1 if there is something to mend."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    colour = sys.stdout.isatty()
    wrong = 0
    for name, found, mend in look():
        tried = not found.startswith("not tried")
        sign, code = ("✗", 31) if mend else ("✓", 32) if tried else ("–", 33)
        text = f"{sign} {name}: {found}{'. To mend it, ' + mend if mend else ''}"
        print(f"\033[{code}m{text}\033[0m" if colour else text, flush=True)
        wrong += bool(mend)
    things = "1 thing" if wrong == 1 else f"{wrong} things"
    print(f"{things} to mend." if wrong else "Ready.", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # `| head -1` reads no more: then Python needn't complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

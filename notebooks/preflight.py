"""Is this machine ready for the series? And if not, what mends it?

    python notebooks/preflight.py

It needs nothing but Python, even an old one, and says the rest itself: a green line for
what is there, a red one for what is not; then what to do, in order; and a last line fit
for a photograph. Exit status 1 if there is anything to do.
"""
# ruff: noqa: E402  first of all, see to it that the imports find what they mean

import os
import sys

PYTHONS = f"{3}.11 to 3.13"  # you need one of these: far older ones stop at this line

if __name__ == "__main__":  # a random.py beside this file is not Python's own
    here = os.path.dirname(os.path.abspath(__file__))
    late = filter(None, os.getenv("PYTHONPATH", "").split(os.pathsep))
    late = [here, *map(os.path.abspath, late)]
    sys.path.sort(key=lambda folder: os.path.abspath(folder) in late)
    sys.path.append(here)
    for stream in "stdin", "stdout", "stderr":  # one that is closed is None
        setattr(sys, stream, getattr(sys, stream) or open(os.devnull, "w"))  # noqa: SIM115

import errno
import platform
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections import namedtuple

try:
    from compilers import NO_COMPILER, find_compiler
    from readiness import files, settings, trial
    from readiness.cores import granted_cores
    from readiness.remedies import NEWEST, OLDEST, export, install, move, set_up, unset
    from readiness.telling import few, first_line, say, tell
except ImportError as error:
    sys.exit(f"{error}: download the series, and unpack all of it")

# What was looked at and found; `mend` says what to do, and is "" where all is well.
# Without a name, it says what is waited for.
Check = namedtuple("Check", ["name", "found", "mend"])


def check_files():
    """Yield a check for what is missing, and for each file that hides a module."""
    missing = files.missing()
    if not missing:
        yield Check("files", "all there", "")
    else:
        mend = "download the series, unpack all of it, and copy from it what is missing"
        yield Check("files", f"no {few(missing)}", mend)
    for path, name in files.hiding().items():
        path = path.relative_to(files.ROOT)
        yield Check("files", f"{path} hides the module {name}", move(path))
    names = files.hidden_by_pythonpath()
    if names:
        yield Check("PYTHONPATH", f"hides {few(names)}", unset("PYTHONPATH"))


def check_python():
    found = platform.python_version()
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        yield Check("Python", found, "")
    else:
        yield Check("Python", f"{found}, not {PYTHONS}", install())


def check_folder():
    """Yield whether what has to be written can be: a notebook makes a module, too."""
    made = (files.ROOT / ".venv").exists()
    mend = "copy the series to a folder of your own, and go on there"
    try:
        for folder in [files.NOTEBOOKS] if made else [files.NOTEBOOKS, files.ROOT]:
            _write(folder)
    except OSError as error:
        yield Check("folder", f"can't be written: {error}", _room(error) or mend)
    else:
        yield Check("folder", "can be written", "")


def check_home():
    """Yield whether JupyterLab can write where it keeps what is for this user."""
    try:
        from jupyter_core.paths import jupyter_runtime_dir
    except ImportError:
        return
    try:
        os.makedirs(jupyter_runtime_dir(), exist_ok=True)
        _write(jupyter_runtime_dir())
    except OSError as error:
        mend = f"let it be written, or {export('HOME', '$(mktemp -d)')}"
        yield Check("home", f"can't be written: {error}", _room(error) or mend)


def _write(folder):
    with tempfile.TemporaryFile(dir=str(folder)) as file:
        file.write(bytes(100000))


def _room(error):
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
    return "make room: delete what you don't need, or ask for more" if full else ""


def check_disk():
    """Yield how much room is left; torch for NVIDIA cards comes with several GB."""
    free = shutil.disk_usage(str(files.ROOT)).free / 1e9
    mend, needed = "make room, 1 GB in all", 1
    if sys.platform == "linux" and _version("torch") is None:
        mend, needed = (
            "make room, 7 GB in all, or take torch's small build: README.md",
            7,
        )
    yield Check("disk free", f"{free:.1f} GB", "" if free >= needed else mend)


def check_packages():
    """Yield a check for each line of requirements.txt."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        Requirement = None
    for name, line in files.required().items():
        yield _check_package(name, line, Requirement)


def _check_package(name, line, Requirement):
    found = _version(name)
    if found is None:
        return Check(name, "missing", install())
    if Requirement is None:
        return Check(name, f"{found}, not compared: packaging is missing", "")
    wanted = Requirement(line).specifier
    if wanted.contains(found, prereleases=True):
        return Check(name, found, "")
    return Check(name, f"{found}, not {wanted}: expect other numbers", install())


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


def _missing_package():
    return next((name for name in files.required() if _version(name) is None), None)


def check_compiler():
    compiler = find_compiler()
    found = compiler.found
    if not compiler.fits:
        reading = "or read about the operator without running it"
        found = f"{found}, but {NO_COMPILER}; {reading}"
    yield Check("C++ compiler", found, "")


def check_settings():
    """Yield a check for each setting of the user's that changes what notebooks show."""
    differ = "so outputs may differ"
    for name, value in settings.set_variables():
        yield Check(name, f"{value}, {differ}", unset(name))
    for folder in settings.other_kernels():
        found = f"another kernel python3 is in {folder}, {differ}"
        yield Check("JUPYTER_PATH", found, unset("JUPYTER_PATH"))
    for path in settings.ipython_files():
        mend = "set IPYTHONDIR to an empty folder, or expect other outputs"
        yield Check("IPython", f"reads {path}", mend)
    for path in settings.matplotlib_files():
        mend = "set MATPLOTLIBRC to an empty file, or expect other outputs"
        yield Check("matplotlib", f"reads {path}", mend)


def check_port():
    """Yield whether JupyterLab can open a port to talk to the browser."""
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
    except OSError as error:
        mend = "let programs listen on 127.0.0.1: ask who set up the firewall"
        yield Check("port", f"none: {first_line(error)}", mend)
        return
    with socket.socket() as usual:
        usual.settimeout(1)
        taken = usual.connect_ex(("127.0.0.1", 8888)) == 0
    state = "taken, JupyterLab takes the next" if taken else "free"
    yield Check("port", f"8888 is {state}", "")


def check_cores():
    cores, mend = granted_cores(), "expect uneven times, or ask for a whole core"
    yield Check("cores granted", f"{cores:g}", "" if cores >= 1 else mend)


def check_jupyterlab():
    """Yield whether README's `jupyter lab` starts; it doesn't if .venv was moved."""
    if _missing_package():
        yield Check("JupyterLab", f"not tried: no {_missing_package()}", "")
        return
    yield Check("", "looking whether JupyterLab starts \u2026", "")
    jupyter = shutil.which("jupyter", path=sysconfig.get_path("scripts"))
    start = [jupyter] if jupyter else [sys.executable, "-m", "jupyter"]
    try:
        done = subprocess.run(
            [*start, "lab", "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        said = done.stderr.decode("utf-8", "replace").strip() or "it says nothing"
        failed = done.returncode and said
    except OSError as error:
        failed = str(error)
    if failed:
        yield Check("JupyterLab", f"doesn't start: {failed.splitlines()[-1]}", _mend())
    else:
        yield Check("JupyterLab", "starts", "")


def check_notebook():
    """Run a small notebook: yield whether each cell gives what it should."""
    names = list(trial.CELLS)
    first = [check.name for check in [*check_files(), *check_home()] if check.mend]
    missing = _missing_package()
    if missing or first:
        why = f"no {missing}" if missing else f"mend {first[0]} first"
        yield from (Check(name, f"not tried: {why}", "") for name in names)
        return
    yield Check("", "starting a kernel, which can take a minute \u2026", "")
    for name, found, fine in trial.run():
        names.remove(name)
        yield Check(name, found, "" if fine else _mend())
        failed = name
    yield from (Check(name, f"not tried: no {failed}", "") for name in names)


def _mend():
    """Return what mends packages that are there and don't work."""
    names = ["JUPYTER_DATA_DIR", "JUPYTER_PATH", "MPLBACKEND", "PYTHONPATH"]
    found = [name for name in names if os.environ.get(name)]
    if found:
        return unset(*found)
    if trial.has_foreign_kernel():
        return export("JUPYTER_PREFER_ENV_PATH", "1")
    return set_up()


CHECKS = [
    check_files,
    check_python,
    check_folder,
    check_home,
    check_disk,
    check_packages,
    check_compiler,
    check_port,
    check_cores,
    check_settings,
    check_jupyterlab,
    check_notebook,
]


def look():
    """Yield the `Check`s of all CHECKS; one that stumbles is told as one, too."""
    for check in CHECKS:
        try:
            for found in check():
                yield found
        except Exception as error:  # noqa: BLE001
            name = check.__name__.replace("check_", "")
            found = f"{type(error).__name__}: {first_line(error)}"
            yield Check(name, found, "please report it: this check stumbled")


if __name__ == "__main__":
    try:
        sys.exit(tell(look(), _version("torch")))
    except KeyboardInterrupt:
        say("\nInterrupted: not all was looked at.")
        sys.exit(130)
    except OSError:  # `| head -1` reads no more: then Python needn't complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

"""Are the files of the series here, and none that takes the place of another?"""

import os
import pkgutil
import re
import sys
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"


def text(name):
    """Return what a file of the series says; nothing if it is missing."""
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def required():
    """Return a dict of package -> its line in requirements.txt."""
    lines = [line.partition("#")[0] for line in text("requirements.txt").splitlines()]
    lines = [line.strip() for line in lines if line.strip()]
    return {re.match(r"[\w.-]+", line)[0]: line for line in lines}


def missing():
    """Return the files that README's map or another module names, and aren't here."""
    found = ["README.md", "requirements.txt", "SO_CONVOLVE_QUESTION.py"]
    found += re.findall(r"\]\((notebooks/[\w./]+)\)", text("README.md"))
    for path in NOTEBOOKS.glob("*/**/*.py"):
        if ".ipynb_checkpoints" not in path.parts:
            found += [other.relative_to(ROOT).as_posix() for other in _beside(path)]
    return sorted({name for name in found if not (ROOT / name).exists()})


def _beside(path):
    """Yield the files that the module at `path` takes for granted."""
    yield path.with_name("__init__.py")
    source = path.read_text(encoding="utf-8", errors="replace")
    for dots, name in re.findall(r"(?m)^ *from (\.+)(\w[\w.]*) import", source):
        other = path.parents[len(dots) - 1].joinpath(*name.split("."))
        yield other / "__init__.py" if other.is_dir() else other.with_suffix(".py")


def hiding():
    """Return a dict of file -> the module that Python doesn't find because of it.

    These are files of the reader's, in folders where Python looks before its own.
    """
    mine = [NOTEBOOKS, ROOT]
    path = [folder for folder in sys.path if Path(folder).resolve() not in mine]
    path = [folder for folder in path if os.path.abspath(folder) not in pythonpath()]
    found = {}
    for folder, behind in (NOTEBOOKS, [str(ROOT), *path]), (ROOT, path):
        for name in hidden(folder, behind):
            package = (folder / name / "__init__.py").exists()
            found[folder / (name if package else f"{name}.py")] = name
    return found


def hidden_by_pythonpath():
    """Return the modules that the folders in PYTHONPATH hide."""
    folders = [f for f in pythonpath() if Path(f).resolve() not in (NOTEBOOKS, ROOT)]
    path = [f for f in sys.path if os.path.abspath(f) not in pythonpath()]
    return sorted({name for folder in folders for name in hidden(folder, path)})


def pythonpath():
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [os.path.abspath(folder) for folder in folders if folder]


def hidden(folder, behind):
    """Return the names in `folder` that would be found in the folders `behind` it."""
    names = [name for _, name, _ in pkgutil.iter_modules([str(folder)])]
    specs = {name: PathFinder.find_spec(name, behind) for name in names}
    found = [name for name in names if specs[name] and specs[name].has_location]
    return sorted({*found, *(name for name in names if name in required())})

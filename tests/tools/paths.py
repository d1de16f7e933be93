"""Where things are: for the tests, and for the programs beside this file.

Importing it also puts the series on Python's path, as pytest does by itself.
"""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FURTHER = 10  # the first number that is no part of the core

runpy.run_path(str(FOLDER / "workshop" / "paths.py"))  # imports no torch yet


def path_of(words):
    """Return the path of the notebook that is called so, whatever its number is."""
    [path] = [path for path in NOTEBOOKS if path.stem.split("_", 1)[1] == words]
    return path

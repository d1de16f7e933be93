"""Modules, tests and notebooks are linted, formatted and normalised alike."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from paths import NOTEBOOKS, ROOT

CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHECK = "ruff check --quiet --no-cache --config pyproject.toml"
FORMAT = "ruff format --check --no-cache --config pyproject.toml"
# As contributors are told it, so with the very same options.
NBSTRIPOUT = re.search(r"(?m)^\.venv/bin/(nbstripout .+) ", CONTRIBUTING)[1]
NORMALISE = f"{NBSTRIPOUT} --verify"


def said(command, *files):
    """Return what `command` says of the `files`, and "" if it is content."""
    command = [sys.executable, "-m", *command.split(), *files]
    done = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("command", [CHECK, FORMAT], ids=["check", "format"])
def test_ruff_has_nothing_to_say(command):
    assert said(command, ".") == ""


def test_the_metadata_of_the_notebooks_are_normalised():
    assert said(NORMALISE, *NOTEBOOKS) == ""


LONG = "1 + " * 20 + "1"


@pytest.mark.parametrize(
    ("command", "cell", "complaint"),
    [
        (CHECK, new_code_cell(f"total = {LONG}"), "E501 Line too long (89 > 88)"),
        (CHECK, new_code_cell(f"%timeit {LONG}"), "E501 Line too long (89 > 88)"),
        (CHECK, new_code_cell("print(total)"), "F821 Undefined name `total`"),
        (FORMAT, new_code_cell("total=1"), "would be reformatted"),
        (NORMALISE, new_code_cell(metadata={"execution": {}}), "would have stripped"),
    ],
    ids=["long line", "long magic", "unknown name", "format", "metadata"],
)
def test_a_defect_planted_into_a_notebook_is_found(tmp_path, command, cell, complaint):
    planted = tmp_path / "planted.ipynb"
    nbformat.write(new_notebook(cells=[cell]), planted)
    assert complaint in said(command, planted)

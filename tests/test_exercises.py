"""Each exercise can be left alone, and is solved by its own solution."""

from pathlib import Path

import guards
import nbformat
import pytest
from nbclient import NotebookClient

from workshop.checking import RIGHT

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TAUGHT = NOTEBOOKS[1:9] + NOTEBOOKS[10:]  # those with exercises: all but 00 and 09


def solution(after):
    """Return the code that the reader unfolds behind an exercise."""
    return guards.solution_of("\n".join(cell.source for cell in after))


@pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)
def test_a_notebook_has_one_to_three_exercises(path):
    assert 1 <= len(guards.exercises(nbformat.read(path, as_version=4))) <= 3


@pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)
def test_with_the_solutions_every_exercise_shows_its_tick(path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    notebook = nbformat.read(path, as_version=4)
    solved = guards.exercises(notebook)
    for stub, _, after in solved:
        stub.source = solution(after)
    for cell in guards.code_cells(notebook):
        cell.source = cell.source.replace("my_guess = ...", "my_guess = 12")
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, resources=folder).execute()
    for _, check, _ in solved:
        said = "\n".join(guards.texts(check))
        assert RIGHT in said, said
    printed = [
        text for cell in guards.code_cells(notebook) for text in guards.texts(cell)
    ]
    assert any(text.startswith("You wrote 12. It is ") for text in printed)

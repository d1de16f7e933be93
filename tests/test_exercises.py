"""Each exercise can be left alone, and is solved by its own solution."""

import guards
import nbformat
import pytest
from nbclient import NotebookClient
from paths import NOTEBOOKS

from workshop.lesson.checks.feedback import RIGHT

MINUTES = {  # for exercises
    path: nbformat.read(path, as_version=4).metadata["minutes"]["exercises"]
    for path in NOTEBOOKS
}
TAUGHT = [path for path in MINUTES if MINUTES[path]]


def solution(after):
    """Return the code that the reader unfolds behind an exercise."""
    return guards.solution_of("\n".join(cell.source for cell in after))


@pytest.mark.parametrize("path", MINUTES, ids=lambda path: path.stem)
def test_a_notebook_has_up_to_three_exercises_where_it_gives_minutes_for_them(path):
    exercises = guards.exercises(nbformat.read(path, as_version=4))
    assert len(exercises) in ([1, 2, 3] if MINUTES[path] else [0])


@pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)
def test_with_the_solutions_every_exercise_shows_its_tick(path):
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

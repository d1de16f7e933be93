"""Each exercise can be left alone, and is solved by its own solution."""

import nbformat
import notebook_rules as rules
import pytest
import solutions
from chromium import CHROMIUM
from nbclient import NotebookClient
from nbformat.v4 import new_output
from paths import NOTEBOOKS, path_of


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_up_to_three_exercises_where_it_gives_minutes_for_them(path):
    notebook = nbformat.read(path, as_version=4)
    exercises = rules.exercises(notebook)
    assert len(exercises) in ([1, 2, 3] if notebook.metadata.minutes.exercises else [0])


@pytest.mark.slow
@pytest.mark.skipif(
    CHROMIUM is not None, reason="test_jupyterlab.py runs the solutions in JupyterLab"
)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_with_the_solutions_every_exercise_shows_its_tick(path):
    notebook = solutions.solved(nbformat.read(path, as_version=4))
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, resources=folder).execute()
    assert list(solutions.complaints(notebook)) == []


def test_an_exercise_without_its_tick_is_told():
    path = path_of("drop_the_inner_loop")
    notebook = solutions.solved(nbformat.read(path, as_version=4))
    checks = [check for _, check, _ in rules.exercises(notebook)]
    *said, last = solutions.complaints(notebook)  # as stored: nothing was answered
    assert len(said) == len(checks) > 1
    for check, text in zip(checks, said, strict=True):
        assert text.startswith(f"cell {check.execution_count} shows no tick: ")
        check.outputs = [new_output("stream", text="✓ Right. It took 12 µs.")]
    assert last == "the guess stands beside nothing"
    last = rules.code_cells(notebook)[-1]
    last.outputs = [new_output("stream", text="You wrote 12. It is 3.")]
    assert list(solutions.complaints(notebook)) == []

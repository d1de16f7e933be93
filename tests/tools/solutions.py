"""Notebooks as a reader leaves them who solves every exercise and ventures a guess."""

from copy import deepcopy

import guards

from workshop.lesson.checks.feedback import RIGHT


def solved(notebook):
    """Return a copy of `notebook`: a guess taken, each stub replaced by its solution.

    The solutions are those that the reader unfolds, as they are shown.
    """
    copy = deepcopy(notebook)
    for stub, _, after in guards.exercises(copy):
        stub.source = guards.solution_of("\n".join(cell.source for cell in after))
    for cell in guards.code_cells(copy):
        cell.source = cell.source.replace("my_guess = ...", "my_guess = 12")
    return copy


def complaints(notebook):
    """Yield what a `solved` notebook, run, should have said and didn't."""
    for _, check, _ in guards.exercises(notebook):
        said = "\n".join(guards.texts(check))
        if RIGHT not in said:
            yield f"{guards.name_of(check)} shows no tick: {said}"
    said = [text for cell in guards.code_cells(notebook) for text in guards.texts(cell)]
    if not any(text.startswith("You wrote 12. It is ") for text in said):
        yield "the guess stands beside nothing"

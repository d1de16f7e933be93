"""Notebooks as a reader leaves them who solves every exercise and ventures a guess."""

from copy import deepcopy

import notebook_rules as rules

from workshop.lesson.checks.feedback import RIGHT


def solved(notebook):
    """Return a copy of `notebook`: a guess taken, each stub replaced by its solution.

    The solutions are those that the reader unfolds, as they are shown.
    """
    copy = deepcopy(notebook)
    for stub, _, after in rules.exercises(copy):
        stub.source = rules.solution_of("\n".join(cell.source for cell in after))
    for cell in rules.code_cells(copy):
        cell.source = cell.source.replace("my_guess = ...", "my_guess = 12")
    return copy


def complaints(notebook):
    """Yield what a `solved` notebook, run, should have said and didn't."""
    for _, check, _ in rules.exercises(notebook):
        said = "\n".join(rules.texts(check))
        if RIGHT not in said:
            yield f"{rules.name_of(check)} shows no tick: {said}"
    said = [text for cell in rules.code_cells(notebook) for text in rules.texts(cell)]
    if not any(text.startswith("You wrote 12. It is ") for text in said):
        yield "the guess stands beside nothing"

"""Show a table, comparable as text.

Not tabulate's: it right-aligns by type, and a time with its unit is a text.
"""

import re
from collections.abc import Iterable, Sequence

SPACE = re.compile(r"(?<=\d) (?=(?:[pnµm]?s|[kMGT]?B|%)(?!\w))")  # before a unit


class table:
    """A table, shown as Markdown: `rows` of texts and whole numbers under `headers`.

    Whole numbers get thousands separators, and a unit stays on its number's line. A
    column whose cells all begin with a digit, or are empty, is aligned to the right.
    """

    def __init__(self, rows: Iterable[Sequence[str | int]], headers: Sequence[str]):
        cells = [list(map(_cell, row)) for row in rows]
        columns = zip(*cells, strict=True)
        rule = [
            "--:" if all(not cell or cell[0].isdigit() for cell in column) else ":--"
            for column in columns
        ]
        self.markdown = "\n".join(
            f"| {' | '.join(row)} |" for row in [headers, rule, *cells]
        )

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown


def _cell(value):
    if isinstance(value, int):
        return f"{value:,}"
    return SPACE.sub("\N{NO-BREAK SPACE}", value)

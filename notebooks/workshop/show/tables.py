"""Show a table, comparable as text.

Not tabulate's: it right-aligns by type, and a time with its unit is a text.
"""

from collections.abc import Iterable, Sequence


class table:
    """A table, shown as Markdown: `rows` of texts and whole numbers under `headers`.

    Whole numbers get thousands separators; a column whose cells all begin with a digit
    is aligned to the right.
    """

    def __init__(self, rows: Iterable[Sequence[str | int]], headers: Sequence[str]):
        cells = [
            [f"{value:,}" if isinstance(value, int) else value for value in r]
            for r in rows
        ]
        columns = zip(*cells, strict=True)
        rule = [
            "--:" if all(cell[:1].isdigit() for cell in column) else ":--"
            for column in columns
        ]
        self.markdown = "\n".join(
            f"| {' | '.join(row)} |" for row in [headers, rule, *cells]
        )

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown

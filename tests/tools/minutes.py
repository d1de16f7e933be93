"""Write each notebook's minutes, which stand in its metadata, wherever they are told.

    python tests/tools/minutes.py

That is in the notebooks' boxes, in the maps of README and the first notebook, and in
the agendas of the instructor's guide. (Cogapp, made for this, wants its marks and code
in each of those texts.)
"""

import re
from datetime import timedelta

import nbformat
from paths import FOLDER, NOTEBOOKS, ROOT, path_of

README, GUIDE = ROOT / "README.md", FOLDER / "TEACHING.md"
MAPS = [README, path_of("start_here")]

BOX = re.compile(r"(?m)^(\*\*Minutes:\*\* ).*?(?=<br>|$)")
MAP_ROW = re.compile(r"(?m)^(\| \[?(\d\d) .*\| )[\d +]+(?= \|$)")
AGENDA = re.compile(r"(?m)^\| start \|.*\n\|.*\n((?:\|.*\n)+)")
AGENDA_ROW = re.compile(r"(?m)^\|[ \d:]*\| (.*) \| *(\d*) *\| *(must|may|) *\|$")
LINKED = re.compile(r"\]\((\d\d)_\w+\.ipynb\)(?!, in part)(, with exercises)?")


def read_minutes(path):
    """Return {"read": minutes, "exercises": minutes} of the notebook at `path`."""
    return nbformat.read(path, as_version=4).metadata["minutes"]


def all_minutes():
    """Return a dict of the notebook's number, such as "03" -> its minutes."""
    return {path.stem[:2]: read_minutes(path) for path in NOTEBOOKS}


def with_box(source, own):
    """Return the text of a notebook's first cell with its `own` minutes."""
    told = str(own["read"])
    if own["exercises"]:
        told += f" to read, {own['exercises']} for exercises"
    return BOX.sub(rf"\g<1>{told}", source)


def with_map(text, known):
    """Return `text` with the minutes in the rows of its map."""

    def row(found):
        own = known[found[2]]
        told = [own["read"], own["exercises"]]
        return found[1] + " + ".join(str(number) for number in told if number)

    return MAP_ROW.sub(row, text)


def with_agendas(text, known):
    """Return the guide's `text` with the minutes and the times of its agendas.

    A row that links to a notebook, and not to a part of it, gets its minutes. Other
    rows keep theirs; the last has none, and tells when all is over.
    """

    def table(found):
        spent, rows = 0, []
        for row in found[1].splitlines():
            what, number, kept = AGENDA_ROW.fullmatch(row).groups()
            for notebook, exercises in LINKED.findall(what):
                own = known[notebook]
                number = own["read"] + (own["exercises"] if exercises else 0)
            start = str(timedelta(minutes=spent))[:-3]
            rows.append(f"| {start} | {what} | {number} | {kept} |\n")
            spent += int(number or 0)
        return found[0].replace(found[1], "".join(rows))

    return AGENDA.sub(table, text)


def rewritten():
    """Yield each file and what its text should be."""
    known = all_minutes()
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        first = notebook.cells[0]
        first.source = with_box(first.source, known[path.stem[:2]])
        for cell in notebook.cells if path in MAPS else []:
            cell.source = with_map(cell.source, known)
        yield path, nbformat.writes(notebook) + "\n"
    yield README, with_map(README.read_text(encoding="utf-8"), known)
    yield GUIDE, with_agendas(GUIDE.read_text(encoding="utf-8"), known)


if __name__ == "__main__":
    for path, text in rewritten():
        path.write_text(text, encoding="utf-8", newline="\n")

"""The minutes of each notebook stand in its metadata; all else follows from there.

Run as a program, this file writes them into the notebooks' boxes, the maps of README
and the first notebook, and the agendas of the instructor's guide.
"""

import re
from datetime import timedelta
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAPS = [ROOT / "README.md", *FOLDER.glob("*_start_here.ipynb")]
GUIDE = FOLDER / "TEACHING.md"

BOX = re.compile(r"(?m)^(\*\*Minutes:\*\* ).*?(?=<br>|$)")
MAP_ROW = re.compile(r"(?m)^(\| \[?(\d\d) .*\| )[\d +]+(?= \|$)")
AGENDA = re.compile(r"(?m)^\| start \|.*\n\|.*\n((?:\|.*\n)+)")
AGENDA_ROW = re.compile(r"\|[ \d:]*\| (.*) \| *(\d*) *\|")
LINKED = re.compile(r"\]\((\d\d)_\w+\.ipynb\)(?!, in part)(, with exercises)?")


def read_minutes(path):
    """Return {"read": minutes, "exercises": minutes} of the notebook at `path`."""
    return nbformat.read(path, as_version=4).metadata["minutes"]


def minutes():
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
            what, number = AGENDA_ROW.fullmatch(row).groups()
            for notebook, exercises in LINKED.findall(what):
                own = known[notebook]
                number = own["read"] + (own["exercises"] if exercises else 0)
            start = str(timedelta(minutes=spent))[:-3]
            rows.append(f"| {start} | {what} | {number} |\n")
            spent += int(number or 0)
        return found[0].replace(found[1], "".join(rows))

    return AGENDA.sub(table, text)


def rewritten():
    """Yield each file and what its text should be."""
    known = minutes()
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        first = notebook.cells[0]
        first.source = with_box(first.source, known[path.stem[:2]])
        for cell in notebook.cells if path in MAPS else []:
            cell.source = with_map(cell.source, known)
        yield path, nbformat.writes(notebook) + "\n"
    readme, guide = (path.read_text(encoding="utf-8") for path in (MAPS[0], GUIDE))
    yield MAPS[0], with_map(readme, known)
    yield GUIDE, with_agendas(guide, known)


def test_boxes_maps_and_agendas_tell_the_minutes_of_the_notebooks():
    for path, text in rewritten():
        told = path.read_text(encoding="utf-8")
        assert told == text, f"{path.name}: run python tests/test_minutes.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_its_minutes_in_its_box(path):
    assert BOX.search(nbformat.read(path, as_version=4).cells[0].source)


def test_the_maps_and_the_agendas_name_every_notebook():
    known = set(minutes())
    for path in MAPS:
        text = path.read_text(encoding="utf-8")
        assert known <= set(re.findall(r"\| \[?(\d\d) ", text)), path.name
    guide = GUIDE.read_text(encoding="utf-8")
    assert len(AGENDA.findall(guide)) == 3
    assert known == {number for number, _ in LINKED.findall(guide)}


KNOWN = {"02": {"exercises": 5, "read": 15}, "03": {"exercises": 0, "read": 12}}
AGENDA_BEFORE = """\
| start | what | minutes |
|--:|---|--:|
| 9:99 | Welcome | 5 |
| | [Find](02_find.ipynb), with exercises | 1 |
| | [Drop](03_drop.ipynb) | 1 |
| | [Find](02_find.ipynb), in part | 4 |
| | The end | |
"""
AGENDA_AFTER = """\
| start | what | minutes |
|--:|---|--:|
| 0:00 | Welcome | 5 |
| 0:05 | [Find](02_find.ipynb), with exercises | 20 |
| 0:25 | [Drop](03_drop.ipynb) | 12 |
| 0:37 | [Find](02_find.ipynb), in part | 4 |
| 0:41 | The end |  |
"""


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            with_box("**Minutes:** 1<br>", KNOWN["02"]),
            "15 to read, 5 for exercises<br>",
        ),
        (with_box("**Minutes:** 1 to read", KNOWN["03"]), "**Minutes:** 12"),
        (
            with_map("| [02 Find](f) | x | 1 |\n", KNOWN),
            "| [02 Find](f) | x | 15 + 5 |",
        ),
        (with_map("| 03 Drop | x | 1 + 1 |\n", KNOWN), "| 03 Drop | x | 12 |\n"),
        (with_agendas(AGENDA_BEFORE, KNOWN), AGENDA_AFTER),
    ],
)
def test_wrong_minutes_are_mended(found, wanted):
    assert wanted in found


if __name__ == "__main__":
    for file, content in rewritten():
        file.write_text(content, encoding="utf-8")

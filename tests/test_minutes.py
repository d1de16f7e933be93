"""The minutes of each notebook stand in its metadata; all else follows from there."""

import re

import minutes
import nbformat
import pytest
from paths import NOTEBOOKS


def test_boxes_maps_and_agendas_tell_the_minutes_of_the_notebooks():
    for path, text in minutes.rewritten():
        told = path.read_text(encoding="utf-8")
        assert told == text, f"{path.name}: run python tests/tools/minutes.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_its_minutes_in_its_box(path):
    assert minutes.BOX.search(nbformat.read(path, as_version=4).cells[0].source)


def test_the_maps_and_the_agendas_name_every_notebook():
    known = set(minutes.all_minutes())
    for path in minutes.MAPS:
        text = path.read_text(encoding="utf-8")
        assert known <= set(re.findall(r"\| \[?(\d\d) ", text)), path.name
    guide = minutes.GUIDE.read_text(encoding="utf-8")
    assert len(minutes.AGENDA.findall(guide)) == 3
    assert known == {number for number, _ in minutes.LINKED.findall(guide)}


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
            minutes.with_box("**Minutes:** 1<br>", KNOWN["02"]),
            "15 to read, 5 for exercises<br>",
        ),
        (minutes.with_box("**Minutes:** 1 to read", KNOWN["03"]), "**Minutes:** 12"),
        (
            minutes.with_map("| [02 Find](f) | x | 1 |\n", KNOWN),
            "| [02 Find](f) | x | 15 + 5 |",
        ),
        (
            minutes.with_map("| 03 Drop | x | 1 + 1 |\n", KNOWN),
            "| 03 Drop | x | 12 |\n",
        ),
        (minutes.with_agendas(AGENDA_BEFORE, KNOWN), AGENDA_AFTER),
    ],
)
def test_wrong_minutes_are_mended(found, wanted):
    assert wanted in found

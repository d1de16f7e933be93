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


AGENDAS = [
    minutes.AGENDA_ROW.findall(rows)
    for rows in minutes.AGENDA.findall(minutes.GUIDE.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("rows", AGENDAS)
def test_a_tenth_of_an_agenda_is_slack(rows):
    slack = sum(int(number) for what, number, _ in rows if what == "Slack")
    assert slack * 10 >= sum(int(number or 0) for _, number, _ in rows)


@pytest.mark.parametrize("rows", AGENDAS)
def test_each_row_of_an_agenda_must_or_may_be_kept(rows):
    *rows, (last, *rest) = rows
    assert last == "The end"
    assert not any(rest)
    assert all(kept for _, _, kept in rows)


KNOWN = {"02": {"exercises": 5, "read": 15}, "03": {"exercises": 0, "read": 12}}
AGENDA_BEFORE = """\
| start | what | minutes | |
|--:|---|--:|---|
| 9:99 | Welcome | 5 | must |
| | [Find](02_find.ipynb), with exercises | 1 | must |
| | [Drop](03_drop.ipynb) | 1 | may |
| | [Find](02_find.ipynb), in part | 4 |may|
| | The end | | |
"""
AGENDA_AFTER = """\
| start | what | minutes | |
|--:|---|--:|---|
| 0:00 | Welcome | 5 | must |
| 0:05 | [Find](02_find.ipynb), with exercises | 20 | must |
| 0:25 | [Drop](03_drop.ipynb) | 12 | may |
| 0:37 | [Find](02_find.ipynb), in part | 4 | may |
| 0:41 | The end |  |  |
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

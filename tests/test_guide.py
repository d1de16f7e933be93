"""The instructor's guide: what it names is there, and what it hands out works."""

import re
import runpy
from pathlib import Path

import nbformat
import notebook_rules as rules
import pytest
import torch
from jupyterlab.commands import get_app_dir
from nbclient import NotebookClient
from paths import FOLDER, NOTEBOOKS, path_of

from workshop import count_calls

GUIDE = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")
ITALIC = re.compile(r"(?<![*\w])\*([^*\s][^*\n]*?)[.,]?\*(?![*\w])")
MENU = " › "
OWN = GUIDE.split("\n## A slow function of their own\n")[1].split("\n## ")[0]
SHEET, STOCK, MENDED = re.findall(r"(?s)```python\n(.+?)```", OWN)
NOTEBOOKS_PART = GUIDE.split("\n## Notebook by notebook\n")[1].split("\n## ")[0]
PARTS = dict(re.findall(r"(?ms)^### (\d\d .+?)\n(.+?)(?=^### |\Z)", NOTEBOOKS_PART))


def headings(path):
    return [text for _, text in rules.headings(nbformat.read(path, as_version=4))]


def named(text):
    """Return what `text` names in italics: no menu, and nothing that anybody says."""
    names = ITALIC.findall(text)
    return {
        name for name in names if MENU not in name and not name.startswith(("“", "`"))
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_has_a_part_that_names_headings_and_every_exercise(path):
    title, *own = headings(path)
    part = PARTS[f"{path.stem[:2]} {title}"]
    assert named(part) <= {*own}
    exercises = {text for text in own if text.startswith(("Exercise", "Your turn"))}
    assert exercises <= named(part)


def test_each_part_has_what_a_teacher_looks_for():
    labels = "Aim: Say: Ask first: Type live: Expect: Exercise: Late? If it goes wrong:"
    for title, part in PARTS.items():
        found = re.findall(r"\*\*([A-Z][\w ]+[:?])\*\*", part)
        assert " ".join(found) == labels, title


def test_the_talk_names_headings_of_its_two_notebooks():
    talk = GUIDE.split("### 45 minutes: a talk\n")[1].split("\n|")[0]
    shown = [path_of("find_the_slow_line"), path_of("group_the_batch")]
    for path in shown:
        [step] = re.findall(rf"(?m)^\d\. \*{path.stem[:2]}.*", talk)
        names = {name for name in named(step) if not re.match(r"\d\d", name)}
        assert names
        assert names <= {*headings(path)}


def test_jupyterlab_has_each_menu_entry():
    lab = Path(get_app_dir())
    files = [*lab.glob("static/jlab_core.*.js"), *lab.glob("schemas/**/*.json")]
    labels = "".join(file.read_text(encoding="utf-8") for file in files)
    menus = [name for name in ITALIC.findall(GUIDE) if MENU in name]
    assert len(menus) > 5
    for label in {label for menu in menus for label in menu.split(MENU)}:
        assert f'"{label}"' in labels, label


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """What the guide hands out, and what it keeps for the teacher."""
    file = tmp_path_factory.mktemp("stock") / "stock.py"
    file.write_text(STOCK + MENDED, encoding="utf-8")
    return runpy.run_path(str(file))


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("distances", [(0, 3), (1, 3), (26, 3)]),
        ("blur", [(3, 3), (3, 7), (9, 4)]),
        ("smooth", [(1, 1), (1, 6), (4, 1), (5, 7)]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_mended_functions_equal_the_slow_ones(stock, name, shapes, dtype):
    slow, mended = stock[name], stock[f"{name}_mended"]
    for shape in shapes:
        torch.manual_seed(0)
        given = torch.randn(shape, dtype=dtype)
        torch.testing.assert_close(mended(given), slow(given))


def test_the_slow_functions_make_the_calls_that_the_guide_tells(stock):
    given = {"distances": "points", "blur": "image", "smooth": "series"}
    told = re.findall(r"(?m)^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|", GUIDE)
    assert [name for name, *_ in told] == [*given]
    for name, slow, mended in told:
        pair = stock[name], stock[f"{name}_mended"]
        calls = [count_calls(f, stock[given[name]]).total() for f in pair]
        assert [f"{count:,}" for count in calls] == [slow, mended]


def test_cdist_is_the_trap_that_the_guide_calls_it(stock):
    for count, zeros in [(25, True), (26, False)]:
        torch.manual_seed(0)
        points = torch.randn(count, 3)
        own = torch.cdist(points, points).diagonal()
        assert bool((own == 0).all()) == zeros


@pytest.mark.slow
def test_the_sheet_runs_on_a_function_of_the_stock():
    names = "slow, faster = smooth, smooth_mended"
    cells = [STOCK, MENDED, names, SHEET]
    cells = [nbformat.v4.new_code_cell(source) for source in cells]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=120, resources=folder).execute()
    table = str(notebook.cells[-1].outputs)
    assert "% Time" in table
    assert "4901" in table
    assert "speed-up over smooth" in table

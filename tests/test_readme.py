"""README, the map of the first notebook and the picture say what is counted and stored.

Run as a program, this file draws the picture anew.
"""

import re
import sys
import tomllib
from pathlib import Path

import guards
import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
from nbclient import NotebookClient
from packaging.specifiers import SpecifierSet
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]  # as pytest does

import SO_CONVOLVE_QUESTION as question  # noqa: E402
from workshop import count_bytes, count_calls  # noqa: E402
from workshop.lesson.ladders import draw_ladder  # noqa: E402
from workshop.show.style import STYLE  # noqa: E402

README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "notebooks" / "ladder.png"
START = guards.path_of("start_here")
TITLE = "Calls into torch for a batch of five pairs, 5 × 7"
ONE_KERNEL = "convolve_one_kernel"  # solves another problem: not on the ladder


def five_rows(name):
    return torch.ones(5, 5), torch.ones(7) if name == ONE_KERNEL else torch.ones(5, 7)


def ladder():
    """Return a dict of function -> calls for a batch, the most first."""
    names = [n for n in vars(question) if n.startswith("convolve") and n != ONE_KERNEL]
    counts = {
        n: count_calls(getattr(question, n), *five_rows(n)).total() for n in names
    }
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def told(calls):
    return f"{TITLE}: {', '.join(f'{name} {n}' for name, n in calls.items())}."


def draw():
    with plt.rc_context(STYLE):
        figure = draw_ladder(ladder(), TITLE)
        figure.savefig(PICTURE, dpi=200, metadata={"Description": told(ladder())})


def test_the_picture_shows_the_counts_and_is_told_in_words():
    assert Image.open(PICTURE).text["Description"] == told(ladder())
    assert f"![{told(ladder())}](notebooks/ladder.png)" in README


def test_the_answers_at_a_glance_are_those_that_are_counted():
    row = r"(?m)^\| `(convolve\w*)` \| .* \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$"
    counted = []
    for name in [name for name in vars(question) if name.startswith("convolve")]:
        function = getattr(question, name)
        pair = count_calls(function, torch.ones(5), torch.ones(7)).total()
        batch = count_calls(function, *five_rows(name)).total()
        size = count_bytes(function, *five_rows(name))
        counted.append((name, f"{pair:,}", f"{batch:,}", f"{size:,}"))
    assert re.findall(row, README) == counted


def test_the_page_to_take_home_tells_the_same_counts():
    page = (ROOT / "notebooks" / "CHEATSHEET.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^\| `(convolve\w*)` \| .* \| (\d+) \|$", page)
    assert len(told) == 6
    assert all(ladder()[name] == int(number) for name, number in told)


def test_the_five_lines_of_the_page_profile_a_function(tmp_path):
    page = (ROOT / "notebooks" / "CHEATSHEET.md").read_text(encoding="utf-8")
    code = re.search(r"(?s)```python\n(.+?)```", page)[1]
    assert len(code.splitlines()) == 5
    function = "def slow_function(n):\n    return sum(range(n))\n"
    (tmp_path / "my_module.py").write_text(function)
    # Only in JupyterLab does the table of %lprun show by itself: here -r returns it.
    shown = code.replace("%lprun", "profiler = %lprun -r")
    cells = [f"arguments = (10,)\n{shown}", "print(profiler.get_stats().timings)"]
    cells = [nbformat.v4.new_code_cell(source) for source in cells]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, resources=folder).execute()
    assert "45" in notebook.cells[0].outputs[-1].text
    assert "'slow_function'): [(2, 100, " in notebook.cells[1].outputs[0].text


def cells(path):
    return nbformat.read(path, as_version=4).cells


@pytest.mark.parametrize("path", guards.NOTEBOOKS, ids=lambda path: path.stem)
def test_the_maps_name_each_notebook_and_its_title(path):
    start = "\n".join(cell.source for cell in cells(START))
    opening = cells(path)[0].source
    title = re.search(r"^# (.+)$", opening, re.MULTILINE)[1]
    name = f"{path.stem[:2]} {title}"
    linked = rf"(?m)^\| \[{name}\]\({{}}{path.name}\) \| .+ \| [\d +]+ \|$"
    assert re.search(linked.format("notebooks/"), README)
    here = rf"(?m)^\| {name} \| .+ \| [\d +]+ \|$"
    assert re.search(here if path == START else linked.format(""), start)


@pytest.mark.parametrize("path", [ROOT / "README.md", START], ids=lambda p: p.stem)
def test_the_maps_tell_the_core_from_what_goes_further(path):
    text = path.read_text(encoding="utf-8")
    core, further = text.split("**The core**")[1].split("**Going further**")
    told = [re.findall(r"\| \[?(\d\d) [A-Z]", part) for part in (core, further)]
    numbers = [notebook.stem[:2] for notebook in guards.NOTEBOOKS]
    assert told == [
        [number for number in numbers if int(number) < guards.FURTHER],
        [number for number in numbers if int(number) >= guards.FURTHER],
    ]


@pytest.mark.parametrize(
    "name", ["README.md", "notebooks/TEACHING.md", "notebooks/CHEATSHEET.md"]
)
def test_links_lead_somewhere(name):
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    for file, heading in guards.LINK.findall(text):
        target = path.parent / file if file else path
        assert target.exists()
        assert not heading or heading in guards.anchors(target, None)


def test_repo2docker_takes_the_requirements_and_a_python_that_fits_them():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pythons = SpecifierSet(settings["project"]["requires-python"])
    assert "3.10" not in pythons  # its own choice, too old for numpy 2.3
    assert "3.13" in pythons
    assert "build-system" not in settings  # or it would install this as a package
    others = ["environment.yml", "Pipfile", "setup.py", "Dockerfile", "binder"]
    assert not [name for name in others if (ROOT / name).exists()]


if __name__ == "__main__":
    draw()

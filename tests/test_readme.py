"""README, the maps and the page to take home say what is counted and stored."""

import re
import tomllib

import nbformat
import notebook_rules as rules
import pytest
import torch
from nbclient import NotebookClient
from packaging.specifiers import SpecifierSet
from paths import FOLDER, FURTHER, NOTEBOOKS, ROOT, path_of

import preflight
import SO_CONVOLVE_QUESTION as question
from workshop import count_calls

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHEATSHEET = (FOLDER / "CHEATSHEET.md").read_text(encoding="utf-8")
START = path_of("start_here")


def five_rows(name):
    """Return the batch that the answer called `name` is counted with."""
    one = name == "convolve_one_kernel"
    return torch.ones(5, 5), torch.ones(7) if one else torch.ones(5, 7)


def stored_text(words):
    """Return all that the notebook called so has stored as plain text."""
    outputs = [
        output for cell in cells(path_of(words)) for output in cell.get("outputs", [])
    ]
    return "\n".join(
        o.get("text") or o.data.get("text/plain", "")
        for o in outputs
        if o.output_type != "error"
    )


def test_readme_tells_the_times_of_the_stored_runs():
    [slower] = re.findall(r"It is ([\d.]+)× slower", stored_text("group_the_batch"))
    assert f"takes {slower} times as long for 10,000 rows in the run pictured" in README
    score = r"`convolve_shift_add` alone \| ([\d.]+)× \| ([\d.]+)× \|"
    [(mean, worst)] = re.findall(score, stored_text("choose_by_a_map"))
    assert f"takes {mean} times as long as the fastest trustworthy answer" in README
    assert f"({worst} times at worst)" in README


def test_the_page_to_take_home_tells_the_same_counts():
    told = re.findall(r"(?m)^\| `(convolve\w*)` \| .* \| (\d+) \|$", CHEATSHEET)
    assert len(told) == 6
    for name, number in told:
        counted = count_calls(getattr(question, name), *five_rows(name)).total()
        assert counted == int(number)


@pytest.mark.slow
def test_the_five_lines_of_the_page_profile_a_function_if_it_is_right(tmp_path):
    code = re.search(r"(?s)```python\n(.+?)```", CHEATSHEET)[1]
    assert len(code.splitlines()) == 5
    slow = "def slow_function(n):\n    return sum(range(n))\n"
    fast = "def fast_function(n):\n    return n * (n - 1) // 2\n"
    (tmp_path / "my_module.py").write_text(slow + fast)
    # Only in JupyterLab does the table of %lprun show by itself: here -r returns it.
    shown = code.replace("%lprun", "profiler = %lprun -r")
    sources = [
        f"arguments = (10,)\n{shown}",
        "print(profiler.get_stats().timings)",
        "import my_module\nmy_module.fast_function = lambda n: n * n // 2",
        shown,
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, resources=folder, allow_errors=True).execute()
    assert "'fast_function'): [(4, 100, " in cells[1].outputs[0].text
    assert cells[3].outputs[-1].evalue.startswith("Scalars are not equal")


def cells(path):
    return nbformat.read(path, as_version=4).cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
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
    numbers = [notebook.stem[:2] for notebook in NOTEBOOKS]
    assert told == [
        [number for number in numbers if int(number) < FURTHER],
        [number for number in numbers if int(number) >= FURTHER],
    ]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "notebooks/TEACHING.md",
        "notebooks/CHEATSHEET.md",
        ".github/CONTRIBUTING.md",
        ".github/CHANGELOG.md",
        "notebooks/QUIZ.md",
        "notebooks/GLOSSARY.md",
        "notebooks/SLIDES.md",
    ],
)
def test_links_lead_somewhere(name):
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    for file, heading in rules.LINK.findall(text):
        target = path.parent / file if file else path
        assert target.exists(), file
        assert not heading or heading in rules.anchors(target, None), heading


def test_readme_the_preflight_and_repo2docker_take_the_same_pythons():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pythons = SpecifierSet(settings["project"]["requires-python"])
    minors = [k for k in range(30) if f"3.{k}" in pythons]
    assert [(3, minors[0]), (3, minors[-1])] == [preflight.OLDEST, preflight.NEWEST]
    assert f"You need Python 3.{minors[0]} to 3.{minors[-1]} and" in README
    assert "build-system" not in settings  # or repo2docker would install a package

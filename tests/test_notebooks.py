"""The notebooks are tested strictly: planted defects show that none gets by."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import guards
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORKSHOP = "%load_ext workshop"
RAISES = {"tags": ["raises-exception"]}


def notebook(*cells, first=WORKSHOP, counts=None, kernel="python3", **metadata):
    """Return a notebook of the code `first`, then `cells`."""
    cells = [code(first), *cells]
    for cell, count in zip(cells, counts or range(1, len(cells) + 1), strict=True):
        cell.execution_count = count
    metadata["kernelspec"] = {"name": kernel, "display_name": "Python"}
    return new_notebook(cells=cells, metadata=metadata)


def code(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def shown(kind, text):
    return new_output("display_data", {kind: text})


def raised(*traceback):
    error = {"ename": "ZeroDivisionError", "evalue": "division by zero"}
    return new_output("error", **error, traceback=list(traceback))


def picture(alt):
    return shown("text/html", f'<img {alt} src="data:image/png;base64,iVBO/tmp/AAAA">')


# ---- what is stored in the notebooks --------------------------------------------


def test_the_notebooks_are_numbered_without_a_gap():
    numbers = [int(path.name[:2]) for path in NOTEBOOKS]
    assert numbers == list(range(len(NOTEBOOKS)))
    assert len(NOTEBOOKS) >= 7


@pytest.mark.parametrize("guard", guards.GUARDS, ids=lambda guard: guard.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_guard_complains_of_a_notebook(path, guard):
    assert list(guard(nbformat.read(path, as_version=4))) == []


def complaints(notebook):
    return [complaint for guard in guards.GUARDS for complaint in guard(notebook)]


def test_no_guard_complains_of_a_flawless_notebook():
    flawless = notebook(
        code("print(1)", printed("1, as https://example.org/tmp/ says\n")),
        code("1 / 0", raised("Cell In[3], line 1", "1 / 0"), **RAISES),
        code("# NBVAL_IGNORE_OUTPUT\n# the clock's answer\nprint(now)", printed("12")),
        code("show()", picture(alt='alt="a curve"')),
        code("\n".join(["a" * 88] * 20), jupyter={"source_hidden": True}),
        language_info={"name": "python"},
    )
    assert complaints(flawless) == []


def written(source, **metadata):
    return notebook(code(source, **metadata))


def stored(output, **metadata):
    return notebook(code("a", output, **metadata))


@pytest.mark.parametrize(
    ("flawed", "complaint"),
    [
        (notebook(code("a"), counts=[1, None]), "the cells' counts are [1, None]"),
        (notebook(code("a"), counts=[1, 3]), "the cells' counts are [1, 3]"),
        (notebook(kernel="my-venv"), "the kernel is my-venv, not python3"),
        (notebook(first="import torch"), "the first line of code is import torch"),
        (notebook(widgets={}), "metadata keeps widgets"),
        (written("a", execution={}), "metadata keeps execution"),
        (written("a", **RAISES), "cell 2 is tagged raises-exception, and stores no"),
        (written("a\n" * 20), "cell 2 has 21 lines; 20 fit"),
        (written("a" * 89), "cell 2 has a line of 89 columns; 88 fit"),
        (written("torch.rand(2)"), "cell 2 makes random numbers and sets no seed"),
        (written("# NBVAL_SKIP\n# why\na"), "cell 2 is skipped"),
        (written("# why\na", tags=["nbval-skip"]), "cell 2 is skipped"),
        (written("# NBVAL_IGNORE_OUTPUT\na"), "cell 2 ignores its output, and no"),
        (written("a", tags=["nbval-ignore-output"]), "cell 2 ignores its output, and"),
        (stored(printed("UsageError: no")), "cell 2 stores a UsageError"),
        (stored(raised()), "cell 2 stores an error, without"),
        (stored(picture(alt="")), "cell 2 shows a picture without alt"),
        (stored(picture(alt='alt=" "')), "cell 2 shows a picture without alt"),
        (stored(shown("image/png", "iVBO")), "cell 2 shows a picture without alt"),
        (stored(printed("File: /home/me/a.py")), "cell 2 shows a path: /home/"),
        (stored(printed("in C:\\projects\\a.py")), "cell 2 shows a path: C:\\"),
        (stored(printed("site-packages/x")), "cell 2 shows a path: site-packages"),
        (stored(shown("text/plain", "'/tmp/a'")), "cell 2 shows a path: /tmp/"),
        (stored(shown("text/html", "<b>~/a.py</b>")), "cell 2 shows a path: ~/"),
        (stored(raised("\x1b[32m/root/a"), **RAISES), "cell 2 shows a path: /root/"),
    ],
)
def test_every_flaw_gives_its_complaint_and_no_other(flawed, complaint):
    assert [found[: len(complaint)] for found in complaints(flawed)] == [complaint]


# ---- what happens when they run -------------------------------------------------

COUNT = """\
from SO_CONVOLVE_QUESTION import convolve, x, y
from workshop import count_calls
print("calls:", count_calls(convolve, x, y).total(), "in 12.3 µs")"""
SETTINGS = """\
import os
print(os.environ["CUDA_VISIBLE_DEVICES"], os.environ["MPLBACKEND"])"""
INLINE = "module://matplotlib_inline.backend_inline"
USAGE_ERROR = "UsageError: Line magic function `%nope` not found.\n"

PLANTED = {  # the cells of one notebook
    "never_run": code("print(1)"),
    "right": code(COUNT, printed("calls: 217 in 4.5 ms\n")),
    "altered": code(COUNT, printed("calls: 216 in 4.5 ms\n")),
    "settings": code(SETTINGS, printed(f"-1 {INLINE}\n")),
    "stores_nothing": code("print(1)"),
    "stores_no_picture": code("display({'image/png': 'iVBO'}, raw=True)"),
    "unknown_magic": code("%nope", printed(USAGE_ERROR, "stderr")),
    "raises_unannounced": code("1 / 0", raised()),
    "does_not_raise": code("a = 1", **RAISES),
    "does_not_raise_any_more": code("a = 1", raised(), **RAISES),
}
COUNTS = [1, None, *range(3, len(PLANTED) + 2)]


def outcomes(planted, folder, *options):
    """Run pytest on `planted` notebooks in a copy of the series, from outside it.

    Returns a dict of notebook name -> what is said of its cells, "" if one passed.
    """
    series, outside = folder / "series", folder / "outside"
    others = shutil.ignore_patterns("*.ipynb", "my_*", ".*", "__pycache__")
    shutil.copytree(ROOT / "notebooks", series / "notebooks", ignore=others)
    for path in ("pyproject.toml", "SO_CONVOLVE_QUESTION.py", "tests/sanitize.cfg"):
        (series / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, series / path)
    for name, content in planted.items():
        nbformat.write(content, series / "notebooks" / f"{name}.ipynb")
    outside.mkdir()
    pytest_nbval = [sys.executable, "-m", "pytest", "--nbval", series, *options]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "0", "MPLBACKEND": "agg"}
    subprocess.run(
        [*pytest_nbval, "--junitxml=report.xml"],
        cwd=outside,
        env=environment,
        check=False,
    )
    said = {name: [] for name in planted}
    for case in ElementTree.parse(outside / "report.xml").iter("testcase"):
        said[case.get("classname").split(".")[-2]].append("".join(case.itertext()))
    return said


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What pytest says of every planted cell."""
    planted = {"planted": notebook(*PLANTED.values(), counts=COUNTS)}
    first, *cells = outcomes(planted, tmp_path_factory.mktemp("planted"))["planted"]
    assert first == ""
    return dict(zip(PLANTED, cells, strict=True))


@pytest.mark.parametrize("name", ["right", "settings"])
def test_what_is_right_passes_whatever_the_folder_and_the_environment(said, name):
    assert said[name] == ""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("altered", "Cell outputs differ"),
        ("never_run", "Nothing is stored: this cell was never run"),
        ("stores_nothing", "Unexpected output fields from running code: {'stdout'}"),
        ("stores_no_picture", "This cell gives outputs, and none is stored"),
        ("unknown_magic", "A magic is unknown or wrongly used"),
        ("raises_unannounced", "Cell execution caused an exception"),
        ("does_not_raise", "This cell is said to raise, and does not"),
        ("does_not_raise_any_more", "Missing output fields from running code"),
    ],
)
def test_a_planted_defect_fails(said, name, message):
    assert message in said[name]


def test_a_cell_that_never_ends_fails_at_its_timeout(tmp_path):
    stuck = {
        "endless": notebook(first="while True: pass"),
        "dead_kernel": notebook(first="import os; os._exit(1)"),
    }
    for [failure] in outcomes(stuck, tmp_path, "--nbval-cell-timeout=2").values():
        assert "Timeout of 2 seconds exceeded" in failure


def test_the_timeout_of_a_cell_is_short(pytestconfig):
    assert pytestconfig.option.nbval_cell_timeout <= 120

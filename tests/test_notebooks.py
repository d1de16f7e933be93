"""The notebooks are tested strictly: planted defects show that none gets by."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import nbformat
import notebook_rules as rules
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from paths import FOLDER, FURTHER, NOTEBOOKS, ROOT, path_of

import native
from SO_CONVOLVE_QUESTION import convolve
from workshop.lesson.checks.feedback import UNANSWERED

# Defects are planted into copies of these two.
ONE_LOOP = path_of("drop_the_inner_loop")
CONV1D = path_of("hand_it_to_conv1d")
BEFORE, AFTER = path_of("find_the_slow_line"), path_of("drop_both_loops")
RAISES = {"tags": ["raises-exception"]}


def notebook(*cells, first="%load_ext workshop", counts=None):
    """Return a notebook of the code `first`, then `cells`."""
    cells = [code(first), *cells]
    for cell, count in zip(cells, counts or range(1, len(cells) + 1), strict=True):
        cell.execution_count = count
    kernel = {"name": "python3", "display_name": "Python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def code(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def result(text):
    return new_output("execute_result", {"text/plain": text})


def shown(kind, text):
    return new_output("display_data", {kind: text})


def raised(*traceback):
    error = {"ename": "ZeroDivisionError", "evalue": "division by zero"}
    return new_output("error", **error, traceback=list(traceback))


def figure(alt='alt="a curve"', **changed):
    """Return what show_figure displays, some kinds `changed`, or left out if None."""
    data = {
        "html": f'<img {alt} src="data:image/png;base64,iVBO/tmp/AAAA">',
        "png": "iVBO+/tmp/AAAA",
        "plain": "a curve",
    } | changed
    kinds = {"html": "text/html", "png": "image/png", "plain": "text/plain"}
    return new_output("display_data", {kinds[k]: data[k] for k in data if data[k]})


@cache
def read(path):
    return nbformat.read(path, as_version=4)


# ---- what is stored in the notebooks --------------------------------------------


def test_no_number_is_taken_twice_and_the_core_has_no_gap():
    numbers = [int(path.name[:2]) for path in NOTEBOOKS]
    assert len(numbers) == len(set(numbers))
    core = [number for number in numbers if number < FURTHER]
    assert core == list(range(len(core)))
    assert len(core) >= 9


@pytest.mark.parametrize("guard", rules.GUARDS, ids=lambda guard: guard.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_guard_complains_of_a_notebook(path, guard):
    assert list(guard(read(path), path)) == []


def numbers_told(text):
    """Return what in the `text` of code or tests knows a notebook by its number."""
    names = "|".join(path.stem.split("_", 1)[1] for path in NOTEBOOKS)
    known = rf"NOTEBOOKS\[|\bnotebooks? \d\d\b|\b\d\d_(?:{names})|[\"']\d\d_"
    return re.findall(known, text)


def test_no_code_and_no_test_knows_a_notebook_by_its_number():
    files = [path for glob in ("*", "[nt]*/**/*") for path in ROOT.glob(glob)]
    kinds = {".cfg", ".cpp", ".py", ".toml"}
    sources = [p for p in files if p.suffix in kinds and p.name[:3] != "my_"]
    assert {path.suffix for path in sources} == kinds
    told = {p.name: numbers_told(p.read_text(encoding="utf-8")) for p in sources}
    assert {name: numbers for name, numbers in told.items() if numbers} == {}


@pytest.mark.parametrize(
    "planted",
    [
        f"{'NOTEBOOKS'}[3]",
        "as notebook {:02} says",
        "in notebooks {:02} to 9",
        "path.name.startswith('{:02}_')",
        "open {:02}_drop_the_inner_loop",
    ],
)
def test_code_that_knows_a_notebook_by_its_number_is_found(planted):
    assert len(numbers_told(planted.format(3))) == 1


# ---- what is planted into a copy of a notebook is found ---------------------------


def complaints(plant):
    """Return what the guards say of a copy of ONE_LOOP, changed by `plant`."""
    copy = deepcopy(read(ONE_LOOP))
    plant(copy)
    return [text for guard in rules.GUARDS for text in guard(copy, ONE_LOOP)]


def with_code(source, *outputs, count=None, **metadata):
    """Let a code cell follow the others."""

    def plant(copy):
        copy.cells.append(code(source, *outputs, **metadata))
        copy.cells[-1].execution_count = count or len(rules.code_cells(copy))

    return plant


def with_text(source):
    return lambda copy: copy.cells.append(new_markdown_cell(source))


def stored(output, **metadata):
    return with_code("a", output, **metadata)


def with_metadata(**metadata):
    return lambda copy: copy.metadata.update(metadata)


def changed(old, new, of=""):
    """Change a text in all sources of the notebook that hold `of`, too."""

    def plant(copy):
        cells = [cell for cell in copy.cells if of in cell.source]
        assert any(old in cell.source for cell in cells)
        for cell in cells:
            cell.source = cell.source.replace(old, new)

    return plant


def without(start):
    """Take away the cell that begins with `start`, and count the others anew."""

    def plant(copy):
        [gone] = [cell for cell in copy.cells if cell.source.startswith(start)]
        copy.cells.remove(gone)
        for count, cell in enumerate(rules.code_cells(copy), start=1):
            cell.execution_count = count

    return plant


def without_outputs(start):
    def plant(copy):
        [cell] = [cell for cell in copy.cells if cell.source.startswith(start)]
        cell.outputs = []

    return plant


def with_exercise(last_hint):
    """Let an exercise follow whose solution is `return torch.zeros(1, 2)`."""

    def plant(copy):
        hints = ["a nudge", "the way", last_hint]
        folded = [f"<summary>Hint</summary>{hint}</details>" for hint in hints]
        solution = "def f():\n    return torch.zeros(\n        1, 2,\n    )"
        folded += [f"<summary>Solution</summary>\n\n```python\n{solution}\n```"]
        with_code("def f():\n    ...", tags=["exercise"])(copy)
        with_code("check(f)", printed(UNANSWERED))(copy)
        with_text("\n".join(folded))(copy)

    return plant


def answered(copy):
    (_, check, _), *_ = rules.exercises(copy)
    check.outputs = [printed("✓ Right")]


def exchanged(copy):
    first, second, *_ = rules.code_cells(copy)[2:]
    first.execution_count, second.execution_count = 4, 3


@pytest.mark.parametrize(
    "plant",
    [
        with_code("print(1)", printed("1, as https://example.org/tmp/ says\n")),
        with_code("1 / 0", raised("Cell In[3], line 1", "1 / 0"), **RAISES),
        with_code("# NBVAL_IGNORE_OUTPUT\n# the clock\nprint(now)", printed("12")),
        with_code("draw()", figure()),
        with_code("x", result("<Stream 3>, looked at 0x times")),
        with_code("\n".join(["a" * 88] * 20), jupyter={"source_hidden": True}),
        with_code("torch.manual_seed(0)\ntorch.rand(2)"),
        with_text("Ten calls, 2 × 3, 40 bytes. `1e-09 s` is its unit."),
        with_text('<div class="alert alert-info">\n\n20 ms, 3 times faster\n\n</div>'),
        with_text(f"[next]({AFTER.name}), [prove](#Prove)"),
        with_text("1. **A twin.** It's [**warm**](GLOSSARY.md#warm), *not* `2**3**4`."),
        with_text("[a test](../README.md#test), ![times](pictures/finding.png)"),
        changed(
            "**Minutes:**", f"**Back to:** [Find]({BEFORE.name})<br>\n**Minutes:**"
        ),
        with_exercise("`return torch.zeros(1, 2)`, or `torch.zeros(…, 2)`"),
        with_text("### A level deeper"),
        with_metadata(language_info={"name": "python"}),
    ],
)
def test_no_guard_complains_of_what_is_right(plant):
    assert complaints(plant) == []


def test_the_loop_is_quoted_as_it_stands_in_its_file():
    texts = [cell.source for path in NOTEBOOKS for cell in rules.prose(read(path))]
    code = re.findall(r"(?s)```python\n(.*?)\n```", "\n".join(texts))
    bare = [re.sub(r" +# ___ times", "", block) for block in code]
    quoted = [block for block in bare if "in range(acols):\n" in block]
    assert len(quoted) == 4
    for block in quoted:
        assert block in inspect.getsource(convolve)


HINTLESS = "cell 12 is an exercise: let three hints"
UNSOLVED = "cell 12 is an exercise: let its solution"
BOX, RECAP = "“# Drop the inner loop” leads", "“## Recap” leads"


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (with_code("a", count=99), "code cell {n} has the count 99: run all from"),
        (exchanged, "code cell 3 has the count 4: run all from the top"),
        (without_outputs("from workshop import prove"), "cell 14 calls prove(…) and"),
        (with_code("print(1)"), "{last} calls print(…) and stores nothing: run it"),
        (stored(printed("UsageError: no")), "{last} stores a UsageError: load"),
        (stored(raised()), "{last} stores an error: mend or tag it"),
        (with_code("a", **RAISES), "{last} is tagged raises-exception, and doesn't"),
        (with_code("# NBVAL_SKIP\n# why\na"), "{last} is skipped: let it run"),
        (with_code("# why\na", tags=["nbval-skip"]), "{last} is skipped: let it run"),
        (with_code("# NBVAL_IGNORE_OUTPUT\na"), "{last} ignores its output: say why"),
        (with_code("a", tags=["nbval-ignore-output"]), "{last} ignores its output"),
        (with_code("torch.rand(2)"), "{last} makes random numbers: set a seed in it"),
        # paths and addresses
        (stored(printed("File: /home/me/a.py")), "{last} shows a path, /home/:"),
        (stored(printed("in C:\\projects\\a.py")), "{last} shows a path, C:\\:"),
        (stored(printed("site-packages/x")), "{last} shows a path, site-packages:"),
        (stored(result("'/tmp/a'")), "{last} shows a path, /tmp/:"),
        (stored(shown("text/html", "<b>~/a.py</b>")), "{last} shows a path, ~/:"),
        (stored(raised("\x1b[32m/root/a"), **RAISES), "{last} shows a path, /root/:"),
        (stored(result("<C object at 0x7f>")), "{last} shows an object at 0x7f:"),
        (stored(printed("[<function f at 0xAb>]")), "{last} shows an object at 0xAb:"),
        # times and links
        (with_text("It takes 20 ms."), "{last} says “20 ms”: show it in a cell"),
        (with_text("Thus 3.5 seconds"), "{last} says “3.5 seconds”"),
        (with_text("12 times faster"), "{last} says “12 times faster”"),
        (with_text("Twice as fast"), "{last} says “Twice as fast”"),
        (with_text("Ten x faster"), "{last} says “Ten x faster”"),
        (with_text("In 5 us"), "{last} says “5 us”"),
        (with_text("It is 3× slower"), "{last} says “3× slower”"),
        (with_text("Ten, or ten times as long"), "{last} says “ten times as long”"),
        (with_text("[a](b.ipynb)"), "{last} links to b.ipynb: there is no such file"),
        (with_text('[a](b.ipynb "t")'), "{last} links to b.ipynb: there is no such"),
        (with_text("[a](../README.md#no)"), "{last} links to #no: no heading has it"),
        (with_text("[a](#Proof)"), "{last} links to #Proof: no heading has it"),
        (with_text(f"[a]({BEFORE.name}#No)"), "{last} links to #No: no heading has it"),
        (with_text("A **stride** is"), "{last} has “stride” in bold: link a term, or"),
        (with_text("**A stride** is"), "{last} has “A stride” in bold: link a term"),
        (
            changed(f"**Next:** [Drop both loops]({AFTER.name})", "**Next:** none"),
            f"{BOX} on to nothing: link to {AFTER.name}",
        ),
        (
            changed(f"({AFTER.name}).", f"({BEFORE.name})."),
            f"{RECAP} on to {BEFORE.name}: link to {AFTER.name}",
        ),
        (
            changed("**Minutes:**", f"**Back to:** [Drop]({AFTER.name})\n**Minutes:**"),
            f"{BOX} back to {AFTER.name}: link to {BEFORE.name}",
        ),
        # code, figures, headings and metadata
        (changed("%load_ext workshop", "import torch"), "cell 1 begins with import"),
        (with_code("a\n" * 20), "{last} has 21 lines, and 20 fit: split it"),
        (stored(figure(alt="")), "{last} shows a picture without alt"),
        (stored(figure(alt='alt=" "')), "{last} shows a picture without alt"),
        (stored(figure(html=None)), "{last} shows a picture without alt"),
        (stored(figure(html="<b>a curve</b>")), "{last} shows a picture without alt"),
        (stored(figure(png=None)), "{last} has an <img> and no image/png"),
        (
            stored(figure(plain="<Figure size 2x1>")),
            "{last} has the plain text <Figure",
        ),
        (stored(result("<IPython.core.M>")), "{last} has the plain text <IPython.core"),
        (with_text("![](pictures/finding.png)"), "{last} shows a picture without alt"),
        (
            with_text('<img src="pictures/finding.png">'),
            "{last} shows a picture without alt",
        ),
        (
            stored(shown("text/markdown", '<img src="data:image/png;base64,iVBO">')),
            "{last} shows a picture without alt: use show_figure",
        ),
        (with_text("# Another title"), "there is no title, or a second"),
        (with_text("#### Deep"), "the heading “Deep” skips a level: take ###"),
        (with_metadata(kernelspec={"name": "mine"}), "the kernel is mine: choose"),
        (with_metadata(colab={}), "the notebook keeps the metadata colab: take it"),
        (with_code("a", vscode={}), "{last} keeps the metadata vscode: take it away"),
        # what its reader does
        (changed("my_guess = ...", "my_guess = 3"), "the prediction isn't taken once"),
        (without("from workshop import compare_guess"), "the prediction isn't taken"),
        (changed("check(my_shift", "print(my_shift"), "cell 12 is an exercise: let a"),
        (answered, "cell 8 stores an answer: empty the stub and run all"),
        (changed("    ...", "    return a"), "cell 12 is an exercise without `...`"),
        (changed("<summary>Hint 3", "<summary>3", of="my_shift"), HINTLESS),
        (changed("<summary>Solution", "<summary>", of="my_shift"), UNSOLVED),
        (with_exercise("`torch.zeros(2)`"), "{stub} has the hint torch.zeros(2)"),
        (changed("## Recap", "## The end"), "there is no recap, or a second: let one"),
    ],
)
def test_every_planted_defect_is_found_and_told_with_its_cell(plant, complaint):
    copy = deepcopy(read(ONE_LOOP))
    plant(copy)
    *_, stub, _, last = copy.cells
    n, (stub, last) = len(rules.code_cells(copy)), map(rules.name_of, (stub, last))
    [found] = complaints(plant)
    assert complaint.format(n=n, stub=stub, last=last) in found


# ---- what happens when they run -------------------------------------------------

COUNT = """\
from SO_CONVOLVE_QUESTION import convolve, x, y
from workshop import count_calls
print("calls:", count_calls(convolve, x, y).total(), "in 12.3 µs")"""
SETTINGS = """\
import os
print(os.environ["CUDA_VISIBLE_DEVICES"], os.environ["MPLBACKEND"])"""
OFFLINE = """\
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except ConnectionRefusedError as error:
    print(error)"""
INLINE = "module://matplotlib_inline.backend_inline"
USAGE_ERROR = "UsageError: Line magic function `%nope` not found.\n"

RESULTS = "1\n2"
FIGURE = 'import matplotlib\nprint(matplotlib.rcParams["lines.markersize"])'
ASKS = "import native\nprint(native.has_compiler())"
NATIVE = "from native import convolve_native"

PLANTED = {  # the cells of one notebook
    "never_run": code("print(1)"),
    "right": code(COUNT, printed("calls: 217 in 4.5 ms\n")),
    "altered": code(COUNT, printed("calls: 216 in 4.5 ms\n")),
    "settings": code(SETTINGS, printed(f"-1 {INLINE}\n")),
    "one_result": code(RESULTS, result("2")),
    "figure": code(FIGURE, printed("6.0\n")),
    "asks_for_a_compiler": code(ASKS, printed("True\n")),
    "offline": code(OFFLINE, printed("no network here: 192.0.2.1 is refused\n")),
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
    shutil.copytree(FOLDER, series / "notebooks", ignore=others)
    shutil.copytree(ROOT / "tests" / "offline", series / "tests" / "offline")
    settings = ("conftest.py", "pyproject.toml", "tests/sanitize.cfg")
    for path in (*settings, "SO_CONVOLVE_QUESTION.py"):
        shutil.copy(ROOT / path, series / path)
    for name, content in planted.items():
        nbformat.write(content, series / "notebooks" / f"{name}.ipynb")
    outside.mkdir()
    pytest_nbval = [sys.executable, "-m", "pytest", "--nbval", "-n0", series, *options]
    subprocess.run(
        [*pytest_nbval, "--junitxml=report.xml"],
        cwd=outside,
        env=somebody(folder / "home"),
        check=False,
    )
    said = {name: [] for name in planted}
    for case in ElementTree.parse(outside / "report.xml").iter("testcase"):
        said[case.get("classname").split(".")[-2]].append("".join(case.itertext()))
    return said


def somebody(home):
    """Return the environment of a user with settings, a GPU and no compiler."""
    for path, text in {
        ".ipython/profile_default/ipython_config.py": (
            "c.InteractiveShell.ast_node_interactivity = 'all'"
        ),
        ".config/matplotlib/matplotlibrc": "lines.markersize: 1",
    }.items():
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text(text)
    ours = ("IPYTHONDIR", "JUPYTER_", "MATPLOTLIBRC")
    theirs = {k: value for k, value in os.environ.items() if not k.startswith(ours)}
    return theirs | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(Path(matplotlib.get_cachedir()).parent),  # of fonts
        "CUDA_VISIBLE_DEVICES": "0",
        "MPLBACKEND": "agg",
        "CXX": "no-such-compiler",
    }


@pytest.fixture(scope="module")
def stale():
    """A copy of a notebook with a count that isn't true any more, and its cell."""
    copy = nbformat.read(CONV1D, as_version=4)
    [cell] = [c for c in rules.code_cells(copy) if "instead of" in c.source]
    cell.outputs[0].text = cell.outputs[0].text.replace("8 instead", "9 instead")
    return copy, cell


@pytest.fixture(scope="module")
def told(stale, tmp_path_factory):
    """What pytest says of every cell of the planted notebooks."""
    planted = {
        "planted": notebook(*PLANTED.values(), counts=COUNTS),
        "operator": notebook(code(NATIVE)),
        "stale": stale[0],
    }
    stuck = {
        "endless": notebook(first="while True: pass"),
        "dead_kernel": notebook(first="import os; os._exit(1)"),
    }
    run, folder = outcomes, tmp_path_factory.mktemp
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(run, planted, folder("planted")),
            pool.submit(run, stuck, folder("stuck"), "--nbval-cell-timeout=2"),
        ]
    return runs[0].result() | runs[1].result()


@pytest.fixture(scope="module")
def said(told):
    """What pytest says of every planted cell."""
    first, *cells = told["planted"]
    assert first == ""
    return dict(zip(PLANTED, cells, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["right", "settings", "one_result", "figure", "offline"]
)
def test_what_is_right_passes_whatever_the_folder_and_the_environment(said, name):
    assert said[name] == ""


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_stale_number_in_a_copy_of_a_notebook_fails_in_its_cell(told, stale):
    [failure] = filter(None, told["stale"])
    assert "Cell outputs differ" in failure
    assert f"Cell {stale[1].execution_count - 1}" in failure
    assert "columns: 8 instead of 14" in failure


@pytest.mark.slow
def test_without_a_compiler_a_notebook_about_the_operator_is_skipped_whole(told):
    skipped = [native.NO_COMPILER in text for text in told["operator"]]
    assert skipped == [True, True]


@pytest.mark.slow
def test_without_a_compiler_a_cell_that_asks_for_one_is_skipped_alone(said):
    skipped = [name for name, text in said.items() if native.NO_COMPILER in text]
    assert skipped == ["asks_for_a_compiler"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["endless", "dead_kernel"])
def test_a_cell_that_never_ends_fails_at_its_timeout(told, name):
    [failure] = told[name]
    assert "Timeout of 2 seconds exceeded" in failure


def test_the_timeout_of_a_cell_is_short(pytestconfig):
    assert pytestconfig.option.nbval_cell_timeout <= 120

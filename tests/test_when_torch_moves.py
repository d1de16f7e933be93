"""What another torch changes is told by notebook and cell: changes are planted."""

import shutil
import sys
from contextlib import redirect_stdout
from io import StringIO

import nbformat
import pytest
import when_torch_moves
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packaging.requirements import Requirement
from paths import ROOT

COUNT = 'print("calls:", 217, "in 1.2 µs")'
CELLS = [  # source, and the text that is stored
    (COUNT, "calls: 216 in 4.5 ms\n"),
    ('print("the backend is", "Mkldnn")', "the backend is Slow2d\n"),
    ("print(6 * 7)", "42\n"),
    ("found = [7][1]\nfound", "7\n"),
    ("print(found)", "7\n"),
]
SETTINGS = """\
[pytest]
addopts = --nbval-current-env --nbval-sanitize-with=tests/sanitize.cfg -n1
"""
TESTS = '''\
"""What torch does today.

And more of it."""
from pathlib import Path

def test_of_a_habit():
    assert 12 == 13, "It no longer does: good. Rewrite the end."

def test_that_fails_once():
    seen = Path("seen")
    first = not seen.exists()
    seen.touch()
    assert not first, "the machine was busy"
'''


def notebook(*cells):
    stored = [
        new_code_cell(source, execution_count=k, outputs=[stdout(text)] * bool(text))
        for k, (source, text) in enumerate(cells, 1)
    ]
    return new_notebook(cells=[new_markdown_cell("# Look\n\n## Inside"), *stored])


def stdout(text):
    return new_output("stream", name="stdout", text=text)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What is printed on a series with planted changes, and the exit status."""
    series = tmp_path_factory.mktemp("series")
    for name in (
        "tests/tools/paths.py",
        "tests/tools/when_torch_moves.py",
        "tests/sanitize.cfg",
        "notebooks/workshop/paths.py",
        *when_torch_moves.FILES,
    ):
        (series / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, series / name)
    (series / "pytest.ini").write_text(SETTINGS)
    (series / "tests" / "test_habits.py").write_text(TESTS)
    nbformat.write(notebook(*CELLS), series / "notebooks" / "changed.ipynb")
    summary, printed = series / "summary.md", StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr(when_torch_moves, "ROOT", series)
        patch.setattr(sys, "argv", ["when_torch_moves.py", "--python", sys.executable])
        patch.setenv("GITHUB_STEP_SUMMARY", str(summary))
        status = when_torch_moves.main()
    assert summary.read_text("utf-8") == printed.getvalue()
    return printed.getvalue(), status


@pytest.fixture(scope="module")
def parts(told):
    """What is printed, by its heading; under "", the summary."""
    return {part.split("\n")[0]: part for part in f"\n{told[0]}".split("\n## ")}


@pytest.mark.slow
def test_changes_are_summed_up_and_give_the_exit_status_1(told):
    text, status = told
    assert text.startswith("# torch 2.")
    assert "**Cells that changed: 4. Tests that fail: 1.** As they were: 1;" in text
    assert status == 1


def test_without_a_change_the_exit_status_is_0_and_nothing_is_listed(
    monkeypatch, capsys
):
    versions = dict.fromkeys(when_torch_moves.required(), "9.9")
    record = {"failed": {}, "counts": {"passed": 7}, "versions": versions, "python": ""}
    monkeypatch.setattr(when_torch_moves, "run", lambda python, series: record)
    monkeypatch.setattr(when_torch_moves, "copy_series", lambda folder, wanted: None)
    monkeypatch.setattr(sys, "argv", ["when_torch_moves.py", "--python", "python"])
    assert when_torch_moves.main() == 0
    text = capsys.readouterr().out
    assert "# torch 9.9 instead of torch==" in text
    assert "**Cells that changed: 0. Tests that fail: 0.** As they were: 7;" in text
    assert "\n## " not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "lines",
    [
        ["### notebooks/changed.ipynb", "", f"**Cell [1]**, under “Inside”: `{COUNT}`"],
        ["````diff", "! calls: 216 → 217 in DURATION", "````"],
        ["- the backend is Slow2d", "+ the backend is Mkldnn"],
        ["**Cell [4]**, under “Inside”: `found = [7][1]`", "", "`IndexError: list ind"],
        [
            "After the error in cell [4], maybe because of it:",
            "",
            "`NameError: nam",
        ],
    ],
    ids=["place", "count", "text", "error", "after the error"],
)
def test_a_change_is_told(parts, lines):
    assert "\n".join(lines) in parts["What changed"]


@pytest.mark.slow
def test_a_test_that_fails_is_told_with_its_reason_under_what_its_file_is_about(parts):
    lines = (
        "### tests/test_habits.py\n\nWhat torch does today.\n\n- `test_of_a_habit`: "
    )
    reason = "`AssertionError: It no longer does: good. Rewrite the end. / assert 12"
    assert f"{lines}{reason}" in parts["What changed"]


@pytest.mark.slow
def test_what_fails_once_and_not_again_is_told_apart(parts):
    [name] = [name for name in parts if "the machine was busy" in parts[name]]
    assert name == "What failed once, and not when run again"


@pytest.mark.parametrize(
    ("stored", "new", "wanted"),
    [
        ("1\n2", "1\n2", []),
        ("calls: 17, 8", "calls: 16, 8", ["! calls: 17 → 16, 8"]),
        ("1,000 rows: 2e-07", "1,000 rows: 3.5e-07", ["! 1,000 rows: 2e-07 → 3.5e-07"]),
        ("| 9 |  a |", "| 10 | a |", ["! | 9 → 10 |  a |"]),
        ("in float32", "in float64", ["- in float32", "+ in float64"]),
        ("a 1\nb\nc 2", "a 1\nc 3\nd", ["- b", "! c 2 → 3", "+ d"]),
    ],
)
def test_numbers_are_told_apart_from_words(stored, new, wanted):
    assert [*when_torch_moves.differences(stored, new)] == wanted


def test_only_the_named_packages_are_taken_in_other_versions():
    text = "-r a.txt\ntorch==2.13.0  # why\ntorchvision==1\ndask[distributed]~=1.0\n"
    wanted = {"torch": Requirement("torch>=3"), "dask": Requirement("dask")}
    lifted = "-r a.txt\ntorch>=3\ntorchvision==1\ndask[distributed]\n"
    assert when_torch_moves.lifted(text, wanted) == lifted


def test_a_package_that_nothing_requires_is_refused_at_once(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["when_torch_moves.py", "touch==2.14"])
    with pytest.raises(SystemExit, match="2"):
        when_torch_moves.main()
    assert "the series requires no touch" in capsys.readouterr().err

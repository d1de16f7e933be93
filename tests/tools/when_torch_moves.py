"""Run everything on another version of torch, and list what changed, cell by cell.

    python tests/tools/when_torch_moves.py                  the newest torch
    python tests/tools/when_torch_moves.py torch==2.14.1 jupyterlab
    python tests/tools/when_torch_moves.py --python PATH    where all is installed

It takes the named packages as they are given, or the newest, and all others as
`requirements.txt` and `tests/requirements.txt` say, into an environment that is thrown
away at the end. There it runs `pytest --nbval` on a copy of this folder whose
requirements are changed alike; what failed, it runs again by itself. It prints the
report, in Markdown, and ends with status 1 if anything changed.

To pytest this same file is a plugin, which notes down what nbval compared.
"""

import argparse
import ast
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from importlib.metadata import distributions
from itertools import groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten

import pytest
from nbval.plugin import (
    IPyNbCell,
    coalesce_streams,
    transform_streams_for_comparison,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical
from paths import ROOT

FILES = "requirements.txt", "tests/requirements.txt"
LEFT_OUT = ".venv*", ".git", ".*_cache", "__pycache__", "my_*", "screenshots"
NUMBER = re.compile(r"(?<![A-Za-z_\d.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
MOST_LINES = 30  # of one cell
LEGEND = """\
A cell has the number that JupyterLab shows. Lines with `!` differ in their numbers and
spaces alone, stored → new; else `-` is stored and `+` is new. What `tests/sanitize.cfg`
masks isn't compared."""


# ---- in the other environment: a plugin of pytest --------------------------------


def pytest_addoption(parser):
    parser.addoption("--record", type=Path, help="write what failed to this file")


def pytest_configure(config):
    if config.option.record and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config.option.record))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let a cell's report carry what the cell is, and what nbval compared."""
    if isinstance(item, IPyNbCell) and call.when == "call" and call.excinfo:
        item.user_properties.append(("cell", describe(item, call.excinfo.value)))
    return (yield)


def describe(item, error):
    """Return as a dict of plain values what is to be told of a cell that failed."""
    cells = item.parent.nb.cells
    before = cells[: next(k for k, cell in enumerate(cells) if cell is item.cell)]
    prose = "\n".join(cell.source for cell in before if cell.cell_type == "markdown")
    outputs = item.test_outputs or []
    raised = [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"]
    said, compared = str(error).split("\n")[0], hasattr(item, "comparison_traceback")
    return {
        "index": item.cell_num,
        "count": item.cell.execution_count,
        "heading": (re.findall(r"(?m)^#+ (.+)$", prose) or [""])[-1],
        "line": item.cell.source.strip().split("\n")[0],
        "said": said,
        "error": "" if compared else "".join(raised) or said,
        "stored": masked(item, item.cell.outputs),
        "new": masked(item, outputs),
    }


def masked(item, outputs):
    """Return a dict of kind -> text of what nbval compares of `outputs`, masked."""
    found = defaultdict(str)
    for output in transform_streams_for_comparison(coalesce_streams(outputs)):
        for kind, value in {**output, **output.get("data", {})}.items():
            if kind not in item.parent.skip_compare and isinstance(value, str):
                found[kind] += item.sanitize(value) + "\n"
    return dict(found)


class Recorder:
    """Writes what failed, how many passed, and what is installed, when all has run."""

    def __init__(self, path):
        self.path, self.failed, self.counts = path, {}, Counter()

    def pytest_collectreport(self, report):
        if report.failed:
            self.add(report)

    def pytest_runtest_logreport(self, report):
        if report.failed or (report.skipped and hasattr(report, "wasxfail")):
            self.add(report)  # nbval expects cells after a timeout to fail
        elif report.skipped or report.when == "call":
            self.counts[report.outcome] += 1

    def add(self, report):
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = crash.message if crash else str(report.longrepr)
        cell = dict(getattr(report, "user_properties", [])).get("cell")
        self.failed[report.nodeid] = {"reason": reason, "cell": cell}

    def pytest_sessionfinish(self):
        versions = {canonical(d.name): d.version for d in distributions()}
        told = {"failed": self.failed, "counts": self.counts, "versions": versions}
        told["python"] = f"Python {platform.python_version()}, {platform.platform()}"
        self.path.write_text(json.dumps(told), encoding="utf-8")


# ---- what differs, for a reader --------------------------------------------------


def differences(stored, new):
    """Yield a line for each that differs between two texts."""
    stored, new = stored.splitlines(), new.splitlines()
    for same, old_lines, new_lines in blocks(stored, new, str):
        if not same:
            for alike, olds, news in blocks(old_lines, new_lines, without_numbers):
                if alike:
                    yield from map(with_both_numbers, olds, news)
                else:
                    yield from [f"- {line}" for line in olds]
                    yield from [f"+ {line}" for line in news]


def blocks(olds, news, key):
    """Yield (whether they are the same by `key`, some of `olds`, some of `news`)."""
    matcher = SequenceMatcher(None, [*map(key, olds)], [*map(key, news)], False)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield tag == "equal", olds[i:j], news[k:m]


def without_numbers(line):
    return " ".join(NUMBER.sub("0", line).split())  # columns follow their numbers


def with_both_numbers(old, new):
    """Return a line in which each number that changed is told as 17 → 16."""
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    told = [a if a == b else f"{a} → {b}" for a, b in pairs]
    between = zip_longest(NUMBER.split(old), told, fillvalue="")
    return "! " + "".join(part for pair in between for part in pair)


def of_cell(cell, broken):
    """Yield the lines of the report on a cell; `broken` is the count before it."""
    number = cell["index"] if cell["count"] is None else f"[{cell['count']}]"
    yield f"\n**Cell {number}**, under “{cell['heading']}”: `{cell['line']}`\n"
    if broken:
        yield f"After the error in cell [{broken}], maybe because of it:\n"
    stored, new = cell["stored"], cell["new"]
    if cell["error"] or stored == new:
        yield f"`{shorten(cell['error'] or cell['said'], 300)}`"
        return
    kinds = [k for k in {**stored, **new} if stored.get(k) != new.get(k)]
    if "text/plain" in kinds:  # the same again, as HTML or Markdown
        kinds = [k for k in kinds if "/" not in k or k == "text/plain"]
    pairs = [(stored.get(kind, ""), new.get(kind, "")) for kind in kinds]
    lines = [line for pair in pairs for line in differences(*pair)]
    more = [f"  … and {len(lines) - MOST_LINES} more"] if lines[MOST_LINES:] else []
    yield "\n".join(["````diff", *lines[:MOST_LINES], *more, "````"])


def of_notebook(cells):
    """Yield the lines of the report on the `cells` of a notebook."""
    broken = None
    for cell in sorted(cells, key=lambda cell: cell["index"]):
        yield from of_cell(cell, broken)
        broken = broken or (cell["error"] and cell["count"])


def of_test(place, reason):
    lines = [shorten(line, 150) for line in reason.splitlines() if line.strip()]
    return f"- `{place.partition('::')[2] or place}`: `{' / '.join(lines[:3])}`"


def of_all(failed):
    """Yield the lines of the report on all that `failed`, file by file."""
    for file, places in groupby(sorted(failed), lambda place: place.split("::")[0]):
        found = {place: failed[place] for place in places}
        yield f"\n### {file}"
        yield from of_notebook([e["cell"] for e in found.values() if e["cell"]])
        tests = {place: e["reason"] for place, e in found.items() if not e["cell"]}
        if tests and file.endswith(".py"):
            doc = ast.get_docstring(ast.parse((ROOT / file).read_text("utf-8")))
            yield f"\n{doc.splitlines()[0]}\n"
        yield from map(of_test, tests, tests.values())


def report(wanted, record, changed, once):
    """Yield the lines of the report, in Markdown.

    `record` is what the plugin noted down; of what failed there, some `changed` and
    failed again, and some failed only `once`.
    """
    counts, versions = Counter(record["counts"]), record["versions"]
    pins = required()
    named = ", ".join(f"{n} {versions[n]} instead of {pins[n]}" for n in wanted)
    others = ", ".join(f"{n} {versions.get(n)}" for n in pins if n not in wanted)
    cells = sum(bool(entry["cell"]) for entry in changed.values())
    yield f"# {named}\n"
    yield (
        f"**Cells that changed: {cells}. Tests that fail: {len(changed) - cells}.** "
        f"As they were: {counts['passed']}; skipped: {counts['skipped']}.\n"
    )
    yield f"{record['python']}; {others}.\n"
    yield LEGEND
    if changed:
        yield "\n## What changed"
        yield from of_all(changed)
    if once:
        yield "\n## What failed once, and not when run again"
        yield from of_all(once)


# ---- the other environment -------------------------------------------------------


def requirements(text):
    """Return a dict of package -> what the `text` of a requirements file asks of it."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line[:1].isalnum()]
    return {canonical(requirement.name): requirement for requirement in found}


def required():
    """Return the same of all that the series requires."""
    return requirements("\n".join((ROOT / name).read_text("utf-8") for name in FILES))


def lifted(text, wanted):
    """Return the `text` of a requirements file, asking for the `wanted` versions."""
    lines = text.splitlines()
    for k, line in enumerate(lines):
        for name, requirement in requirements(line).items():
            if name in wanted:
                requirement.specifier = wanted[name].specifier
                lines[k] = str(requirement)
    return "\n".join(lines) + "\n"


def copy_series(folder, wanted):
    """Copy the series into `folder`, with the `wanted` versions required."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        (folder / name).write_text(lifted(text, wanted), encoding="utf-8")


def install(folder, series):
    """Make an environment in `folder` with what `series` requires; return its Python.

    Raises CalledProcessError: pip can't.
    """
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [python, "-m", "pip", "install", "-r", series / FILES[-1]]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    return python


def run(python, series, *options):
    """Run pytest in `series`; return what the plugin noted down."""
    path = series / "record.json"
    path.unlink(missing_ok=True)
    command = [python, "-m", "pytest", "--nbval", "--continue-on-collection-errors"]
    plugin = ["-p", Path(__file__).stem, f"--record={path}"]
    tools = [str(series / "tests" / "tools"), os.environ.get("PYTHONPATH")]
    done = subprocess.run(
        [*command, *plugin, *options],
        cwd=series,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, tools))},
        check=False,
        stdout=sys.stderr,
    )
    if done.returncode > 1:
        sys.exit(f"pytest broke off, with status {done.returncode}: no report")
    return json.loads(path.read_text(encoding="utf-8"))


def main():
    """Print the report; return 1 if anything changed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", nargs="*", type=Requirement)
    parser.add_argument("--python", type=os.path.abspath, help="install nothing")
    chosen = parser.parse_args()
    packages = chosen.packages or [Requirement("torch")]
    wanted = {canonical(package.name): package for package in packages}
    if unknown := wanted.keys() - required():
        parser.error(f"the series requires no {' and no '.join(unknown)}")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        series = Path(folder, "series")
        copy_series(series, wanted)
        python = chosen.python or install(Path(folder, "venv"), series)
        record = run(python, series)
        first, again = record["failed"], {}
        if first:
            # A cell needs those before it.
            places = {p.split("::")[0] if e["cell"] else p for p, e in first.items()}
            again = run(python, series, "-n0", *sorted(places))["failed"]
    changed = {place: again[place] for place in again if place in first}
    once = {p: entry for p, entry in {**first, **again}.items() if p not in changed}
    told = "\n".join(report(wanted, record, changed, once)) + "\n"
    print(told, end="")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as file:
            file.write(told)
    return int(bool(changed))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())

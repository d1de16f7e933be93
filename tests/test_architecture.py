"""The code keeps its plan: who imports whom, what a part knows, how long it is."""

import ast
import inspect
import json
import re
import shutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePath

import nbformat
import notebook_rules as rules
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from paths import NOTEBOOKS, ROOT

import workshop
from SO_CONVOLVE_QUESTION import convolve_fast

QUESTION = "SO_CONVOLVE_QUESTION"
WINGS = ["show", "measure", "lesson"]
# Each part, and the others that its modules may import from.
MAY_IMPORT = {
    QUESTION: [],
    "compilers": [],
    "clusters": [],
    "preflight": ["compilers", "readiness"],
    "readiness": [],
    "paths": [],
    "show": [],
    "measure": ["show", "paths", "preflight"],
    "lesson": ["show", "measure", QUESTION, "clusters"],
    "workshop": [*WINGS, "paths", "preflight"],
    "fluxes": [*WINGS, "workshop", QUESTION],
    "native": [*WINGS, "workshop", QUESTION, "compilers"],
}
CONVOLUTION = re.compile(r"(?i)(?<!no )convol\w*|\bconv\dd\b|\bsignals\b|\bm \+ n\b")
MOST_LINES = {f"{QUESTION}.py": 500}  # to be copied alone


def part_of(module):
    """Return the innermost part of MAY_IMPORT in which `module` lies."""
    parts = [name for name in module.with_suffix("").parts if name in MAY_IMPORT]
    assert parts, f"{module} is new: say in MAY_IMPORT what it may import"
    return parts[-1]


def imports(series):
    """Return a dict of module -> those that it imports, also within functions."""
    files = "notebooks", f"{QUESTION}.py"
    ruff = [sys.executable, "-m", "ruff", "analyze", "graph", *files]
    done = subprocess.run(ruff, check=True, cwd=series, capture_output=True, text=True)
    found = json.loads(done.stdout)
    modules = [name for name in found if name.endswith(".py")]
    return {PurePath(name): [PurePath(p) for p in found[name]] for name in modules}


def texts(series):
    """Return a dict of module -> what it says."""
    return {m: (series / m).read_text(encoding="utf-8") for m in imports(series)}


def wrong_imports(series):
    for module, others in imports(series).items():
        for part in sorted({part_of(other) for other in others}):
            if part not in [part_of(module), *MAY_IMPORT[part_of(module)]]:
                yield f"{module.as_posix()} imports {part}"


def circles(series):
    try:
        TopologicalSorter(imports(series)).prepare()
    except CycleError as error:
        yield " and ".join(sorted({module.stem for module in error.args[1]}))


def convolutions_in_measure_and_show(series):
    for module, text in texts(series).items():
        for found in CONVOLUTION.findall(text):
            if part_of(module) in ("measure", "show"):
                yield f"{module.name} knows of {found}"


def long_modules(series):
    for module, text in texts(series).items():
        lines = len(text.splitlines())
        if lines > MOST_LINES.get(module.name, 300):
            yield f"{module.name} has {lines} lines"


RULES = [wrong_imports, circles, convolutions_in_measure_and_show, long_modules]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_there_are_no(rule):
    assert list(rule(ROOT)) == []


LATE = "def f():\n    from {} import a"


@pytest.mark.parametrize(
    ("rule", "module", "planted", "complaint"),
    [
        (wrong_imports, "measure/timing", "import fluxes", "timing.py imports fluxes"),
        (wrong_imports, "measure/timing", f"import {QUESTION}", f"imports {QUESTION}"),
        (
            wrong_imports,
            "measure/fresh_process",
            LATE.format("..lesson.grid_maps"),
            "imports lesson",
        ),
        (
            wrong_imports,
            "show/style",
            LATE.format("..measure.timing"),
            "imports measure",
        ),
        (wrong_imports, "lesson/proof", "from .. import table", "imports workshop"),
        (wrong_imports, "lesson/proof", "import native.building", "imports native"),
        (circles, "show/style", "from . import charts", "charts and style"),
        (circles, "measure/timing", LATE.format(".sweeping"), "sweeping and timing"),
        (convolutions_in_measure_and_show, "show/style", "# convolved", "of convolved"),
        (
            convolutions_in_measure_and_show,
            "measure/fresh_process",
            "m + n - 1",
            "of m + n",
        ),
        (long_modules, "measure/timing", "a\n" * 300, "timing.py has"),
    ],
)
def test_a_planted_defect_is_found(tmp_path, rule, module, planted, complaint):
    for path in ["pyproject.toml", *imports(ROOT)]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    with (tmp_path / f"notebooks/workshop/{module}.py").open("a") as file:
        file.write(f"\n{planted}\n")
    assert any(complaint in found for found in rule(tmp_path))


def imported_from_the_workshop(notebook):
    for cell in rules.code_cells(notebook):
        code = TransformerManager().transform_cell(cell.source)
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module == "workshop":
                yield from (alias.name for alias in node.names)


def test_a_notebook_imports_every_name_that_the_workshop_offers():
    notebooks = [nbformat.read(path, as_version=4) for path in NOTEBOOKS]
    used = {name for found in notebooks for name in imported_from_the_workshop(found)}
    assert {*workshop.__all__} - used == {"load_ipython_extension"}


def is_annotated(function):
    signature = inspect.signature(function)
    kinds = [parameter.annotation for parameter in signature.parameters.values()]
    return inspect.Signature.empty not in [*kinds, signature.return_annotation]


FUNCTIONS = [
    function
    for name, module in sorted(sys.modules.items())
    if name.split(".")[0] == "workshop"
    for function in vars(module).values()
    if inspect.isfunction(function) and function.__module__ == name
    if not function.__name__.startswith("_")
]


@pytest.mark.parametrize("function", [*FUNCTIONS, convolve_fast])
def test_public_functions_are_annotated(function):
    assert is_annotated(function)


def lacks_its_parameter(a, b: int) -> int: ...
def lacks_its_result(a: int): ...


@pytest.mark.parametrize("function", [lacks_its_parameter, lacks_its_result])
def test_what_lacks_an_annotation_is_found(function):
    assert not is_annotated(function)

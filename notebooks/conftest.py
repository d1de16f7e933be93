"""How pytest runs these notebooks: as strictly as nbval can, and a little more."""

import os
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

from native import NO_COMPILER, has_compiler

# Kernels inherit these: no GPU and no network on any machine, and figures as a notebook
# draws them.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
OFFLINE = str(Path(__file__).parents[1] / "tests" / "offline")
paths = [OFFLINE, os.environ.get("PYTHONPATH")]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
os.environ.pop("MPLBACKEND", None)


def pytest_configure(config):
    # In pyproject.toml the path would start at the folder that pytest is run from.
    config.option.nbval_sanitize_with = str(config.rootpath / "tests" / "sanitize.cfg")


def pytest_collection_modifyitems(items):
    """Skip what shows the work of a compiler, where there is none."""
    if not has_compiler():
        for item in items:
            if isinstance(item, IPyNbCell) and _needs_compiler(item):
                item.add_marker(pytest.mark.skip(reason=NO_COMPILER))


def _needs_compiler(item):
    return item.path.name.startswith("09_") or "import native" in item.cell.source


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail cells that nbval lets pass."""
    result = yield
    if isinstance(item, IPyNbCell):
        may_raise = item.options["check_exception"]
        for complaint in complaints(item.cell, item.test_outputs, may_raise):
            item.raise_cell_error(complaint)
    return result


def complaints(cell, outputs, may_raise):
    """Yield what is wrong with `outputs`, those that `cell` just gave."""
    if cell.execution_count is None:
        yield "Nothing is stored: this cell was never run"
    if outputs and not cell.outputs:  # nbval overlooks a picture without text
        yield "This cell gives outputs, and none is stored"
    if any("UsageError" in output.get("text", "") for output in outputs):
        yield "A magic is unknown or wrongly used"
    if may_raise and all(output.output_type != "error" for output in outputs):
        yield "This cell is said to raise, and does not"

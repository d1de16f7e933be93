"""How pytest runs here: strictly, and alike whatever it collects and whoever runs it.

pytest reads this file before any test. So what it sets holds for pytest itself and for
all that it starts (kernels, JupyterLab, other Pythons): no network, no GPU, one thread,
and no settings of the user's for Dask, IPython, Jupyter or matplotlib.
"""

import atexit
import os
import re
import runpy
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from nbval.plugin import IPyNbCell

OFFLINE = Path(__file__).parent / "tests" / "offline"
NOTHING = TemporaryDirectory(prefix="no-settings-")
atexit.register(NOTHING.cleanup)  # when IPython, which registers later, has ended
FOLDER = Path(NOTHING.name)

PATH = filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")])

for name in (
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_PATH",
    "MPLBACKEND",
    "PYTHONSTARTUP",  # IPython runs it, too
    "PYTHONWARNINGS",
):
    os.environ.pop(name, None)
(FOLDER / "matplotlibrc").touch()  # MPLCONFIGDIR would cost a new cache of fonts
os.environ |= {
    "CUDA_VISIBLE_DEVICES": "-1",
    "DASK_CONFIG": str(FOLDER / "dask"),
    "IPYTHONDIR": str(FOLDER / "ipython"),
    "JUPYTER_CONFIG_DIR": str(FOLDER / "jupyter"),
    "JUPYTER_DATA_DIR": str(FOLDER / "jupyter" / "data"),
    "MATPLOTLIBRC": str(FOLDER / "matplotlibrc"),
    "OMP_NUM_THREADS": "1",  # two workers with two threads each would wait in turns
    "PYTHONPATH": os.pathsep.join(PATH),
}
runpy.run_path(str(OFFLINE / "sitecustomize.py"))


def pytest_configure(config):
    # In pyproject.toml the path would start at the folder that pytest is run from.
    config.option.nbval_sanitize_with = str(config.rootpath / "tests" / "sanitize.cfg")


def pytest_xdist_auto_num_workers(config):
    """Run in two workers, but a single file in none: they take a while to start."""
    [first, *others] = {argument.split("::")[0] for argument in config.args}
    alone = (config.invocation_params.dir / first).is_file() and not others
    return 0 if alone else 2


def pytest_collection_modifyitems(items):
    """Begin with what takes longest; without a compiler, skip what needs one."""
    items.sort(key=lambda item: item.path.name != "test_jupyterlab.py")
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    if not cells:
        return
    from native import NO_COMPILER, has_compiler  # imports torch

    if not has_compiler():
        for cell in cells_that_need_a_compiler(cells):
            cell.add_marker(pytest.mark.skip(reason=NO_COMPILER))


def cells_that_need_a_compiler(cells):
    """Return which of nbval's `cells` import `native`, and what may build on them.

    A cell that asks whether there is a compiler goes on without: the cells after it can
    run. Where one doesn't ask, its whole notebook is about the operator.
    """
    imports = re.compile(r"(?m)^(from|import) native\b")
    using = [item for item in cells if imports.search(item.cell.source)]
    whole = {item.path for item in using if "has_compiler()" not in item.cell.source}
    return [item for item in cells if item in using or item.path in whole]


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

"""A small notebook that is run for a trial: does a kernel do what the series needs?"""

import contextlib
import io
import subprocess
import sys

from . import files
from .telling import first_line

LPRUN = """\
%load_ext line_profiler
from SO_CONVOLVE_QUESTION import convolve, x, y
%lprun -f convolve convolve(x, y)"""
FIGURE = """\
import matplotlib.pyplot as plt
from workshop import show_figure
show_figure(plt.figure(), "an empty figure")"""
CELLS = {  # what is run, and what its outputs must hold
    "kernel": (f"import sys; sys.prefix == {sys.prefix!r} or sys.executable", "True"),
    "instruction set": ("import torch; torch.backends.cpu.get_cpu_capability()", "'"),
    "workshop": ("%load_ext workshop", ""),
    "%lprun": (LPRUN, "Hits"),
    "figure": (FIGURE, "<img"),
}
INDEPENDENT = ["%lprun", "figure"]  # where another fails, there's no use in going on


def run():
    """Yield (name of the cell, what it gave, whether it should) for each."""
    name = "kernel"
    try:
        import nbformat
        from nbclient import NotebookClient

        cells = [nbformat.v4.new_code_cell(source) for source, _ in CELLS.values()]
        client = NotebookClient(
            nbformat.v4.new_notebook(cells=cells),
            resources={"metadata": {"path": str(files.NOTEBOOKS)}},
            kernel_name="python3",
            timeout=300,
            allow_errors=True,
        )
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with contextlib.redirect_stderr(io.StringIO()), client.setup_kernel(**quiet):
            for k, (name, (_, wanted)) in enumerate(CELLS.items()):
                client.execute_cell(cells[k], k)
                found, fine = judge(name, cells[k].outputs, wanted)
                yield name, found, fine
                if not fine and name not in INDEPENDENT:
                    return
    except Exception as error:  # noqa: BLE001
        yield name, f"fails: {first_line(error)}", False


def judge(name, outputs, wanted):
    """Return (what a cell gave, whether it should)."""
    for output in outputs:
        if output.output_type == "error":
            found = f"fails: {output.ename}: {first_line(output.evalue)}"
            return found, False
    result = outputs[-1].get("data", {}).get("text/plain", "") if outputs else ""
    if wanted in str(outputs):
        return result.strip("'") if name == "instruction set" else "works", True
    found = f"runs another Python: {result}" if name == "kernel" else "shows nothing"
    return found, False


def has_foreign_kernel():
    """Tell whether the kernel python3 that Jupyter takes lies outside this Python."""
    try:
        from jupyter_client.kernelspec import find_kernel_specs
    except ImportError:
        return False
    return not find_kernel_specs().get("python3", sys.prefix).startswith(sys.prefix)

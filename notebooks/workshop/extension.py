"""The IPython extension that prepares a notebook's kernel."""

import linecache
import re
from types import SimpleNamespace

import line_profiler.line_profiler
import matplotlib.pyplot as plt
import torch
from IPython import get_ipython
from IPython.core import page
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import publish_display_data

from .paths import ROOT
from .show.style import STYLE

SOURCE = 54  # columns of source beside a profile fit 1280 × 720, presented
DOCSTRING = re.compile(r"""(?ms)^( *\d+ {40,}r?("{3}|'{3})).*?\2 *$""")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Prepare `shell`, the kernel's IPython: this is what `%load_ext workshop` runs.

    Keeps `%lprun` tables as ordinary outputs and the sources of cells alive for the
    profiler, and sets the figures' style, torch's seed (0) and one thread.
    """
    shell.set_hook("show_in_pager", page.as_hook(_publish_page))
    line_profiler.line_profiler.linecache = _gentle_linecache()
    plt.rcParams.update(STYLE)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    shell.events.register("post_run_cell", _forget_extensions)


def _publish_page(text, start=0, screen_lines=0, pager_cmd=None):
    """Publish what a magic sends to the pager, without the paths of this machine.

    A profiler's table fits a projector: its docstrings are folded, long lines of source
    end in …, at the same place whatever the widths of the numbers before them.
    """
    text = text["text/plain"] if isinstance(text, dict) else text
    text = re.sub(re.escape(str(ROOT)) + r"[\\/]", "", text)
    text = re.sub(
        r"(?m)^(File: ).*ipykernel_\d+[\\/]\d+\.py$", r"\1a cell of this notebook", text
    )
    if "Line Contents" in text:
        text = DOCSTRING.sub(r"\1…\2", text)
        before = re.search(r"(?m)^Line #.*(?=Line Contents)", text)[0]
        fits = len(before) + SOURCE - 1
        text = re.sub(rf"(?m)^(?= *\d)(.{{{fits}}}).{{2,}}$", r"\1…", text)
    publish_display_data({"text/plain": text})


def _gentle_linecache():
    """Return a linecache that drops stale files only: `%lprun` drops cells too."""
    return SimpleNamespace(**vars(linecache) | {"clearcache": linecache.checkcache})


def _forget_extensions(_result):
    """Let a second Run All load the extensions again, without a notice."""
    get_ipython().extension_manager.loaded -= {"workshop", "line_profiler"}

"""Run code in a fresh Python: what a process settles at its start can't be undone."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from math import ceil, prod

from ..paths import ROOT


def run_fresh(code: str, **environment: str) -> str:
    """Run `code` in a new Python process, on one thread, and return what it prints.

    The series' modules are on its path; `environment` holds further environment
    variables, and an empty one is taken away. Raises RuntimeError with the process's
    own message if it fails.
    """
    return _printed(_start(code, environment), "")


def run_in_turns(codes: Iterable[str], first: str) -> list[str]:
    """Run each of `codes` as `run_fresh` does, but `first` in all processes at once.

    When all have done that, such as their imports, `codes` run one after another: none
    runs beside another, so they can be timed. Returns what each prints.
    """
    waiting = f"{first}\nprint(flush=True)\ninput()\n"
    started = [_start(waiting + code, {}) for code in codes]
    for process in started:
        process.stdout.readline()
    return [_printed(process, "\n") for process in started]


def _start(code, environment):
    paths = [str(ROOT), str(ROOT / "notebooks"), os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(filter(None, paths))
    settings = {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={k: v for k, v in (os.environ | settings | environment).items() if v},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def _printed(process, given):
    """Let `process` have the text `given`, and return what it prints until it ends."""
    printed, complaint = process.communicate(given)
    if process.returncode:
        raise RuntimeError(complaint)
    return printed


def onednn_log(
    code: str, about: str = "", layouts: bool = False, **environment: str
) -> list[str]:
    """Run `code` as `run_fresh` does; return the lines that it and oneDNN print.

    oneDNN tells which implementation does each piece of work, and which refuse it. Of
    the refusals those are kept whose reason names `about`, none if it is empty. With
    `layouts` a reorder tells the shape and how its numbers lie in memory afterwards.
    Repeated lines are left out.
    """
    wanted = {"ONEDNN_VERBOSE": "dispatch,profile_exec", **environment}
    lines = []
    for line in run_fresh(code, **wanted).splitlines():
        fields = line.split(",")
        if "exec" in fields:
            line = f"oneDNN: {fields[5]} by {fields[6]}"
            if layouts and fields[5] == "reorder":
                line = f"oneDNN: reorder {in_words(fields[8], fields[-2])}"
        elif about and "create:dispatch" in fields and about in fields[-2]:
            line = f"oneDNN: refused: {fields[-2].split(': ')[-1]}"
        elif fields[0] == "onednn_verbose":
            continue
        if line not in lines[-1:]:
            lines.append(line)
    return lines


def in_words(layouts: str, shape: str) -> str:
    """Say how numbers lie after a reorder, from oneDNN's own `layouts` and `shape`.

    `layouts` names the one before and the one after by the letters of their axes:
    "abcd" is plain; in "aBcd8b" axis b lies in blocks of 8, the last filled up with
    zeros. `shape` is such as "10000x1x1x5".
    """
    after = re.findall(r":blocked:(\w+)", layouts)[-1]
    told, sizes = shape.replace("x", " × "), [int(size) for size in shape.split("x")]
    blocks = dict.fromkeys("abcdef"[: len(sizes)], 1)
    for block, axis in re.findall(r"(\d+)([a-z])", after):
        blocks[axis] *= int(block)
    if max(blocks.values()) == 1:
        return f"{told} into plain rows"
    pairs = list(zip(sizes, blocks.values(), strict=True))
    times = prod(ceil(size / block) * block for size, block in pairs) / prod(sizes)
    cut = " × ".join(str(block) for block in blocks.values() if block > 1)
    memory = f"{times:.3g} times the" if times > 1 else "no more"
    return f"{told} into blocks of {cut}, {memory} memory"

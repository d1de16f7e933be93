"""Read line_profiler's numbers, and keep torch.profiler's log to itself."""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from line_profiler import LineProfiler


class ProfiledLine(NamedTuple):
    """One source line of a profiled function: its number, hits, seconds and text."""

    number: int
    hits: int
    seconds: float
    source: str


def profiled_lines(profiler: LineProfiler, function: Callable) -> list[ProfiledLine]:
    """Return a `ProfiledLine` for every line of `function` that `profiler` saw run.

    `profiler` is what `%lprun -r` returns. Raises KeyError if it has not seen
    `function` run.
    """
    stats = profiler.get_stats()
    source, start = inspect.getsourcelines(function)
    for (_, first, name), lines in stats.timings.items():
        if (first, name) == (start, function.__qualname__) and lines:
            return [
                ProfiledLine(
                    number, hits, time * stats.unit, source[number - start].strip()
                )
                for number, hits, time in lines
            ]
    raise KeyError(f"{function.__qualname__} has not run under the profiler")


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what C++ code writes to stderr meanwhile: torch.profiler's own log."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)

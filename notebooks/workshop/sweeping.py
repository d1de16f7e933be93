"""Time functions over a grid of sizes: the map behind a choice."""

from functools import partial
from typing import NamedTuple

import torch
from tqdm.auto import tqdm

from .timing import time_together


class Point(NamedTuple):
    """One point of the grid: signals (rows, m), kernels (rows, n), and what is asked.

    `backward` asks for the gradients of both as well.
    """

    m: int
    n: int
    rows: int
    dtype: torch.dtype = torch.float32
    backward: bool = False
    device: str = "cpu"


def ready_calls(functions, point):
    """Return a dict of name -> call without arguments, for `time_together`.

    `functions` take signals and kernels, random ones of the sizes of `point`.
    """
    generator = torch.Generator().manual_seed(0)
    make = {"generator": generator, "dtype": point.dtype}
    a = torch.randn(point.rows, point.m, **make).to(point.device)
    v = torch.randn(point.rows, point.n, **make).to(point.device)
    if point.backward:
        a, v = a.requires_grad_(), v.requires_grad_()
        gradient = a.new_ones(point.rows, point.m + point.n - 1)
        functions = [partial(_with_gradients, f, gradient) for f in functions]
    return {_name(f): partial(f, a, v) for f in functions}


def _with_gradients(function, gradient, a, v):
    out = function(a, v)
    # The question's loop drops axes of one, and returns float32.
    gradient = gradient.view_as(out).to(out.dtype)
    return torch.autograd.grad(out, (a, v), gradient)


def _name(function):
    while isinstance(function, partial):
        function = function.args[0]
    return function.__name__


def sweep(points, calls_at, stop=50, keep=None, tell=None, **options):
    """Time what `calls_at(point)` returns at each of `points`, as `time_together` does.

    A contestant over `stop` times behind is stopped after one call. One that was over
    four times as far behind does not run again on more rows of the same sizes, but for
    the one named `keep`. Shows a progress bar, and calls `tell(point, measured)` after
    each point. Returns a dict of point -> (name -> `Measurement`).
    """
    out, results = set(), {}
    for point in tqdm(points):
        series = point._replace(rows=0)
        calls = calls_at(point)
        calls = {name: calls[name] for name in calls if (series, name) not in out}
        results[point] = measured = time_together(calls, stop=stop, **options)
        if tell:
            tell(point, measured)
        limit = 4 * stop * min(m.median for m in measured.values())
        behind = {name for name, m in measured.items() if m.median > limit}
        out |= {(series, name) for name in behind - {keep}}
    return results

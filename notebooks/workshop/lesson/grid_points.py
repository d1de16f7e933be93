"""Points of a grid of sizes, and the calls that are timed there."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import torch


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


def ready_calls(functions: Iterable[Callable], point: Point) -> dict[str, Callable]:
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

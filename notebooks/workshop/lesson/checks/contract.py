"""Check what `convolve_fast` promises beyond numbers, in code of the reader's own."""

from collections.abc import Callable
from itertools import product

import numpy as np
import torch

import SO_CONVOLVE_QUESTION

from ...measure.python_calls import code_run
from ..diagnosis.compare import compare
from ..diagnosis.fault import Fault
from .readers_code import attempt, tell_error
from .running import make_inputs, run, told


def refuse_borrowed_code(function: Callable) -> None:
    """Raise the `Fault` of a right answer that is, or calls, one of the series' own."""
    codes = code_run(function, *make_inputs(3, 5, 4))
    names = [c.co_name for c in codes if c.co_filename == SO_CONVOLVE_QUESTION.__file__]
    if names:
        text = (
            f"It's right, but `{names[0]}`, an answer of the series, does the work. "
            "Write the steps yourself."
        )
        raise Fault("another function does the work", text)


def check_odd_numbers(function: Callable) -> None:
    """Raise the `Fault` of an infinity or NaN that numpy would treat otherwise."""
    for which, odd in product((0, 1), (torch.inf, torch.nan)):
        inputs = torch.ones(3, 5), torch.ones(3, 5)
        inputs[which][1, 2] = odd
        inputs[1 - which][1, 4] = 0.0  # an infinity times this one is NaN
        result = run(function, *inputs)
        rows = [
            np.convolve(x.double(), y.double()) for x, y in zip(*inputs, strict=True)
        ]
        wanted = torch.tensor(np.stack(rows), dtype=result.dtype)
        if not torch.allclose(result, wanted, equal_nan=True):
            text = (
                f"With {inputs[0][1].tolist()} for a row of `a` and "
                f"{inputs[1][1].tolist()} for that of `v`, your row of the result is "
                f"{result[1].tolist()}. In `numpy.convolve` it's {wanted[1].tolist()}. "
                "Every number meets all of the other vector, zeros included, and no "
                "zero of a padding."
            )
            if torch.allclose(result[1], wanted[1], equal_nan=True):
                text = f"A row with {odd} in `{'av'[which]}` changes the other rows."
            raise Fault("infinities or NaN", text)


def check_dtypes(function: Callable) -> None:
    """Raise the `Fault` of a result that doesn't have the dtype of the inputs."""
    for dtype in (torch.int64, torch.float16):
        inputs = [t.to(dtype) for t in make_inputs(3, 5, 4)]
        found = getattr(run(function, *inputs), "dtype", None)
        if found != dtype:
            text = (
                f"For {dtype} you return {found}. Does something in your code have the "
                "default dtype, as `torch.zeros(…)` has?"
            )
            raise Fault("wrong dtype", text)


def check_axes(function: Callable) -> None:
    """Raise the `Fault` of leading axes that aren't kept."""
    a, v = make_inputs(6, 5, 4)
    inputs = a.view(2, 3, 5), v.view(2, 3, 4)
    with told(function, *inputs):
        result = run(function, *inputs)
        shape = tuple(getattr(result, "shape", ()))
        if shape != (2, 3, 8):
            text = (
                f"Batches of batches give {shape}, not (2, 3, 8): all axes but the "
                "last must stay, however many there are."
            )
            raise Fault("wrong shape", text)
        compare(result.reshape(6, 8), a, v)


def check_vmap(function: Callable) -> None:
    """Raise the `Fault` of what goes wrong inside `torch.vmap`."""
    a, v = make_inputs(3, 5, 4)
    cases = [((0, 0), a, v), ((0, None), a, v[0]), ((None, 0), a[0], v)]
    for in_dims, x, y in cases:
        with told(function, x, y, f"`torch.vmap` with in_dims={in_dims} over "):
            result, error = attempt(torch.vmap(function, in_dims), x, y)
            if error:
                text = (
                    f"{tell_error(error, function)}. Under `torch.vmap` your code "
                    "sees one pair at a time. It can't write the results of all pairs "
                    "into a tensor that they share, nor hand them to numpy, nor take "
                    "another branch for each."
                )
                raise Fault("it fails inside vmap", text)
            compare(result, x.expand(3, -1), y.expand(3, -1))

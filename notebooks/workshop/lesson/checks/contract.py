"""Check what `convolve_fast` promises beyond numbers, in code of the reader's own."""

from collections.abc import Callable

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


def check_infinities(function: Callable) -> None:
    """Raise the `Fault` of infinities that spread further than in `numpy.convolve`."""
    for which in (0, 1):
        inputs = torch.ones(3, 5), torch.ones(3, 5)
        inputs[which][1, 2] = torch.inf
        result = run(function, *inputs)
        wanted = torch.zeros(3, 9, dtype=torch.bool)
        wanted[1, 2:7] = True
        if not torch.equal(result.isposinf(), wanted) or result.isnan().any():
            text = (
                f"An infinity in `{'av'[which]}` meets 5 numbers of `{'va'[which]}`: "
                "so many numbers of the result should be infinite. In yours "
                f"{int(result.isposinf().sum())} are, and {int(result.isnan().sum())} "
                "are NaN. Do you multiply zeros by the infinity?"
            )
            raise Fault("infinities spread", text)


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
                    "sees one pair at a time, and can't write the results of all pairs "
                    "into a tensor that they share."
                )
                raise Fault("it fails inside vmap", text)
            compare(result, x.expand(3, -1), y.expand(3, -1))

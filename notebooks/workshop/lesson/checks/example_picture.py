"""The picture of a small example: what is expected, and what the reader got."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...show.figures import image_of
from ..diagnosis.comparing import convolve_rows
from ..pictures import draw_expected, listed

EXAMPLE = [[1.0, 2, 3], [1, 0, 1]], [[4.0, 5], [6, 7]]  # small enough to draw


def draw_example(function: Callable, a: Tensor, v: Tensor) -> str:
    """Return expected beside got for a small example, as an <img>, if they differ.

    Raises an error if what `function` returns can't be drawn.
    """
    x, y = (torch.tensor(rows, dtype=a.dtype) for rows in EXAMPLE)
    x, y = x[0] if a.ndim == 1 else x, y[0] if v.ndim == 1 else y
    wanted = convolve_rows(x, y).tolist()
    got = torch.atleast_2d(function(x.clone(), y.clone()).detach())
    if got.ndim != 2 or max(got.shape) > 8 or got.is_complex():
        return ""
    got = got.double().round(decimals=4)  # numbers that only rounding sets apart
    if got.tolist() == wanted:
        return ""
    inputs = f"a = [{listed(x.tolist())}], v = [{listed(y.tolist())}]"
    return image_of(draw_expected(wanted, got.tolist(), inputs))

"""Compare a result with the slow loop's; the mistake behind it gets its name."""

from typing import Any

from torch import Tensor

from .comparing import as_double, as_rows, convolve_rows, same
from .wrong_numbers import name_the_numbers
from .wrong_shapes import name_the_shape
from .wrong_types import name_the_type


def compare(got: Any, a: Tensor, v: Tensor) -> None:
    """Raise the `Fault` of `got` as the full convolution of `a` and `v`, if it has one.

    `a` and `v` are of shapes (B, m) and (B, n), or (B, m) and (n,), or (m,) and (n,);
    B = 4 or so, and random numbers, so that no other result fits by chance.
    """
    name_the_type(got, a)
    wanted = convolve_rows(a, v).reshape(*a.shape[:-1], -1)
    rows, kernels = as_rows(a, v)
    if got.shape != wanted.shape:
        name_the_shape(as_double(got), wanted, rows, kernels)
    if not same(got, wanted):
        name_the_numbers(as_double(got), wanted, rows, kernels)

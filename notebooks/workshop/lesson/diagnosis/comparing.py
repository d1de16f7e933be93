"""Whether two results are the same, and what else a result could have been."""

import torch
from torch import Tensor

from ..proof import slow_loop


def convolve_rows(a: Tensor, v: Tensor) -> Tensor:
    """Return the full convolutions (B, m + n - 1) that the slow loop computes."""
    return slow_loop(*as_rows(a, v))


def as_rows(a: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return `a` and `v` as batches in float64."""
    a, v = torch.atleast_2d(a).double(), torch.atleast_2d(v).double()
    return a, v.expand(len(a), -1)


def as_double(got: Tensor) -> Tensor:
    """Return the numbers of `got` in float64, on the processor, without a graph."""
    return got.detach().to("cpu", torch.float64)


def wrong_places(x: Tensor, y: Tensor) -> Tensor:
    """Return where the numbers of two tensors of one shape don't agree."""
    tolerance = 1e-9 if x.dtype == torch.float64 else 1e-4
    return ~torch.isclose(as_double(x), y, rtol=0, atol=tolerance, equal_nan=True)


def same(x: Tensor, y: Tensor) -> bool:
    """Tell whether all numbers of two tensors agree, and their shapes."""
    return x.shape == y.shape and not wrong_places(x, y).any()


def alike(x: Tensor, y: Tensor) -> bool:
    """Tell the same to the precision of float32."""
    return same(x.float(), y)  # a mistake is the same mistake in float32


def moved(rows: Tensor, k: int, width: int) -> Tensor:
    """Return `rows` with `k` zeros in front, cut or filled with zeros to `width`."""
    if k < 0:
        rows, k = rows[:, -k:], 0
    return torch.nn.functional.pad(rows, (k, width - k - rows.shape[1]))


def every_pair(a: Tensor, v: Tensor) -> Tensor:
    """Return the convolutions (B, B, m + n - 1) of all signals and kernels."""
    B = len(a)
    return slow_loop(a.repeat_interleave(B, 0), v.repeat(B, 1)).unflatten(0, (B, B))

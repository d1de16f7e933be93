"""Prove that a function equals the slow loop."""

from collections.abc import Callable, Iterable
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.testing import assert_close

from SO_CONVOLVE_QUESTION import convolve

from .checks.readers_code import attempt, is_a_stub

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-12}


def prove(
    function: Callable,
    one_kernel: bool = False,
    pair: bool = True,
    batch: bool = True,
    sizes: Iterable[int] = range(1, 13),
) -> None:
    """Compare `function(a, v)` with the question's `convolve` on generated inputs.

    Signals (B, m) and kernels (B, n), with m and n over `sizes`, come as a pair without
    a batch axis, as a batch of one and as a batch of five, in float32 and float64; with
    `one_kernel`, `v` is one kernel (n,). For a function that takes batches alone, say
    `pair=False`; for one that takes single pairs alone, `batch=False`. The reference is
    the loop's result in float64. Shape and dtype must be right, no number further off
    than 1e-4 (float32) or 1e-12 (float64), the inputs unchanged. Prints what was
    compared; of an exercise not yet written, that there is nothing to prove.

    Raises AssertionError naming the first pair that differs, and how. An error of
    `function` itself passes through, with a note that names the pair. Raises ValueError
    if there is nothing to compare.
    """
    sizes, name = list(sizes), getattr(function, "__name__", repr(function))
    batches = [0] * pair + [slice(1), slice(5)] * batch
    if not (sizes and batches):
        raise ValueError("nothing to compare: prove needs sizes, and pairs or batches")
    if attempt(is_a_stub, function)[0]:
        print(f"{name} isn't written yet: nothing to prove.")
        return
    generator = torch.Generator().manual_seed(0)
    compared = 0
    for m in sizes:
        for n in sizes:
            a = torch.randn(5, m, generator=generator, dtype=torch.float64)
            v = torch.randn(5, n, generator=generator, dtype=torch.float64)
            if one_kernel:
                v = v[:1].expand(5, n)
            wanted = slow_loop(a, v)
            for dtype in TOLERANCE:
                for rows in batches:
                    kernel = v[0] if one_kernel else v[rows]
                    _compare(
                        function, a[rows].to(dtype), kernel.to(dtype), wanted[rows]
                    )
                    compared += 1
    low, high = min(sizes), max(sizes)
    came = ["as a pair"] * pair + ["in batches of 1 and 5"] * batch
    print(
        f"{name} equals the slow loop in {compared:,} comparisons: "
        f"{low} × {low} to {high} × {high},\n"
        f"{' and '.join(came)}, float32 and float64, shapes included."
    )


def _compare(function, a, v, wanted):
    case = f"a {tuple(a.shape)}, v {tuple(v.shape)}, {a.dtype}"
    kept = a.clone(), v.clone()
    try:
        result = function(a, v)
    except Exception as error:
        error.add_note(f"the function was called with {case}")
        raise
    kind = type(result).__name__
    assert isinstance(result, Tensor), f"{case}: the result is a {kind}"
    assert_close(
        result,
        wanted.to(a.dtype),
        rtol=0,
        atol=TOLERANCE[a.dtype],
        msg=lambda how: f"{case}: the result is wrong.\n{how}",
    )
    for name, tensor, before in zip("av", (a, v), kept, strict=True):
        told = f"{case}: the function changed its input {name}"
        assert torch.equal(tensor, before), told


def slow_loop(a: Tensor, v: Tensor) -> Tensor:
    """Return what the question's `convolve` computes, in float64 with all its axes."""
    with _default_dtype(torch.float64):
        return convolve(a, v).reshape(len(a), -1)


@contextmanager
def _default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)

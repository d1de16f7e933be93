"""Prove that a function equals the slow loop."""

from contextlib import contextmanager

import torch

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-12}


def prove(function, one_kernel=False, sizes=range(1, 13)):
    """Compare `function(a, v)` with the question's `convolve` on generated inputs.

    Signals (B, m) and kernels (B, n), with m and n over `sizes`, come as a pair without
    a batch axis, as a batch of one and as a batch of five, in float32 and float64; with
    `one_kernel`, `v` is one kernel (n,). The reference is the loop's result in float64.
    Shape and dtype must be right, no number further off than 1e-4 (float32) or 1e-12
    (float64), the inputs unchanged. Prints what was compared.

    Raises AssertionError naming the first pair that differs, and how. An error of
    `function` itself passes through, with a note that names the pair.
    """
    sizes, name = list(sizes), getattr(function, "__name__", repr(function))
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
                for rows in (0, slice(1), slice(5)):
                    kernel = v[0] if one_kernel else v[rows]
                    _compare(
                        function, a[rows].to(dtype), kernel.to(dtype), wanted[rows]
                    )
                    compared += 1
    low, high = min(sizes), max(sizes)
    print(
        f"{name} equals the slow loop in {compared:,} comparisons: "
        f"{low} × {low} to {high} × {high},\n"
        "as a pair and in batches of 1 and 5, float32 and float64, shapes included."
    )


def _compare(function, a, v, wanted):
    case = f"a {tuple(a.shape)}, v {tuple(v.shape)}, {a.dtype}"
    kept = a.clone(), v.clone()
    try:
        result = function(a, v)
    except Exception as error:
        error.add_note(f"the function was called with {case}")
        raise
    assert isinstance(result, torch.Tensor), (
        f"{case}: the result is a {type(result).__name__}"
    )
    assert result.shape == wanted.shape, (
        f"{case}: the result has shape {tuple(result.shape)}, not {tuple(wanted.shape)}"
    )
    assert result.dtype == a.dtype, (
        f"{case}: the result is {result.dtype}, not {a.dtype}"
    )
    assert result.device == a.device, f"{case}: the result is on {result.device}"
    wrong = ~torch.isclose(result.double(), wanted, rtol=0, atol=TOLERANCE[a.dtype])
    if wrong.any():
        where = tuple(wrong.nonzero()[0].tolist())
        raise AssertionError(
            f"{case}: result[{', '.join(map(str, where))}] is {result[where]:.6g}, "
            f"not {wanted[where]:.6g}; "
            f"{int(wrong.sum())} of {wrong.numel()} numbers differ"
        )
    assert torch.equal(a, kept[0]), f"{case}: the function changed its input a"
    assert torch.equal(v, kept[1]), f"{case}: the function changed its input v"


def slow_loop(a, v):
    """Return what the question's `convolve` computes, in float64 with all its axes."""
    # Not at the top: the root is on the path only once the extension is loaded.
    from SO_CONVOLVE_QUESTION import convolve

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

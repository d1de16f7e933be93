"""The full convolution as native operators: C++, built on first use.

`convolve_native` takes signals and kernels in rows, `convolve_columns` in columns. They
need GCC or Clang. `building.py` builds the library, and keeps it; `convolve.cpp` says
what is in which of its files.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.autograd import forward_ad

from SO_CONVOLVE_QUESTION import (
    FLOATS,
    _as_batch,
    _check_tensors,
    _correlate,
    _is_transformed,
    convolve_fast,
)

from .building import FOLDER, NO_COMPILER, has_compiler, load

__all__ = [
    "FOLDER",
    "NO_COMPILER",
    "Operators",
    "convolve_columns",
    "convolve_native",
    "has_compiler",
    "operators",
]


class Operators(NamedTuple):
    """The operators; their last argument tells if the tensors hold columns."""

    convolve: Callable
    convolve_out: Callable
    correlate: Callable


_operators = None
_lock = threading.Lock()
_library = torch.library.Library("convolve_native", "FRAGMENT")


def operators():
    """Return the `Operators`; build and register them on the first call.

    Raises RuntimeError: see `building.load`.
    """
    _prepare()
    return _operators


def _prepare():
    global _operators
    with _lock:
        if _operators is None:
            load()
            _register()
            ops = torch.ops.convolve_native
            _operators = Operators(
                *(getattr(ops, name).default for name in Operators._fields)
            )


# torch.compile can't trace a build, so it calls this function as it traces. That is
# torch.compiler.assume_constant_result, without a second to import the compiler.
_prepare._dynamo_marked_constant = True


def _register():
    """Tell torch the shapes of the results, and the gradients."""

    def shape_of_convolution(a, v, columns):
        return a.new_empty(_check(a, v, columns))

    def check_out(a, v, out, columns):
        _check_shape(out, _check(a, v, columns), a.dtype)

    def shape_of_correlation(grad, other, columns):
        _check(grad, other, columns)
        dim = 0 if columns else -1
        shape = list(grad.shape)
        shape[dim] -= other.shape[dim] - 1
        if shape[dim] < 1:
            raise ValueError(
                f"grad must be as long as other, or longer, not {tuple(grad.shape)} "
                f"and {tuple(other.shape)}"
            )
        return grad.new_empty(shape)

    shapes = [shape_of_convolution, check_out, shape_of_correlation]
    for name, shape in zip(Operators._fields, shapes, strict=True):
        torch.library.register_fake(f"convolve_native::{name}", shape)
    # torch.library.register_autograd would lose forward-mode derivatives silently.
    _library.impl("convolve", _Convolution.apply, "Autograd")
    _library.impl("correlate", _Correlation.apply, "Autograd")


def _check(a, v, columns):
    """Check the contract; return the shape of the convolution."""
    if not columns:
        *_, shape = _as_batch(a, v)
        return shape
    _check_tensors(a, v, FLOATS, "both be float32 or both float64")
    fit = a.ndim == v.ndim and a.ndim in (1, 2) and a.shape[1:] == v.shape[1:]
    if not fit or 0 in a.shape + v.shape:
        shapes = f"{tuple(a.shape)} and {tuple(v.shape)}"
        raise ValueError(
            "a and v must be (m,) and (n,), or (m, B) and (n, B), none of them empty, "
            f"not {shapes}"
        )
    return (a.shape[0] + v.shape[0] - 1, *a.shape[1:])


class _Convolution(torch.autograd.Function):
    """The full convolution and its gradients, which are cross-correlations.

    out[k] holds a[i] * v[k - i], so the gradient of a[i] gathers grad[i + j] * v[j].
    """

    @staticmethod
    def forward(ctx, a, v, columns):
        ctx.save_for_backward(a, v)
        ctx.columns = columns
        return _call_plain("convolve", a, v, columns)

    @staticmethod
    def backward(ctx, grad):
        a, v = ctx.saved_tensors
        of_a, of_v, _ = ctx.needs_input_grad
        return (
            _call("correlate", grad, v, ctx.columns) if of_a else None,
            _call("correlate", grad, a, ctx.columns) if of_v else None,
            None,
        )


class _Correlation(torch.autograd.Function):
    """The cross-correlation: out[i] holds grad[i + j] * other[j]."""

    @staticmethod
    def forward(ctx, grad, other, columns):
        ctx.save_for_backward(grad, other)
        ctx.columns = columns
        return _call_plain("correlate", grad, other, columns)

    @staticmethod
    def backward(ctx, grad):
        long, short = ctx.saved_tensors
        of_long, of_short, _ = ctx.needs_input_grad
        return (
            _call("convolve", grad, short, ctx.columns) if of_long else None,
            _call("correlate", long, grad, ctx.columns) if of_short else None,
            None,
        )


def _call(name, a, v, columns):
    """Call an operator the shortest way that autograd and torch's compiler can follow.

    What torch.func transforms, or forward mode differentiates, is left to torch.
    """
    compiling, transformed = torch.compiler.is_compiling(), _is_transformed()
    # Any open level counts: to ask a tensor for its tangent takes longer, and while
    # torch.compile traces it has none.
    tangents = forward_ad._current_level >= 0
    if compiling and tangents and not transformed:
        raise NotImplementedError(
            "torch.compile may lose the tangents of dual tensors: don't compile this "
            "call, or compile a function that calls torch.func.jvp"
        )
    if transformed or tangents:
        return _call_torch(name, a, v, columns, transformed)
    if compiling:
        _check(a, v, columns)  # or the compiler would tell what is wrong with them
        return getattr(operators(), name)(a, v, columns)
    if (a.requires_grad or v.requires_grad) and torch.is_grad_enabled():
        function = _Convolution if name == "convolve" else _Correlation
        return function.apply(a, v, columns)
    return _call_plain(name, a, v, columns)


def _call_plain(name, a, v, columns):
    """Call an operator past its gradients, which cost time even if nobody needs any."""
    operator = getattr(_operators or operators(), name)
    if torch.compiler.is_dynamo_compiling():  # it can't trace what follows
        return operator(a, v, columns)
    with torch._C._AutoDispatchBelowAutograd():
        return operator(a, v, columns)


def _call_torch(name, a, v, columns, transformed):
    _check(a, v, columns)  # what follows takes more
    function = convolve_fast if name == "convolve" else _correlate
    if not transformed:  # or torch.compile, refused above, takes it up again here
        function = torch.compiler.disable(function)
    if columns:
        return function(a.movedim(0, -1), v.movedim(0, -1)).movedim(-1, 0)
    return function(a, v)


def convolve_native(
    a: torch.Tensor, v: torch.Tensor, out: torch.Tensor | None = None
) -> torch.Tensor:
    """Convolve each row of `a` with the same row of `v`, in registers.

    Args:
        a, v: signals (m,) or (B, m) and kernels (n,) or (B, n) on the CPU, both float32
            or both float64, contiguous or not; B, m, n >= 1.
        out: where to write the result: contiguous, of its shape and dtype, memory of
            its own. It takes no gradients.

    Returns the full convolution, (m + n - 1,) or (B, m + n - 1), or `out`. Autograd
    works backward, any number of times; `torch.compile` takes the call as one graph.
    `torch.func`, `torch.vmap` and derivatives in forward mode get `convolve_fast`
    instead; among dual tensors `torch.compile` breaks its graph here, and fails with
    `fullgraph=True`. Large batches take the threads that torch was given. Numbers are
    finite: an infinity or a NaN may spread over its row, never to another.

    Raises TypeError, ValueError: see `SO_CONVOLVE_QUESTION`, and for `out`;
    RuntimeError: see `building.load`; NotImplementedError: `out` in forward mode or
    under `torch.func`.
    """
    return _convolve(a, v, out, columns=False)


def convolve_columns(
    a: torch.Tensor, v: torch.Tensor, out: torch.Tensor | None = None
) -> torch.Tensor:
    """Convolve each column of `a` with the same column of `v`, sixteen at a time.

    As `convolve_native`, but for signals (m, B), kernels (n, B) and the result
    (m + n - 1, B). Columns may be sliced: where the numbers of each line of `a` or `v`
    lie side by side, nothing is copied. A result of 32 MiB or more is written past the
    caches if B is a multiple of 16 (float32) or 8 (float64).
    """
    return _convolve(a, v, out, columns=True)


def _convolve(a, v, out, columns):
    try:
        if not (a.is_cpu and v.is_cpu):
            _check(a, v, columns)
            raise ValueError(f"a and v must be on the CPU, not on {a.device}")
        if out is None:
            return _call("convolve", a, v, columns)
        _check_out(a, v, out)
        if torch.compiler.is_compiling():  # which must not see what the build changes
            operators().convolve_out(a, v, out, columns)
            return out
        (_operators or operators()).convolve_out(a, v, out, columns)
        if not out.is_inference():  # or autograd would use what was overwritten
            torch.autograd.graph.increment_version(out)
        return out
    except (AttributeError, RuntimeError, TypeError) as error:
        shape = _check(a, v, columns)  # tells what is wrong with a and v, if that is it
        if out is not None:
            _check_shape(out, shape, a.dtype)
        if "out overlaps" in str(error):
            raise ValueError(
                "out must have memory of its own, and shares some with a or v"
            ) from None
        raise


def _check_out(a, v, out):
    if forward_ad._current_level >= 0 or _is_transformed():
        raise NotImplementedError(
            "out works neither under torch.func nor in forward mode: call without it"
        )
    if not out.is_cpu:
        raise ValueError(f"out must be on the CPU, not on {out.device}")
    recorded = a.requires_grad or v.requires_grad
    if out.requires_grad or (recorded and torch.is_grad_enabled()):
        raise ValueError("out takes no gradients: call without it, or under no_grad")


def _check_shape(out, shape, dtype):
    if not isinstance(out, torch.Tensor):
        raise TypeError(f"out must be a tensor, not {type(out).__name__}")
    plain = out.is_contiguous() and not out.is_neg()
    if out.shape != shape or out.dtype != dtype or not plain:
        kind = "" if plain else ", not contiguous or a negative view"
        found = f"{tuple(out.shape)} and {out.dtype}{kind}"
        raise ValueError(f"out must be {shape}, contiguous, {dtype}, not {found}")

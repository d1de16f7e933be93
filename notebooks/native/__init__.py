"""The full convolution as a native operator: C++ in `convolve.cpp`, built on first use.

It needs GCC or Clang. `building.py` builds the library, and keeps it.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.autograd import forward_ad

from SO_CONVOLVE_QUESTION import (
    _as_batch,
    _correlate,
    _is_transformed,
    convolve_fast,
)

from .building import NO_COMPILER, SOURCE, has_compiler, load

__all__ = [
    "NO_COMPILER",
    "SOURCE",
    "Operators",
    "convolve_native",
    "has_compiler",
    "operators",
]


class Operators(NamedTuple):
    """The operators; the plain ones know nothing of autograd, and are called faster."""

    full: Callable
    full_plain: Callable
    full_out: Callable
    correlate: Callable
    correlate_plain: Callable


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
            names = Operators._fields
            ops = torch.ops.convolve_native
            _operators = Operators(*(getattr(ops, name).default for name in names))


# torch.compile can't trace a build, so it calls this function as it traces. That is
# torch.compiler.assume_constant_result, without a second to import the compiler.
_prepare._dynamo_marked_constant = True


def _register():
    """Tell torch the shapes of the results, and the gradients."""

    def shape_of_full(a, v):
        *_, shape = _as_batch(a, v)
        return a.new_empty(shape)

    def shape_of_correlate(grad, other):
        _as_batch(grad, other)
        width = grad.shape[-1] - other.shape[-1] + 1
        if width < 1:
            raise ValueError(
                f"grad must be as long as other, or longer, not {tuple(grad.shape)} "
                f"and {tuple(other.shape)}"
            )
        return grad.new_empty(*grad.shape[:-1], width)

    def check_full_out(a, v, out):
        *_, shape = _as_batch(a, v)
        _check_shape(out, shape, a.dtype)

    for name, shape_of, gradient in [
        ("full", shape_of_full, _Full),
        ("correlate", shape_of_correlate, _Correlate),
    ]:
        torch.library.register_fake(f"convolve_native::{name}", shape_of)
        torch.library.register_fake(f"convolve_native::{name}_plain", shape_of)
        # torch.library.register_autograd would lose forward-mode derivatives silently.
        _library.impl(name, gradient.apply, "Autograd")
    torch.library.register_fake("convolve_native::full_out", check_full_out)


class _Full(torch.autograd.Function):
    """The full convolution and its gradients, which are cross-correlations.

    out[k] holds a[i] * v[k - i], so the gradient of a[i] gathers grad[i + j] * v[j].
    """

    @staticmethod
    def forward(ctx, a, v):
        ctx.save_for_backward(a, v)
        return _operators.full_plain(a, v)

    @staticmethod
    def backward(ctx, grad):
        a, v = ctx.saved_tensors
        of_a, of_v = ctx.needs_input_grad
        return (
            _choose("correlate", grad, v) if of_a else None,
            _choose("correlate", grad, a) if of_v else None,
        )


class _Correlate(torch.autograd.Function):
    """The cross-correlation: out[i] holds grad[i + j] * other[j]."""

    @staticmethod
    def forward(ctx, grad, other):
        ctx.save_for_backward(grad, other)
        return _operators.correlate_plain(grad, other)

    @staticmethod
    def backward(ctx, grad):
        long, short = ctx.saved_tensors
        of_long, of_short = ctx.needs_input_grad
        return (
            _choose("full", grad, short) if of_long else None,
            _choose("correlate", long, grad) if of_short else None,
        )


def _choose(name, a, v):
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
        _as_batch(a, v)  # what follows takes more
        function = convolve_fast if name == "full" else _correlate
        if not transformed:  # or torch.compile, refused above, takes it up again here
            function = torch.compiler.disable(function)
        return function(a, v)
    if compiling:
        _as_batch(a, v)  # or the compiler would tell what is wrong with them
        return getattr(operators(), name)(a, v)
    ops = _operators or operators()
    if (a.requires_grad or v.requires_grad) and torch.is_grad_enabled():
        return (_Full if name == "full" else _Correlate).apply(a, v)
    return ops.full_plain(a, v) if name == "full" else ops.correlate_plain(a, v)


def convolve_native(a, v, out=None):
    """Convolve each row of `a` with the same row of `v`, in registers.

    Args:
        a, v: signals (m,) or (B, m) and kernels (n,) or (B, n) on the CPU, both float32
            or both float64, contiguous or not; B, m, n >= 1.
        out: where to write the result: contiguous, of its shape and dtype, memory of
            its own. It takes no gradients.

    Returns the full convolution, (m + n - 1,) or (B, m + n - 1), or `out`. Autograd
    works backward, any number of times, and under `torch.compile`. `torch.func`,
    `torch.vmap` and derivatives in forward mode get `convolve_fast` instead. Numbers
    are finite: an infinity or a NaN may spread over its row, never to another.

    With `out`, or among dual tensors, `torch.compile` breaks its graph here, and fails
    with `fullgraph=True`.

    Raises TypeError, ValueError: see `SO_CONVOLVE_QUESTION`, and for `out`;
    RuntimeError: see `building.load`; NotImplementedError: `out` in forward mode or
    under `torch.func`.
    """
    try:
        if not (a.is_cpu and v.is_cpu):
            _as_batch(a, v)
            raise ValueError(f"a and v must be on the CPU, not on {a.device}")
        if out is None:
            return _choose("full", a, v)
        _check_memory(a, v, out)
        (_operators or operators()).full_out(a, v, out)
        return out
    except (AttributeError, RuntimeError, TypeError):
        *_, shape = _as_batch(a, v)  # tells what is wrong with the input, if that is it
        if out is not None and _is_transformed():
            raise NotImplementedError(OUT_ALONE) from None
        if out is not None:
            _check_shape(out, shape, a.dtype)
        raise


OUT_ALONE = "out works neither under torch.func nor in forward mode: call without it"


def _check_memory(a, v, out):
    if forward_ad._current_level >= 0:
        raise NotImplementedError(OUT_ALONE)
    # torch.func's tensors have no storage, and raise here.
    place = out.untyped_storage().data_ptr()
    if place in (a.untyped_storage().data_ptr(), v.untyped_storage().data_ptr()):
        raise ValueError("out must have memory of its own, and shares an input's")
    recorded = a.requires_grad or v.requires_grad
    if out.requires_grad or (recorded and torch.is_grad_enabled()):
        raise ValueError("out takes no gradients: call without it, or under no_grad")


def _check_shape(out, shape, dtype):
    if out.shape != shape or out.dtype != dtype or not out.is_contiguous():
        kind = "" if out.is_contiguous() else ", not contiguous"
        found = f"{tuple(out.shape)} and {out.dtype}{kind}"
        raise ValueError(f"out must be {shape}, contiguous, {dtype}, not {found}")

"""Run a reader's function on inputs that give mistakes away."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from ...measure.counting import count_calls
from ..diagnosis.fault import Fault
from .example_picture import draw_example
from .feedback import UNANSWERED
from .readers_code import (
    attempt,
    find_early_return,
    is_a_stub,
    tell_constants,
    tell_error,
    tell_names,
)

EARLY = {"only the first step", "wrong numbers"}  # what an early return leaves behind
LENGTHS = {"too short", "too long", "shifted"}
SLIDES = {"convolution", "constant_pad_nd", "unfold"}  # as torch's dispatcher says


def make_inputs(
    B: int,
    m: int,
    n: int,
    dtype: torch.dtype = torch.float32,
    pair: bool = False,
    one_kernel: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return random signals (B, m) and kernels (B, n), the same ones for a size.

    With `pair` they are (m,) and (n,), with `one_kernel` (B, m) and (n,).
    """
    generator = torch.Generator().manual_seed(m)
    a = torch.randn(B, m, generator=generator, dtype=torch.float64).to(dtype)
    v = torch.randn(B, n, generator=generator, dtype=torch.float64).to(dtype)
    return a[0] if pair else a, v[0] if pair or one_kernel else v


def refuse_what_is_no_answer(function: Any) -> None:
    """Raise the `Fault` of what is still a stub, or no function."""
    if function is ... or attempt(is_a_stub, function)[0]:
        text = "Write your code in place of the `...`, run that cell, then this one."
        raise Fault(UNANSWERED, text)
    if not callable(function):
        kind = type(function).__name__
        text = f"Give the check your function itself, not something of type {kind}."
        raise Fault("wrong type", text)


def run(function: Callable, a: Tensor, v: Tensor) -> Any:
    """Return what `function` returns. It may not change its inputs."""
    before = a.clone(), v.clone()
    with nan_in_fresh_memory():
        result, error = attempt(function, a, v)
    if error:
        raise Fault("an error in your code", f"{tell_error(error, function)}.")
    changed = not (_same(a, before[0]) and _same(v, before[1]))
    if changed and isinstance(result, torch.Tensor):
        text = (
            "Your function changes `a` or `v`. The caller may still need them, and so "
            "may your own next step: work on a new tensor."
        )
        raise Fault("an input changed", text)
    return result


def _same(x, y):
    """Tell whether two tensors are equal; a NaN equals a NaN."""
    return x.shape == y.shape and torch.allclose(x, y, rtol=0, atol=0, equal_nan=True)


@contextlib.contextmanager
def nan_in_fresh_memory() -> Iterator[None]:
    """Let torch fill with NaN what `torch.empty` and its like return.

    Otherwise such memory may hold zeros by chance. See
    `torch.utils.deterministic.fill_uninitialized_memory`.
    """
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("warn")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)


def refuse_unwritten_memory(
    function: Callable, result: Any, given: Iterable[Any]
) -> None:
    """Raise the `Fault` of a `result` with NaN from memory that nobody wrote to."""
    if not attempt(lambda: bool(result.isnan().any()))[0]:
        return
    calls = attempt(count_calls, function, *given)[0] or ()
    empty = [name for name in calls if "empty" in name]
    if empty:
        text = (
            f"`{empty[0]}` hands you memory with whatever was left in it, and you read "
            "some of that before you write to it. (This check leaves NaN there, so "
            "that it shows.) `a.new_zeros(…)` starts with zeros."
        )
        raise Fault("memory that doesn't begin with zeros", text)


@contextlib.contextmanager
def told(function: Callable, a: Tensor, v: Tensor, how: str = "") -> Iterator[None]:
    """Add to a `Fault` with what it was found, and what the code itself tells."""
    try:
        yield
    except Fault as fault:
        if fault.name in LENGTHS and _pads(function, a, v):
            fault.name = f"the wrong padding: {fault.name}"
            fault.text += " A sliding kernel needs n - 1 zeros on each side."
        early = attempt(find_early_return, function)[0]
        if early and fault.name in EARLY:
            fault.name, fault.instance = "`return` inside the loop", ""
            fault.text = (
                f"`{early}` stands inside the `for` loop, so your function ends before "
                "the loop does. Move it to the left, out of the loop."
            )
        fault.picture = attempt(draw_example, function, a, v)[0] or ""
        if not fault.picture:  # which shows other numbers
            fault.text += fault.instance
        fault.text += f" (Tried: {how}{_tell_input(a, v)}.)"
        fault.text += tell_names(function) + tell_constants(function)
        if fault.picture:
            fault.text += " The picture shows the same on a smaller example."
        raise


def _pads(function, a, v):
    """Tell whether `function` slides a kernel over a signal that needs padding."""
    if "conv_transpose1d" in getattr(getattr(function, "__code__", 0), "co_names", ()):
        return False
    calls = attempt(count_calls, function, a, v)[0] or ()
    return not SLIDES.isdisjoint(calls)


def _tell_input(a, v):
    return f"`a` {tuple(a.shape)}, `v` {tuple(v.shape)}, {a.dtype}"

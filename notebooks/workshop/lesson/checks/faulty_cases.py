"""Check a case for which a colleague's function is claimed to be wrong."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from ..diagnosis.compare import compare
from ..diagnosis.comparing import convolve_rows, wrong_places
from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
from .one_number import tell_value
from .readers_code import attempt, tell_error
from .running import make_inputs, nan_in_fresh_memory

MOST_STEPS, MOST_PRODUCTS = 10_000, 10_000_000  # of the slow loop: a second or so


@as_feedback
def check_fault(
    case: tuple[int, int, int],
    function: Callable,
    silent: bool = False,
    one_kernel: bool = False,
) -> str:
    """Check that `function(a, v)` goes wrong for `case`, which is (B, m, n).

    It gets random signals (B, m) and kernels (B, n), float32; with `one_kernel`, a
    kernel (n,). With `silent` it must return a tensor of the right shape and dtype with
    wrong numbers: what nobody notices. Returns `Feedback`.
    """
    a, v = make_inputs(*_sizes(case), one_kernel=one_kernel)
    silently, how = _go_wrong(function, a, v)
    text = f"With `a` {tuple(a.shape)} and `v` {tuple(v.shape)}, `{function.__name__}`"
    if not how:
        told = (
            f"{text} returns what the slow loop does. What does its code take for "
            "granted about the rows and the two lengths? Choose a case that breaks it."
        )
        raise Fault("it's right there", told)
    if silent and not silently:
        told = (
            f"{text} {how}. That is wrong, but hard to miss. Look for a case where "
            "only the numbers are wrong."
        )
        raise Fault("people would notice", told)
    return f"{text} {how}."


def _sizes(case: Any) -> tuple[int, int, int]:
    """Return `case` as three sizes, or raise the `Fault` of what it is instead."""
    if case is ... or (isinstance(case, (tuple, list)) and ... in case):
        raise Fault(UNANSWERED, "Write `(B, m, n)`, three numbers, for the `...`.")
    three = isinstance(case, (tuple, list)) and len(case) == 3
    if not three or not all(type(size) is int and size >= 1 for size in case):
        text = (
            "A case is `(B, m, n)`: the rows, and the lengths of signals and kernels, "
            f"whole numbers from 1 up. You wrote {tell_value(case)}."
        )
        raise Fault("wrong type", text)
    B, m, n = case
    if m * n > MOST_STEPS or B * m * n > MOST_PRODUCTS:
        text = (
            f"B = {B:,}, m = {m:,} and n = {n:,} would keep the slow loop busy for too "
            "long. A smaller case will do."
        )
        raise Fault("too large", text)
    return B, m, n


def _go_wrong(function: Callable, a: Tensor, v: Tensor) -> tuple[bool, str]:
    """Return whether `function` goes wrong silently, and how; "" if it doesn't."""
    with nan_in_fresh_memory():
        got, error = attempt(function, a.clone(), v.clone())
    if error is not None:
        return False, f"fails. {tell_error(error, function)}"
    _, fault = attempt(compare, got, a, v)
    if fault is None:
        return True, ""
    if not isinstance(fault, Fault):
        raise fault
    wanted = convolve_rows(a, v)
    if fault.name == "wrong type":
        return False, f"returns a `{type(got).__name__}` instead of a dense tensor"
    if got.dtype != a.dtype:
        return False, f"returns {got.dtype} for {a.dtype}"
    named = "" if fault.name.startswith("wrong") else f": {fault.name}"
    if got.shape != wanted.shape:
        shapes = f"{tuple(got.shape)} instead of {tuple(wanted.shape)}"
        return False, f"returns the shape {shapes}{named}"
    wrong = int(wrong_places(got, wanted).sum())
    return True, f"gets {wrong:,} of {wanted.numel():,} numbers wrong{named}"

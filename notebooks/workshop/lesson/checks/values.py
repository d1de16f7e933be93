"""Check a function that returns a number."""

import numbers
from collections.abc import Callable, Mapping
from typing import Any

from ..diagnosis.fault import Fault
from .feedback import as_feedback
from .readers_code import attempt, tell_error
from .running import refuse_what_is_no_answer


@as_feedback
def check_values(function: Callable, wanted: Mapping[tuple, float]) -> str:
    """Check that `function(*arguments)` gives what is wanted, to a thousandth of it.

    `wanted` is a dict of arguments, a tuple, -> number. Returns `Feedback`.
    """
    refuse_what_is_no_answer(function)
    found = {arguments: number_of(function, arguments) for arguments in wanted}
    ratios = {arguments: found[arguments] / wanted[arguments] for arguments in wanted}
    wrong = [k for k, ratio in ratios.items() if not abs(ratio - 1) <= 1e-3]
    if not wrong:
        return f"It gives the right number in {len(wanted)} cases."
    first = wrong[0]
    also = ""
    if len(set(found.values())) == 1:
        also = " It gives the same for all: does it use its arguments?"
    elif max(ratios.values()) - min(ratios.values()) <= 1e-3:
        also = f" All are {ratios[first]:.3g} times what they should be."
    text = (
        f"`{function.__name__}{first}` gives {found[first]:.4g}, not "
        f"{wanted[first]:.4g}.{also}"
    )
    raise Fault("wrong numbers", text)


def number_of(function: Callable, arguments: tuple) -> numbers.Real:
    """Return the number that `function(*arguments)` gives, or raise the `Fault`."""
    called = f"`{function.__name__}{arguments}`"
    value, error = attempt(function, *arguments)
    if error is not None:
        text = f"With {called}: {tell_error(error, function)}."
        raise Fault("an error in your code", text)
    number = as_number(value)
    if number is None:
        text = f"{called} returns a {type(value).__name__} instead of a number."
        raise Fault("wrong type", text)
    return number


def as_number(value: Any) -> numbers.Real | None:
    """Return a number of Python, NumPy or torch as Python's own; None if it is none."""
    if hasattr(value, "item"):
        value, _ = attempt(value.item)
    return value if isinstance(value, numbers.Real) else None

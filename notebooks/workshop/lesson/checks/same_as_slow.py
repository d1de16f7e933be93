"""Check any function against a slow one: for problems that are no convolutions."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ...measure.timing import least, time_together
from ...measure.verdicts import format_time, speed_up
from ..diagnosis.comparing import as_double, wrong_places
from ..diagnosis.fault import Fault
from .feedback import as_feedback
from .praise import tell_speed
from .readers_code import attempt, tell_error
from .running import (
    nan_in_fresh_memory,
    refuse_unwritten_memory,
    refuse_what_is_no_answer,
)
from .waste import COUNTS


@as_feedback
def check_same(
    function: Callable, slow: Callable, cases: Sequence[tuple], loops: int = 0
) -> str:
    """Check that `function(*case)` is what `slow(*case)` is, for each of `cases`.

    Shapes, dtypes and numbers must agree, and inputs stay as they are. From the first
    case to the last, larger in all its sizes, calls may grow as those of so many nested
    `loops` do. A right answer is counted and timed beside `slow`. Returns `Feedback`.
    """
    refuse_what_is_no_answer(function)
    for case in cases:
        _check_case(function, slow, case)
    _check_growth(function, cases[0], cases[-1], loops)
    return _praise(function, slow, cases)


def _check_case(function, slow, case):
    given, kept = _copied(case), _copied(case)
    wanted = slow(*_copied(case))
    with nan_in_fresh_memory():
        got, error = attempt(function, *given)
    where = f" (Tried: {_tell(case)}.)"
    if error is not None:
        text = f"{tell_error(error, function)}.{where}"
        raise Fault("an error in your code", text)
    if not isinstance(got, torch.Tensor):
        missing = " Is the `return` missing?" if got is None else ""
        text = f"You return `{type(got).__name__}`, not a tensor.{missing}{where}"
        raise Fault("wrong type", text)
    if got.shape != wanted.shape:
        text = f"You return the shape {tuple(got.shape)}, not {tuple(wanted.shape)}."
        raise Fault("wrong shape", text + where)
    if got.dtype != wanted.dtype:
        text = f"You return {got.dtype}, not {wanted.dtype}.{where}"
        raise Fault("wrong dtype", text)
    wrong = wrong_places(got, as_double(wanted))
    if wrong.any():
        refuse_unwritten_memory(function, got, _copied(case))
        raise Fault("wrong numbers", _tell_first(wrong, got, wanted) + where)
    if not all(_equal(*pair) for pair in zip(given, kept, strict=True)):
        text = (
            "Your function changes its input, which the caller may still need: work "
            f"on a new tensor.{where}"
        )
        raise Fault("an input changed", text)


def _tell_first(wrong, got, wanted):
    place = tuple(wrong.nonzero()[0].tolist())
    return (
        f"{int(wrong.sum())} of {wrong.numel()} numbers are wrong. The first is "
        f"`result{list(place)}`: yours is {got[place]:.4g}, and it should be "
        f"{wanted[place]:.4g}."
    )


def _check_growth(function, first, last, loops):
    """Refuse what grows from `first` to `last` faster than so many nested `loops`."""
    sizes = [[k for x in case for k in _sizes(x)] for case in (first, last)]
    ratio = max(large / small for small, large in zip(*sizes, strict=True))
    for count, what in COUNTS:
        few, many = (count(function, *_copied(case)) for case in (first, last))
        if many > (1.5 * few * ratio**loops if loops else few + 4):
            text = (
                f"It is right, but takes {few:,} {what} for {_tell(first)}, and "
                f"{many:,} for {_tell(last)}."
            )
            raise Fault("still looping", text)


def _praise(function, slow, cases):
    last = cases[-1]
    name = f"`{slow.__name__}`"
    count, _ = COUNTS[0]
    mine, other = (count(f, *_copied(last)) for f in (function, slow))
    calls = {"mine": lambda: function(*last), name: lambda: slow(*last)}
    times = time_together(calls, block=1e-3, stop=50, budget=0.3)
    return (
        f"Shapes, dtypes and numbers are right in {len(cases)} cases. For the largest, "
        f"{_tell(last)}: **calls** into torch: {mine:,}; {name} makes {other:,}. "
        f"**Time**, at the least: {format_time(least(times['mine']))}; {name} takes "
        f"{format_time(least(times[name]))}. "
        f"{tell_speed(speed_up(times[name], times['mine']))}"
    )


def _copied(case):
    return [x.clone() if isinstance(x, torch.Tensor) else x for x in case]


def _equal(x: Any, y: Any) -> bool:
    return torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y


def _sizes(x):
    return getattr(x, "shape", [x] if isinstance(x, int) else [])


def _tell(case):
    return ", ".join(
        f"{tuple(x.shape)}" if isinstance(x, torch.Tensor) else repr(x) for x in case
    )

"""Check a case in which one function is claimed to be slower than another."""

from collections.abc import Callable

import torch

from ...measure.timing import least, time_together
from ...measure.verdicts import format_time, ratio_range, speed_up
from ..diagnosis.fault import Fault
from ..grid_points import Point, ready_calls
from .feedback import UNANSWERED, as_feedback
from .one_number import tell_value


@as_feedback
def check_slower(point: Point, loser: Callable, winner: Callable) -> str:
    """Check that `loser` is slower than `winner` at `point`. Returns `Feedback`."""
    if point is ...:
        raise Fault(UNANSWERED, "Write a `Point` in place of the `...`.")
    if not isinstance(point, Point):
        text = f"Write a `Point(…)`: {tell_value(point)} isn't one."
        raise Fault("wrong type", text)
    sizes, dtypes = (point.m, point.n, point.rows), (torch.float32, torch.float64)
    whole = all(type(size) is int and size >= 1 for size in sizes)
    if not whole or point.dtype not in dtypes or point.device != "cpu":
        text = (
            "In a `Point` for this exercise m, n and rows are whole numbers from 1 up, "
            "the dtype is torch.float32 or torch.float64, and the device is the CPU. "
            f"You wrote {tell_value(tuple(point))}."
        )
        raise Fault("wrong type", text)
    if max(sizes[:2]) > 100 or point.m * point.n * point.rows > 10_000_000:
        text = (
            f"m = {point.m:,}, n = {point.n:,} and rows = {point.rows:,} would keep "
            "this check busy for too long: some ten thousand rows will do. Did you "
            "mean the numbers in this order?"
        )
        raise Fault("out of reach", text)
    measured = time_together(ready_calls([loser, winner], point))
    mine, other = measured[loser.__name__], measured[winner.__name__]
    text = (
        f"`{loser.__name__}` takes {format_time(least(mine))} there, "
        f"`{winner.__name__}` {format_time(least(other))}"
    )
    # Noise may hide by how much, and still show which is slower.
    low, high = ratio_range(mine, other)
    if low <= 1 <= high:
        told = (
            f"{text}. With the noise on this machine, `{loser.__name__}` may take "
            f"{low:.2g}× to {high:.2g}× as long."
        )
        raise Fault("nobody can tell", told)
    if high < 1:
        raise Fault("it wins", f"{text}: it wins by {_ratio(other, mine)}.")
    return f"{text}: it loses by {_ratio(mine, other)}."


def _ratio(before, after):
    return speed_up(before, after).split(":")[0]

"""What is counted and timed of a right answer, beside the rung before."""

import itertools
from collections.abc import Callable
from functools import partial

from ...measure.counting import count_bytes
from ...measure.timing import least, time_together
from ...measure.verdicts import format_time, speed_up
from ..diagnosis.fault import Fault
from .waste import count_torch


def praise(function: Callable, before: Callable, make: Callable, sizes: int) -> str:
    """Return what is counted and timed of a right answer, beside the rung before."""
    name = f"`{before.__name__}`"
    small = make(5, 5, 7)
    mine, other = (count_torch(f, *small) for f in (function, before))
    my_bytes, other_bytes = (count_bytes(f, *small) for f in (function, before))
    unseen = _unseen(make)
    like = function(*next(unseen))
    calls = {
        "mine": function,
        name: before,
        "copy": lambda a, v: like.clone(),  # nobody writes a result in less
    }
    times = time_together(calls, block=1e-3, inputs=partial(next, unseen))
    taken = {who: format_time(least(m)) for who, m in times.items()}
    if least(times["mine"]) < least(times["copy"]):
        raise Fault(
            "too fast to be true",
            f"It takes {taken['mine']}, but merely copying its result takes "
            f"{taken['copy']}. Does it return something that it made earlier?",
        )
    size = "a pair" if like.ndim == 1 else "1,000 rows"
    return (
        f"Shapes, dtypes and numbers are right for {sizes} sizes. "
        f"**Calls** into torch for 5 × 7: {mine}; {name} makes {other}. "
        f"**Bytes** that they allocate: {my_bytes:,}; {name} {other_bytes:,}. "
        f"**Time** for {size}, at the least: {taken['mine']}; "
        f"{name} takes {taken[name]}. "
        f"{tell_speed(speed_up(times[name], times['mine']))}"
    )


def _unseen(make):
    """Yield signals and kernels for ever, no two alike."""
    a, v = make(1000, 5, 7)
    for k in itertools.count(1):
        yield a + k, v - k


def tell_speed(speed: str) -> str:
    """Make a sentence of what `speed_up` returns."""
    if ": " in speed:  # a range, and why there is no verdict
        return f"Yours is {speed.replace('×: ', '× as fast: ')}."
    return f"Yours is {speed}{'' if speed.endswith('slower') else ' faster'}."

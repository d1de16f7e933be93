"""Time functions side by side: medians, their spread, and ratios from one run."""

from math import log

from matplotlib.ticker import EngFormatter
from torch.utils.benchmark import Measurement, Timer

from .display import table

format_time = EngFormatter("s", places=1)  # 1.23e-05 -> "12.3 µs"


def time_together(calls, rounds=9, block=2e-3):
    """Time `calls`, a dict of name -> function without arguments, in turns on one thread.

    Every round times a block of each function, so that a change of the machine's speed hits all.
    A block repeats its function for about `block` seconds. Returns a dict of name ->
    `torch.utils.benchmark.Measurement`, whose `median` and `iqr` (interquartile range) are
    seconds a call.
    """
    timers = {name: Timer("call()", globals={"call": call}) for name, call in calls.items()}
    repeats = {}
    for name, timer in timers.items():
        timer.timeit(1)  # the first call pays for what is made once
        repeats[name] = max(1, round(block / timer.timeit(1).median))
    turns = {name: [] for name in calls}
    for _ in range(rounds):
        for name, timer in timers.items():
            turns[name].append(timer.timeit(repeats[name]))
    return {name: Measurement.merge(measured)[0] for name, measured in turns.items()}


def median_times(calls, **options):
    """Return a dict of name -> median seconds a call; arguments as in `time_together`."""
    return {name: m.median for name, m in time_together(calls, **options).items()}


def format_ratio(ratio):
    """Write a ratio with three figures and a cross: 0.034×, 1.03×, 120×."""
    return f"{ratio:.3g}×" if ratio < 10 else f"{ratio:,.0f}×"


def time_table(calls, **options):
    """Time `calls` as in `time_together`; return a table with their speed-up over the first."""
    measured = time_together(calls, **options)
    first, *_ = measured
    rows = []
    for name, m in measured.items():
        speed_up = format_ratio(measured[first].median / m.median)
        rows.append((name, format_time(m.median), format_time(m.iqr), speed_up))
    return table(rows, ["", "median", "spread (IQR)", f"speed-up over {first}"])


def crossover(sizes, times, slower_from):
    """Return the size at which one curve of times overtakes another, or None if it doesn't.

    `sizes` ascend; `times` are the seconds of the curve in question and `slower_from` those of
    the curve it overtakes, one for each size. Between two sizes the ratio of the times is taken
    as a power of the size (a straight line on two logarithmic axes).
    """
    ratios = [time / other for time, other in zip(times, slower_from, strict=True)]
    for i in range(1, len(sizes)):
        if ratios[i - 1] <= 1 < ratios[i]:
            low, high = ratios[i - 1 : i + 1]
            share = log(1 / low) / log(high / low)
            return sizes[i - 1] * (sizes[i] / sizes[i - 1]) ** share
    return None

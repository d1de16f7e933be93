"""Time functions side by side: medians, their spread, and ratios from one run."""

import logging
from math import inf, log

import torch
from matplotlib.ticker import EngFormatter

from .display import table

# The import below warns where a CUDA toolkit is installed and no GPU is seen.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils.benchmark import Measurement, TaskSpec  # noqa: E402
from torch.utils.benchmark import timer as clock  # noqa: E402  # waits for a GPU

format_time = EngFormatter("s", places=1)  # 1.23e-05 -> "12.3 µs"


def time_together(calls, rounds=9, block=2e-3, threads=1, stop=inf, budget=inf):
    """Time `calls`, a dict of name -> function without arguments, in turns.

    Every round times a block of each function, so that a change of the machine's speed
    hits all. A block repeats its function for about `block` seconds, on `threads`.
    Returns a dict of name -> `torch.utils.benchmark.Measurement`, whose `median` and
    `iqr` (interquartile range) are seconds a call.

    A function that takes over `stop` times as long as the fastest is stopped: its
    `Measurement` holds one call, see `is_stopped`. So is one five times as long, if a
    call takes over `budget` seconds. Others get three rounds, and more until theirs
    have taken that long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trials = {name: _trial(call) for name, call in calls.items()}
        fastest = min(trials.values())
        limit = min(stop * fastest, max(5 * fastest, budget))
        racing = [name for name in calls if trials[name] <= limit]
        times, spent = {name: [] for name in calls}, dict.fromkeys(calls, 0)
        for k in range(rounds):
            # Whoever comes first meets inputs that nobody has fetched: turn about.
            first = k % len(racing)
            for name in racing[first:] + racing[:first]:
                if k < 3 or spent[name] <= budget:
                    repeats = max(1, round(block / trials[name]))
                    times[name].append(_block(calls[name], repeats))
                    spent[name] += times[name][-1] * repeats
    finally:
        torch.set_num_threads(before)
    spec = TaskSpec("call()", setup="", num_threads=threads)
    return {
        name: Measurement(1, times[name], spec)
        if name in racing
        else Measurement(1, [trials[name]], spec, {"stopped": True})
        for name in calls
    }


def is_stopped(measurement):
    """Tell whether `time_together` stopped this one after a single call."""
    return bool(measurement.metadata)


def _block(call, repeats):
    """Return the seconds a call of `repeats` calls, after one that isn't timed."""
    call()
    start = clock()
    for _ in range(repeats):
        call()
    return (clock() - start) / repeats


def _trial(call):
    """Return the seconds of a call; of a short one, undisturbed and not the first."""
    first = _seconds(call)
    further = 3 if first < 0.01 else 1 if first < 1 else 0
    return min([first, *(_seconds(call) for _ in range(further))])


def _seconds(call):
    start = clock()
    call()
    return max(clock() - start, 1e-9)  # a coarse clock may not have moved


def median_times(calls, **options):
    """Return a dict of name -> median seconds a call; see `time_together`."""
    return {name: m.median for name, m in time_together(calls, **options).items()}


def format_ratio(ratio):
    """Write how many times faster: 3.21×, 120×; or, below one, 37× slower."""
    if ratio < 0.995:
        return f"{format_ratio(1 / ratio)} slower"
    return f"{ratio:.3g}×" if ratio < 10 else f"{ratio:,.0f}×"


def time_table(calls, **options):
    """Return a table of `calls` timed together, with speed-ups over the first."""
    measured = time_together(calls, **options)
    first, *_ = measured
    rows = []
    for name, m in measured.items():
        speed_up = format_ratio(measured[first].median / m.median)
        rows.append((name, format_time(m.median), format_time(m.iqr), speed_up))
    return table(rows, ["", "median", "spread (IQR)", f"speed-up over {first}"])


def crossover(sizes, times, others):
    """Return the size from which on `times` exceed `others`, or None if they never do.

    `sizes` ascend; the times are in seconds, one for each size. Between two sizes their
    ratio is taken as a power of the size: a straight line on two logarithmic axes.
    The result has two significant figures; more would be noise.
    """
    ratios = [time / other for time, other in zip(times, others, strict=True)]
    below = [i for i, ratio in enumerate(ratios) if ratio <= 1]
    if not below:
        return sizes[0]
    i = below[-1]
    if i == len(sizes) - 1:
        return None
    share = log(1 / ratios[i]) / log(ratios[i + 1] / ratios[i])
    return float(f"{sizes[i] * (sizes[i + 1] / sizes[i]) ** share:.2g}")

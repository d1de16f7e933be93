"""Time functions side by side, and say no more than the measurement bears.

What disturbs a processor adds to a time and never takes away (Chen and Revels, Robust
benchmarking in noisy environments, 2016, arXiv:1608.04295). So code is compared by the
least of many short blocks, in which all take turns. Medians and quartiles tell
something else: what a user of this machine, in its present state, has to wait.
"""

import logging
from collections.abc import Callable, Sequence
from math import inf, log

import torch
from matplotlib.ticker import EngFormatter

from .display import table

# The import below warns where a CUDA toolkit is installed and no GPU is seen.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils.benchmark import Measurement, TaskSpec  # noqa: E402
from torch.utils.benchmark import timer as clock  # noqa: E402  # waits for a GPU

SETTLED = 0.03  # with no more `doubt` than this, a function needs no further rounds ...
FURTHER = 6  # ... of which there are so many times the usual ones, at most ...
PATIENCE = 3  # ... and for so many seconds
TOO_NOISY = 0.5  # a doubt that allows no verdict
NO_VERDICT = "too noisy to tell; close other programs, then run it again"

format_time = EngFormatter("s", places=1)  # 1.23e-05 -> "12.3 µs"


def time_together(
    calls: dict[str, Callable],
    rounds: int = 9,
    block: float = 2e-3,
    threads: int = 1,
    stop: float = inf,
    budget: float = inf,
    near: float = inf,
    inputs: Callable[[], tuple] = tuple,
) -> dict[str, Measurement]:
    """Time `calls`, a dict of name -> function, in turns.

    Every round times a block of each function, so that a change of the machine's speed
    hits all. A block repeats its function for about `block` seconds, on `threads`;
    each call gets what `inputs()` returned for it alone, before the block began.
    Where a function's `doubt` is above `SETTLED` after that, more rounds follow, up to
    `FURTHER` times as many or `PATIENCE` seconds in all, for all that take at most
    `near` times as long as the fastest.

    Returns a dict of name -> `torch.utils.benchmark.Measurement`, whose `times` are the
    seconds per call of its blocks: `least` compares code, `median` and `iqr` (the
    interquartile range) tell what a user feels.

    A function that takes over `stop` times as long as the fastest is stopped: its
    `Measurement` holds one call, see `is_stopped`. So is one five times as long, if a
    call takes over `budget` seconds. Others get three rounds, and more until theirs
    have taken that long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trials = {name: _trial(call, inputs) for name, call in calls.items()}
        fastest = min(trials.values())
        limit = min(stop * fastest, max(5 * fastest, budget))
        racing = [name for name in calls if trials[name] <= limit]
        times, spent = {name: [] for name in racing}, dict.fromkeys(racing, 0)
        begun = clock()
        for k in range(FURTHER * rounds):
            if k >= rounds:
                leasts = {name: min(times[name]) for name in racing}
                racing = [n for n in racing if leasts[n] <= near * min(leasts.values())]
                settled = all(_doubt(times[name]) <= SETTLED for name in racing)
                if settled or clock() - begun > PATIENCE:
                    break
            # Whoever comes first meets inputs that nobody has fetched: turn about.
            first = k % len(racing)
            for name in racing[first:] + racing[:first]:
                if k < 3 or spent[name] <= budget:
                    repeats = max(1, round(block / trials[name]))
                    times[name].append(_block(calls[name], repeats, inputs))
                    spent[name] += times[name][-1] * repeats
    finally:
        torch.set_num_threads(before)
    spec = TaskSpec("call()", setup="", num_threads=threads)
    return {
        name: Measurement(1, times[name], spec)
        if name in times
        else Measurement(1, [trials[name]], spec, {"stopped": True})
        for name in calls
    }


def _block(call, repeats, inputs):
    """Return the seconds per call of `repeats` calls, after one that isn't timed."""
    given = [inputs() for _ in range(repeats)]
    call(*inputs())
    start = clock()
    for arguments in given:
        call(*arguments)
    return (clock() - start) / repeats


def _trial(call, inputs):
    """Return the seconds of a call, the least of up to four if it is short."""
    first = _block_of_one(call, inputs)
    further = 3 if first < 0.01 else 1 if first < 1 else 0
    return min([first, *(_block_of_one(call, inputs) for _ in range(further))])


def _block_of_one(call, inputs):
    given = inputs()
    start = clock()
    call(*given)
    return max(clock() - start, 1e-9)  # a coarse clock may not have moved


# ---- what a measurement says ------------------------------------------------------


def is_stopped(measurement: Measurement) -> bool:
    """Tell whether `time_together` stopped this one after a few calls."""
    return bool(measurement.metadata)


def least(measurement: Measurement) -> float:
    """Return the seconds per call of the least disturbed block."""
    return min(measurement.times)


def doubt(measurement: Measurement) -> float:
    """Return how much the least may be off, as a share: 0.02 for 2 %.

    Every other round is one half of the measurement, the rest is the other: the same
    function measured twice, at the same time. The doubt is by how much the larger of
    their two leasts exceeds the smaller.
    """
    return inf if is_stopped(measurement) else _doubt(measurement.times)


def _doubt(times):
    if len(times) < 2:
        return inf
    halves = sorted([min(times[::2]), min(times[1::2])])
    return halves[1] / halves[0] - 1


def least_times(calls: dict[str, Callable], **options) -> dict[str, float]:
    """Return a dict of name -> least seconds per call; see `time_together`."""
    return {name: least(m) for name, m in time_together(calls, **options).items()}


def format_ratio(ratio: float, digits: int = 2) -> str:
    """Write how many times faster: 3.2×, 120×; or, below one, 37× slower."""
    rounded = float(f"{ratio:.{digits}g}")
    if rounded < 1:
        return f"{format_ratio(1 / ratio, digits)} slower"
    return f"{rounded:,.15g}×"


def speed_up(before: Measurement, after: Measurement) -> str:
    """Write how many times faster `after` is than `before`, or why nobody can tell.

    The ratio is that of the leasts, rounded to what their doubts bear. Where it might
    as well be 1, or anything, the text is the range that it may lie in, and says so.
    """
    ratio = least(before) / least(after)
    if is_stopped(before) or is_stopped(after):
        return format_ratio(ratio, 1)  # far apart, by a few calls
    unsure = max((1 + doubt(before)) * (1 + doubt(after)) - 1, SETTLED)
    low, high = ratio / (1 + unsure), ratio * (1 + unsure)
    if unsure > TOO_NOISY or low <= 1 <= high:
        verdict = NO_VERDICT if unsure > TOO_NOISY else "no clear difference"
        return f"{low:.2g}× to {high:.2g}×: {verdict}"
    return format_ratio(ratio, _digits(max(ratio, 1 / ratio), unsure))


def _digits(number, unsure):
    """Return 1 where rounding to one digit moves `number` by less than that share."""
    return 1 if abs(float(f"{number:.1g}") / number - 1) < unsure else 2


def time_table(calls: dict[str, Callable], **options) -> table:
    """Return a table of `calls` timed together, with speed-ups over the first."""
    measured = time_together(calls, **options)
    first, *others = measured
    faster = {first: "1×"}
    faster |= {name: speed_up(measured[first], measured[name]) for name in others}
    rows = [
        (name, *map(format_time, (least(m), m.median, m.iqr)), faster[name])
        for name, m in measured.items()
    ]
    headers = "least, to compare", "median, as felt", "spread (IQR)"
    return table(rows, ["", *headers, f"speed-up over {first}, by the least"])


def crossover(
    sizes: Sequence[float],
    measured: Sequence[dict[str, Measurement]],
    name: str,
    other: str,
    unit: str,
    noise: float = 0.1,
) -> str:
    """Write from which of `sizes` on `name` is slower than `other`, for good.

    `sizes` ascend, and count something called `unit`; `measured` holds what
    `time_together` returned at each. The answer is a range: at its first end the two
    are still apart by `noise`, a share, and at its other end `name` is slower by that.
    Between two sizes the ratio of the times is taken as a power of the size, a straight
    line on two logarithmic axes; two significant figures are kept.
    """
    ratios = [least(results[name]) / least(results[other]) for results in measured]
    if ratios[-1] <= 1 + noise:
        return "at none of these sizes"
    if min(ratios) > 1 + noise:
        return "at all of these sizes"
    low, high = (_crossed(sizes, ratios, r) for r in (1 / (1 + noise), 1 + noise))
    return f"from somewhere between {low:,.15g} and {high:,.15g} {unit} on"


def _crossed(sizes, ratios, bound):
    """Return where `ratios` pass `bound` for the last time, or the first size."""
    below = [i for i, ratio in enumerate(ratios) if ratio <= bound]
    if not below:
        return sizes[0]
    i = below[-1]
    share = log(bound / ratios[i]) / log(ratios[i + 1] / ratios[i])
    return float(f"{sizes[i] * (sizes[i + 1] / sizes[i]) ** share:.2g}")

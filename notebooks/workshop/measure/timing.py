"""Time functions side by side.

What disturbs a call adds to its time (Chen and Revels, Robust benchmarking in noisy
environments, 2016, arXiv:1608.04295). So code is compared by the least of many blocks,
in which all take turns, and which are shorter than the time for which an operating
system lends a core. Medians and quartiles tell something else: what a user of this
machine, in its present state, has to wait. (And they guard the least, which is too
small where the processor was faster for a moment: see `verdicts.ratio_range`.)

(`torch.utils.benchmark` times one function after the other: whoever meets a slow spell
of the machine loses.)
"""

import logging
from collections.abc import Callable
from math import inf
from typing import Any

import torch

# The import below warns where a CUDA toolkit is installed and no GPU is seen.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils.benchmark import Measurement, TaskSpec  # noqa: E402
from torch.utils.benchmark import timer as clock  # noqa: E402  # waits for a GPU

ENOUGH = 9  # short calls get all their rounds, longer ones at least so many ...
SOON = 0.5  # ... once so many seconds have gone
SETTLED = 0.03  # with no more `doubt` than this, a function needs no further rounds ...
FURTHER = 6  # ... of which there are so many times the usual ones, at most ...
PATIENCE = 3  # ... and for so many seconds


def time_together(
    calls: dict[str, Callable],
    rounds: int = 21,
    block: float = 5e-4,
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
    Of these rounds no more than ENOUGH follow once they have taken SOON seconds in all.
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
            if k >= rounds or (k >= ENOUGH and clock() - begun > SOON):
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


def least_times(calls: dict[str, Callable], **options: Any) -> dict[str, float]:
    """Return a dict of name -> least seconds per call; see `time_together`."""
    return {name: least(m) for name, m in time_together(calls, **options).items()}

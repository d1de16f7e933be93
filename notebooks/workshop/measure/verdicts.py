"""Say what measurements tell, and no more than they bear."""

from collections.abc import Callable, Sequence
from math import log
from typing import Any

from matplotlib.ticker import EngFormatter

from ..show.tables import table
from .timing import (
    SETTLED,
    Measurement,
    doubt,
    is_stopped,
    least,
    least_times,
    time_together,
)

TOO_NOISY = 0.5  # a doubt that allows no verdict
NO_VERDICT = "too noisy to tell; close other programs, then run it again"

format_time = EngFormatter("s", places=1)  # 1.23e-05 -> "12.3 µs"


def format_ratio(ratio: float, digits: int = 2) -> str:
    """Write how many times faster: 3.2×, 120×; or, below one, 37× slower."""
    if float(f"{ratio:.{digits}g}") < 1:
        return f"{format_ratio(1 / ratio, digits)} slower"
    return format_multiple(ratio, digits)


def format_multiple(ratio: float, digits: int = 2) -> str:
    """Write how many times as long, or as much: 3.2×, 120×; or, below one, 0.87×."""
    return f"{float(f'{ratio:.{digits}g}'):,.15g}×"


def speed_up(before: Measurement, after: Measurement) -> str:
    """Write how many times faster `after` is than `before`, or why nobody can tell.

    The ratio is that of the leasts, rounded to what their doubts bear. Where it might
    as well be 1, or anything, the text is its `ratio_range`, and says so.
    """
    ratio = least(before) / least(after)
    if is_stopped(before) or is_stopped(after):
        return format_ratio(ratio, 1)  # far apart, by a few calls
    unsure = _unsure(before, after)
    low, high = ratio_range(before, after)
    if unsure > TOO_NOISY or low <= 1 <= high:
        noisy = unsure > TOO_NOISY or high / low > (1 + TOO_NOISY) ** 2
        verdict = NO_VERDICT if noisy else "no clear difference"
        return f"{low:.2g}× to {high:.2g}×: {verdict}"
    return format_ratio(ratio, _digits(max(ratio, 1 / ratio), unsure))


def ratio_range(before: Measurement, after: Measurement) -> tuple[float, float]:
    """Return between what the ratio may lie: that of the leasts, by their doubts.

    The ratio of the medians lies within as well. The two fail in different ways: an
    interruption makes a median too large, and a spell in which the processor is faster,
    too short to reach everybody, makes one least too small.
    """
    leasts, medians = least(before) / least(after), before.median / after.median
    unsure = 1 + _unsure(before, after)
    settled = 1 + SETTLED
    return (
        min(leasts / unsure, medians / settled),
        max(leasts * unsure, medians * settled),
    )


def _unsure(before, after):
    return max((1 + doubt(before)) * (1 + doubt(after)) - 1, SETTLED)


def _digits(number, unsure):
    """Return 1 where rounding to one digit moves `number` by less than that share.

    A difference from 1 that is sure stays one: 1.04 isn't told as 1.
    """
    if number < 1.05:
        return 3
    return 1 if abs(float(f"{number:.1g}") / number - 1) < unsure else 2


def time_table(calls: dict[str, Callable | Measurement], **options: Any) -> table:
    """Return a table of `calls` timed together, with speed-ups over the first.

    What `time_together` returned will do as well; then nothing is timed again.
    """
    timed = all(isinstance(call, Measurement) for call in calls.values())
    measured = calls if timed else time_together(calls, **options)
    first, *others = measured
    faster = {first: "1×"}
    faster |= {name: speed_up(measured[first], measured[name]) for name in others}
    rows = [
        (name, *map(format_time, (least(m), m.median, m.iqr)), faster[name])
        for name, m in measured.items()
    ]
    headers = "least (to compare)", "median (typical)", "spread (IQR)"
    return table(rows, ["", *headers, f"speed-up over {first}"])


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


def time_parts(calls: dict[str, Callable], **options: Any) -> table:
    """Return a table of `calls` timed together: a function, then each of its parts.

    Shares are those of the first one's least. They needn't add up to 100 %: some code
    is no part, and a part alone may find its input nearer than the whole does.
    """
    times = least_times(calls, **options)
    whole = next(iter(times.values()))
    rows = [
        (name, format_time(time), f"{100 * time / whole:.0f} % of the time")
        for name, time in times.items()
    ]
    return table(rows, ["", "least", "share of the whole"])

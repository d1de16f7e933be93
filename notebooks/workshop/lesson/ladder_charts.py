"""Charts of the answers: what the rungs of the ladder call, allocate and take."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from ..measure.verdicts import format_time
from ..show.style import GREY, OKABE_ITO


def draw_ladder(calls: Mapping[str, int], title: str) -> Figure:
    """Draw `calls`, a dict of name -> count, as bars from top to bottom.

    The axis is logarithmic: it tells 4 from 5 beside 215. Its bars start at 1.
    """
    figure, axes = plt.subplots(figsize=(8, 1.1 + 0.36 * len(calls)))
    colors = [OKABE_ITO[1]] + [OKABE_ITO[0]] * (len(calls) - 1)
    _draw_counts(axes, calls, color=colors)
    axes.set_title(title)
    axes.set_xlabel("calls, on a logarithmic axis")
    listed = ", ".join(f"{name} {count}" for name, count in calls.items())
    figure.set_label(f"{title}: {listed}.")
    return figure


def _draw_counts(axes, counts, **style):
    """Draw `counts`, a dict of name -> count, as bars on a logarithmic axis from 1."""
    bars = axes.barh(list(counts), list(counts.values()), **style)
    axes.bar_label(bars, fmt="{:,.0f}", padding=4, fontweight="bold")
    axes.set(xscale="log", xlim=(1, 2 * max(counts.values())))
    axes.set_ylim(len(counts) - 0.5, -0.5)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", length=0)


def draw_growth(
    products: Sequence[int], calls: Sequence[int], seconds: Sequence[float]
) -> Figure:
    """Draw `calls` and `seconds` over the numbers of `products`, side by side."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.plot(products, calls, "o-")
    left.set(title="Calls into torch …", ylabel="calls")
    right.plot(products, seconds, "o-", color=OKABE_ITO[1])
    right.set(title="… and time", ylabel="time")
    right.yaxis.set_major_formatter(EngFormatter("s"))
    for axes in (left, right):
        axes.set(xlabel="products m·n", ylim=(0, None))
    told, counted = (", ".join(map(str, numbers)) for numbers in (products, calls))
    times = ", ".join(map(format_time, seconds))
    figure.set_label(f"For {told} products: {counted} calls, which take {times}.")
    return figure


def draw_rungs(
    calls: Mapping[str, int],
    bytes_: Mapping[str, int],
    times: Mapping[str, Mapping[str, float]],
) -> Figure:
    """Draw a row for each answer: `calls` and `bytes_` as bars, `times` as dots.

    `calls` and `bytes_` are dicts of answer -> count for five rows, `times` is a dict
    of size -> (answer -> seconds).
    """
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(10, 4.4), sharey=True, width_ratios=[3, 3, 4]
    )
    for axes, counts, title in [(left, calls, "Calls"), (middle, bytes_, "Bytes")]:
        _draw_counts(axes, counts, color=OKABE_ITO[0])
        axes.set_title(f"{title}, 5 rows")
        axes.xaxis.set_major_locator(LogLocator(numticks=4))
    for (size, seconds), color in zip(times.items(), OKABE_ITO[1:], strict=False):
        right.plot(list(seconds.values()), list(seconds), "o", color=color, label=size)
    right.set(title="Time per call", xscale="log")
    right.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    right.xaxis.set_major_formatter(EngFormatter("s"))
    right.xaxis.set_minor_locator(NullLocator())
    right.tick_params(axis="y", length=0)
    right.grid(color=GREY, linewidth=0.5)
    figure.legend(loc="outside lower right", ncols=len(times), frameon=False)
    figure.supxlabel("All three axes are logarithmic.", x=0.2, fontsize="medium")
    listed = "; ".join(
        f"{name}: {calls[name]} calls, {bytes_[name]:,} bytes; "
        + ", ".join(f"{format_time(times[size][name])} for {size}" for size in times)
        for name in calls
    )
    figure.set_label(f"Bars of calls and bytes for 5 rows, dots for times. {listed}.")
    return figure

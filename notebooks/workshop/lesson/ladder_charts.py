"""Charts of the answers: what the rungs of the ladder call, allocate and take."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from ..measure.verdicts import format_time
from ..show.style import GREY, OKABE_ITO


def draw_ladder(calls: Mapping[str, int], title: str) -> Figure:
    """Draw `calls`, a dict of name -> count, as bars from top to bottom."""
    figure, axes = plt.subplots(figsize=(7.5, 0.6 + 0.4 * len(calls)))
    colors = [OKABE_ITO[1]] + [OKABE_ITO[0]] * (len(calls) - 1)
    bars = axes.barh(list(calls), list(calls.values()), color=colors)
    axes.bar_label(bars, padding=4, fontweight="bold")
    axes.invert_yaxis()
    axes.set_title(title)
    axes.tick_params(left=False)
    axes.xaxis.set_visible(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    listed = ", ".join(f"{name} {count}" for name, count in calls.items())
    figure.set_label(f"{title}: {listed}.")
    return figure


def draw_growth(
    products: Sequence[int], calls: Sequence[int], seconds: Sequence[float]
) -> Figure:
    """Draw `calls` and `seconds` over the numbers of `products`, side by side."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.plot(products, calls, "o-")
    left.set(title="Calls into torch …", ylabel="calls")
    right.plot(products, seconds, "o-", color=OKABE_ITO[1])
    right.set(title="… and time", ylabel="time per call")
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
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9.5, 4.2), sharey=True)
    for axes, counts, title in [(left, calls, "Calls"), (middle, bytes_, "Bytes")]:
        bars = axes.barh(list(counts), list(counts.values()), color=OKABE_ITO[0])
        axes.bar_label(bars, fmt="{:,.0f}", padding=3)
        axes.set(title=f"{title}, 5 rows", xticks=[])
        axes.margins(x=0.25)
    left.invert_yaxis()
    for k, (size, seconds) in enumerate(times.items()):
        color = OKABE_ITO[k + 1]
        right.plot(list(seconds.values()), list(seconds), "o", color=color)
        place = {"transform": right.transAxes, "fontsize": 9}
        right.text(0.36 * k - 0.05, 1.02, f"● {size}", color=color, **place)
    right.set(title="Time per call\n", xscale="log")
    right.xaxis.set_major_formatter(EngFormatter("s"))
    right.grid(color=GREY, linewidth=0.5)
    listed = "; ".join(
        f"{name}: {calls[name]} calls, {bytes_[name]:,} bytes; "
        + ", ".join(f"{format_time(times[size][name])} for {size}" for size in times)
        for name in calls
    )
    figure.set_label(f"Bars of calls and bytes for 5 rows, dots for times. {listed}.")
    return figure

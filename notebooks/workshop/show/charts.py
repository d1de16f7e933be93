"""Charts of numbers and times; each figure's label tells in words what was drawn."""

import statistics
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator

from .style import GREY, OKABE_ITO


def draw_curves(
    sizes: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    title: str,
    xlabel: str,
    ylabel: str = "time per call",
    unit: str = "s",
    xscale: str = "log",
) -> Figure:
    """Draw `curves`, a dict of name -> a number for each of `sizes`, in `unit`.

    The y axis is logarithmic, and so is the x axis unless `xscale` is "linear"; their
    labels say so. Each curve carries its name at its right end.
    """
    figure, axes = plt.subplots()
    ends = []
    for name, numbers in curves.items():
        (line,) = axes.plot(sizes, numbers, marker="o", markersize=4)
        ends.append((numbers[-1], name, line.get_color()))
    axes.set(xscale=xscale, yscale="log", title=title)
    axes.set_xlabel(f"{xlabel}, logarithmic" if xscale == "log" else xlabel)
    axes.set_ylabel(f"{ylabel}, logarithmic")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    tick_times(axes, unit)
    axes.grid(color=GREY, linewidth=0.5)
    label_ends(axes, ends)
    told = EngFormatter(unit, places=1)
    listed = "; ".join(
        f"{name}, from {told(numbers[0])} to {told(numbers[-1])}"
        for name, numbers in curves.items()
    )
    over = f"{ylabel} over {xlabel}, {sizes[0]:,} to {sizes[-1]:,}"
    figure.set_label(f"{title}. Curves of {over}: {listed}.")
    return figure


def draw_series(seconds: Sequence[float], title: str) -> Figure:
    """Draw single calls in their order, `seconds` each, and their median as a line."""
    figure, axes = plt.subplots(figsize=(7.5, 3.2))
    axes.plot(range(1, len(seconds) + 1), seconds, ".", markersize=4)
    median = statistics.median(seconds)
    axes.axhline(median, color=OKABE_ITO[1])
    axes.set(yscale="log", xlabel="call", title=title)
    axes.set_ylabel("time per call, logarithmic")
    axes.set_ylim(bottom=0.75 * min(seconds))
    tick_times(axes)
    label_ends(axes, [(median, "median", OKABE_ITO[1])])
    told = EngFormatter("s", places=1)
    figure.set_label(
        f"{title}. A dot for each of {len(seconds)} calls, from {told(min(seconds))} "
        f"to {told(max(seconds))}; a line at their median, {told(median)}."
    )
    return figure


def draw_spread(
    groups: Mapping[str, Sequence[float]], title: str, xlabel: str, unit: str = ""
) -> Figure:
    """Draw `groups`, a dict of name -> numbers, each as a row of dots.

    The rows take two colours in turns; a bar marks the median of each, a grey line 1.
    The x axis is logarithmic.
    """
    figure, axes = plt.subplots(figsize=(7.5, 0.52 * len(groups) + 1.2))
    for place, numbers in enumerate(groups.values()):
        heights = [place + 0.5 * (k % 7 / 6 - 0.5) for k in range(len(numbers))]
        color = OKABE_ITO[place % 2]
        axes.plot(numbers, heights, ".", color=color, markersize=5, alpha=0.6)
        middle = statistics.median(numbers)
        axes.plot([middle] * 2, [place - 0.4, place + 0.4], color="#000000")
    axes.axvline(1, color="#888888", linewidth=1)  # left of it the other one is first
    axes.set(xscale="log", xlabel=f"{xlabel}, logarithmic", title=title)
    axes.set(yticks=range(len(groups)), yticklabels=list(groups))
    axes.set_ylim(len(groups) - 0.5, -0.5)
    low, high = axes.get_xlim()
    digits = (1, 2, 5) if high / low > 2 else (1, 1.2, 1.4, 1.6, 1.8, 2, 3, 4, 5, 6, 8)
    axes.xaxis.set_major_locator(LogLocator(subs=digits if high / low < 100 else (1,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}{unit}"))
    axes.minorticks_off()
    axes.grid(axis="x", color=GREY, linewidth=0.5)
    listed = "; ".join(
        f"{name}, from {min(numbers):.2g}{unit} to {max(numbers):.2g}{unit}, "
        f"median {statistics.median(numbers):.2g}{unit}"
        for name, numbers in groups.items()
    )
    figure.set_label(f"{title}. {xlabel}, a row of dots each: {listed}.")
    return figure


def draw_roofline(
    rates: Mapping[str, float],
    intensity: float,
    peak: float,
    bandwidth: float,
    title: str = "Multiply-adds a second, beside torch's copy and arithmetic",
    accents: Sequence[str] = (),
) -> Figure:
    """Draw `rates`, a dict of name -> multiply-adds a second, on a roofline.

    `intensity` is theirs, in multiply-adds per compulsory byte; `peak` is in
    multiply-adds a second; `bandwidth` is that of torch's copy, in bytes a second: a
    yardstick, so a rate may lie above its slope. The names in `accents` get a colour
    of their own. (Williams, Waterman and Patterson, Roofline: an insightful visual
    performance model, 2009.)
    """
    figure, axes = plt.subplots(figsize=(7.5, 4.3))
    steps = [0.02, peak / bandwidth, 200]
    roof = [min(peak, bandwidth * step) for step in steps]
    axes.plot(steps, roof, color="#000000", linewidth=2)
    axes.text(steps[-1], peak * 1.15, "arithmetic", ha="right")
    yardstick = min(peak, bandwidth * intensity)
    axes.plot(intensity, yardstick, "*", markersize=14, color="#000000")
    axes.set(xscale="log", yscale="log", title=title)
    axes.set_xlabel("multiply-adds per compulsory byte, logarithmic")
    axes.set_ylabel("multiply-adds a second, logarithmic")
    bottom = min([*rates.values(), *roof]) / 2
    axes.set_ylim(bottom, 4 * max([*rates.values(), peak]))
    axes.annotate(
        "torch's copy",
        (intensity, yardstick),
        (steps[0], 2 * yardstick),
        va="center",
        arrowprops={"arrowstyle": "-", "color": GREY},
    )
    height = 0.0
    for name, rate in sorted(rates.items(), key=lambda pair: pair[1]):
        color = OKABE_ITO[1 if name in accents else 0]
        axes.plot(intensity, rate, "D" if name in accents else "o", color=color)
        height = max(rate, 1.5 * height)  # pushed apart where two are close
        axes.annotate(
            name,
            (intensity, rate),
            (3 * intensity, height),
            va="center",
            color=color if accents else "#000000",
            arrowprops={"arrowstyle": "-", "color": GREY, "relpos": (0, 0.5)},
        )
    listed = ", ".join(
        f"{name} {rate / yardstick:.2g}×{' (accented)' * (name in accents)}"
        for name, rate in rates.items()
    )
    figure.set_label(
        f"{title}. A line rises with multiply-adds per byte at the pace of torch's "
        "copy, then it is flat at what arithmetic can do. The rates stand in one "
        f"column, at {intensity:.2g}, as multiples of the line there: {listed}."
    )
    return figure


def tick_times(axes: Axes, unit: str = "s") -> None:
    """Write ticks in `unit` on a logarithmic y axis, more of them if it is short."""
    low, high = axes.get_ylim()
    digits = (1, 2, 5) if high / low < 100 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=digits))
    axes.yaxis.set_major_formatter(EngFormatter(unit))
    axes.minorticks_off()


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write names beside the ends (y, name, colour) of curves, none on another."""
    low, high = axes.get_ylim()
    place = axes.transScale + axes.transLimits
    lowest = -1.0
    for number, name, color in sorted(ends):
        height = max(place.transform((axes.get_xlim()[1], number))[1], lowest)
        axes.text(
            1.02, height, name, color=color, va="center", transform=axes.transAxes
        )
        lowest = height + 0.065
    axes.set_ylim(low, high)

"""The pictures of the series: matplotlib figures for `show_figure`."""

import math
import statistics

import matplotlib.colors
import matplotlib.pyplot as plt
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator

# Okabe and Ito, Color Universal Design (2008): safe for any colour vision.
OKABE_ITO = [
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#F0E442",
]
STYLE = {  # matplotlib's settings, made by `%load_ext workshop`
    "axes.prop_cycle": plt.cycler(color=OKABE_ITO),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "figure.dpi": 100,
    "figure.figsize": (7.5, 4),
    "figure.constrained_layout.use": True,
    "font.size": 11,
}
BLANK = "#FFFFFF"
GREY = "#DDDDDD"
TINTS = [
    "#9BCCE6",
    "#F4B58A",
    "#8FD6BE",
    "#E7BFD6",
    "#F5D48A",
    "#C3DDF0",
    "#BDBDBD",
    "#F6EF9A",
]


def draw_ladder(calls, title):
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
    return figure


def draw_growth(products, calls, seconds):
    """Draw `calls` and `seconds` over the numbers of `products`, side by side."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    left.plot(products, calls, "o-")
    left.set(title="Calls into torch …", ylabel="calls")
    right.plot(products, seconds, "o-", color=OKABE_ITO[1])
    right.set(title="… and time", ylabel="time a call")
    right.yaxis.set_major_formatter(EngFormatter("s"))
    for axes in (left, right):
        axes.set(xlabel="products m·n", ylim=(0, None))
    return figure


def draw_rungs(calls, bytes_, times):
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
    right.set(title="Time a call\n", xscale="log")
    right.xaxis.set_major_formatter(EngFormatter("s"))
    right.grid(color=GREY, linewidth=0.5)
    return figure


def draw_outer_product(a, v):
    """Draw the products of the numbers `a` and `v`, a colour for each antidiagonal."""
    m, n = len(a), len(v)
    figure, axes = _canvas(n + 5 + m + n, m + 1.2)
    for j, number in enumerate(v):
        axes.text(j + 0.5, -0.25, number, ha="center", va="bottom", fontweight="bold")
    for i, number in enumerate(a):
        axes.text(-0.3, i + 0.5, number, ha="right", va="center", fontweight="bold")
        for j in range(n):
            _square(axes, j, i, number * v[j], TINTS[i + j])
    axes.text(n + 0.4, m / 2, "add up\neach colour  →", va="center")
    sums = [
        sum(a[i] * v[k - i] for i in range(m) if 0 <= k - i < n)
        for k in range(m + n - 1)
    ]
    for k, total in enumerate(sums):
        _square(axes, n + 4 + k, m / 2 - 0.5, total, TINTS[k])
        axes.text(
            n + 4.5 + k, m / 2 + 0.6, f"out[{k}]", ha="center", va="top", fontsize=8
        )
    axes.set_title("Add up each antidiagonal of the outer product")
    return figure


def draw_slide(a, v, step, flip=True, pad=True):
    """Draw the kernel `v` under the signal `a` where it gives `out[step]`.

    Flipped and padded, as by default, it gives the full convolution; with neither, the
    cross-correlation inside the signal.
    """
    m, n = len(a), len(v)
    zeros = [0] * (n - 1) if pad else []
    signal, kernel = zeros + a + zeros, v[::-1] if flip else v
    figure, axes = _canvas(len(signal) + 5, 6.4)
    for x, number in enumerate(signal):
        inside = len(zeros) <= x < len(zeros) + m
        _square(axes, x, 0, number, TINTS[0] if inside else BLANK)
    products = [signal[step + j] * kernel[j] for j in range(n)]
    for j in range(n):
        _square(axes, step + j, 1.2, kernel[j], TINTS[1])
        _square(axes, step + j, 2.4, products[j], TINTS[4])
    for k in range(len(signal) - n + 1):
        total = sum(signal[k + j] * kernel[j] for j in range(n)) if k <= step else ""
        _square(axes, k, 4.2, total, TINTS[2] if k == step else BLANK)
    sides = [
        "signal, padded" if pad else "signal",
        "kernel, flipped" if flip else "kernel, not flipped",
        "products",
        "result",
    ]
    for y, side in zip([0.5, 1.7, 2.9, 4.7], sides, strict=True):
        axes.text(len(signal) + 0.3, y, side, va="center")
    terms = " + ".join(map(str, products))
    axes.set_title(f"out[{step}] = {terms} = {sum(products)}")
    return figure


def draw_shifts(a, v):
    """Draw a shifted multiple of the numbers `a` for each of the numbers `v`."""
    m, n = len(a), len(v)
    figure, axes = _canvas(m + n + 6, n + 2.5)
    for j, weight in enumerate(v):
        for i, number in enumerate(a):
            _square(axes, i + j, j, number * weight, TINTS[j])
        axes.text(
            m + n - 0.6,
            j + 0.5,
            f"{weight} times the signal, moved by {j}",
            va="center",
        )
    for k in range(m + n - 1):
        total = sum(a[k - j] * v[j] for j in range(n) if 0 <= k - j < m)
        _square(axes, k, n + 0.4, total, BLANK)
    axes.text(m + n - 0.6, n + 0.9, "their sum, column by column", va="center")
    axes.set_title("Long multiplication, without the carry")
    return figure


def draw_skew(a, v):
    """Draw how padding and reshaping make columns of the products' antidiagonals."""
    m, n = len(a), len(v)
    figure, axes = _canvas(2 * (m + n) + n + 4, m + 2.4)
    offset = 0
    for columns, caption in [
        (n, f"{m} × {n} products"),
        (n + m, f"padded: rows of {n + m} …"),
        (n + m - 1, f"… read as rows of {n + m - 1}"),
    ]:
        for i in range(m):
            for j in range(columns):
                position = i * columns + j
                row, column = (i, j) if columns <= n else divmod(position, n + m)
                filled = row < m and column < n
                text = a[row] * v[column] if filled else 0
                color = TINTS[row + column] if filled else BLANK
                _square(axes, offset + j, i, text, color)
        axes.text(offset, m + 0.3, caption, va="top")
        offset += columns + 1.7
    axes.set_title("One number less in each row, and every antidiagonal stands upright")
    return figure


def draw_block_diagonal(B, m, n):
    """Draw the matrix by which B channels in B groups multiply the signals."""
    rows, columns = B * (m + n - 1), B * m
    figure, axes = plt.subplots(figsize=(4, 4 * rows / columns + 0.3))
    for b in range(B):
        left, top = b * m, b * (m + n - 1)
        axes.add_patch(plt.Rectangle((left, top), m, m + n - 1, color=GREY))
        for i in range(m):
            for j in range(n):
                square = plt.Rectangle((left + i, top + i + j), 1, 1)
                square.set(facecolor=OKABE_ITO[b], alpha=(j + 1) / n, edgecolor="white")
                axes.add_patch(square)
        axes.text(
            left + m / 2, top - 0.15, f"row {b}'s kernel", ha="center", fontsize=9
        )
    axes.set(xlim=(0, columns), ylim=(rows, -0.8), aspect="equal", xticks=[], yticks=[])
    axes.spines[["top", "right"]].set_visible(True)
    axes.set_xlabel(f"the {B} signals, one after the other: {columns} numbers")
    axes.set_ylabel(f"the {B} results: {rows} numbers")
    axes.set_title("Outside the blocks: nothing but zeros")
    return figure


def draw_expected(wanted, got, title):
    """Draw the rows of `wanted` and of `got`; squares that differ get a sign, too."""
    width = max(map(len, wanted + got))
    figure, axes = _canvas(2 * width + 3, max(len(wanted), len(got)) + 1.6)
    axes.set_title(title, fontsize=10)
    for rows, others, left, name in [
        (wanted, wanted, 0, "expected"),
        (got, wanted, width + 1, "yours"),
    ]:
        axes.text(left, -0.2, name, va="bottom", fontweight="bold")
        for i, row in enumerate(rows):
            for k, number in enumerate(row):
                right = i < len(others) and others[i][k : k + 1] == [number]
                text = f"{number:.3g}" if right else f"{number:.3g}\n≠"
                _square(axes, left + k, i, text, BLANK if right else TINTS[1])
    return figure


def draw_bars(values, title, unit="s"):
    """Draw `values`, a dict of source line -> number in `unit`, as bars."""
    figure, axes = plt.subplots(figsize=(9.5, 0.8 + 0.36 * len(values)))
    axes.barh(range(len(values)), list(values.values()), color=OKABE_ITO[0])
    axes.set_yticks(range(len(values)), list(values), family="monospace", fontsize=10)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(EngFormatter(unit))
    axes.locator_params(axis="x", nbins=4)
    axes.set_title(title)
    return figure


def draw_curves(
    sizes, curves, title, xlabel, ylabel="time a call", unit="s", xscale="log"
):
    """Draw `curves`, a dict of name -> a number for each of `sizes`, in `unit`.

    The y axis is logarithmic. Each curve carries its name at its right end.
    """
    figure, axes = plt.subplots()
    ends = []
    for name, numbers in curves.items():
        (line,) = axes.plot(sizes, numbers, marker="o", markersize=4)
        ends.append((numbers[-1], name, line.get_color()))
    axes.set(xscale=xscale, yscale="log", xlabel=xlabel, ylabel=ylabel, title=title)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    _tick_times(axes, unit)
    axes.grid(color=GREY, linewidth=0.5)
    _label_ends(axes, ends)
    return figure


def _tick_times(axes, unit="s"):
    """Write ticks in `unit` on a logarithmic y axis, more of them if it is short."""
    low, high = axes.get_ylim()
    digits = (1, 2, 5) if high / low < 100 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=digits))
    axes.yaxis.set_major_formatter(EngFormatter(unit))
    axes.minorticks_off()


def draw_roofline(rates, intensity, peak, bandwidth):
    """Draw `rates`, a dict of name -> multiply-adds a second, under their ceilings.

    `intensity` is theirs, in multiply-adds a byte; `peak` is in multiply-adds a second,
    `bandwidth` in bytes a second.
    """
    figure, axes = plt.subplots(figsize=(7.5, 4.6))
    steps = [0.02, peak / bandwidth, 200]
    roof = [min(peak, bandwidth * step) for step in steps]
    axes.plot(steps, roof, color="#000000", linewidth=2)
    axes.text(steps[-1], peak * 1.15, "arithmetic", ha="right")
    axes.text(steps[0], roof[0] * 1.6, "copying", rotation=38)
    axes.plot([intensity] * len(rates), list(rates.values()), "o", color=OKABE_ITO[0])
    limit = min(peak, bandwidth * intensity)
    axes.plot(intensity, limit, "*", markersize=14, color=OKABE_ITO[1])
    axes.text(intensity * 1.3, limit * 0.7, "the limit", color=OKABE_ITO[1])
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="multiply-adds a byte",
        ylabel="multiply-adds a second",
        title="All answers stand below the roof, in one column",
    )
    height = 0.0
    for name, rate in sorted(rates.items(), key=lambda pair: pair[1]):
        height = max(rate, 1.5 * height)  # pushed apart where two are close
        axes.annotate(
            name,
            (intensity, rate),
            (3 * intensity, height),
            va="center",
            arrowprops={"arrowstyle": "-", "color": GREY, "relpos": (0, 0.5)},
        )
    return figure


def draw_calls(seconds, title):
    """Draw single calls in their order, `seconds` each, and their median as a line."""
    figure, axes = plt.subplots(figsize=(7.5, 3.2))
    axes.plot(range(1, len(seconds) + 1), seconds, ".", markersize=4)
    median = statistics.median(seconds)
    axes.axhline(median, color=OKABE_ITO[1])
    axes.set(yscale="log", xlabel="call", ylabel="time", title=title)
    _tick_times(axes)
    _label_ends(axes, [(median, "median", OKABE_ITO[1])])
    return figure


def draw_map(cells, title):
    """Draw `cells`, a dict of `Point` -> (text, colour), as a panel for each setting.

    A line of panels for each dtype and direction, a panel for each number of rows, and
    in it a square for each pair of lengths m (downwards) and n.
    """
    settings = sorted({(str(p.dtype), p.backward) for p in cells})
    batches = sorted({p.rows for p in cells})
    lengths = sorted({p.m for p in cells})
    few = len(lengths) < 4
    side = 1.2 if few else 1.1  # inches of a panel: a projector shows all of them
    size = 1.6 * len(batches) + 1.5, side * len(settings) + 0.9
    figure, grid = plt.subplots(
        len(settings), len(batches), figsize=size, squeeze=False
    )
    for axes in grid.flat:
        axes.set(xlim=(0, len(lengths)), ylim=(len(lengths), 0), aspect="equal")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for point, (text, color) in cells.items():
        line = settings.index((str(point.dtype), point.backward))
        axes = grid[line, batches.index(point.rows)]
        x, y = lengths.index(point.n), lengths.index(point.m)
        axes.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=color, edgecolor="white"))
        fits = 5 if not few else 9 if len(text) < 5 else 7
        place = {"ha": "center", "va": "center", "fontsize": fits}
        axes.text(x + 0.5, y + 0.5, text if few else text.replace("×", ""), **place)
    middles = [k + 0.5 for k in range(len(lengths))]
    for axes, rows in zip(grid[0], batches, strict=True):
        title_of_rows = f"{rows:,} rows" if rows > 1 else "1 row"
        axes.set_title(title_of_rows, loc="center", fontsize=10)
    for axes in grid[-1]:
        axes.set_xticks(middles, lengths, fontsize=8)
        axes.set_xlabel("kernels of n", fontsize=8)
    for axes, (dtype, backward) in zip(grid[:, 0], settings, strict=True):
        kind = "forward\nand backward" if backward else "forward"
        axes.set_yticks(middles, lengths, fontsize=8)
        name = dtype.removeprefix("torch.")
        axes.set_ylabel(f"{name}\n{kind}\nsignals of m", fontsize=8)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def shade(ratio):
    """Return a colour for `ratio`: white at 1, blue for more, orange for less."""
    strength = min(abs(math.log10(ratio)) / 2, 1)
    end = matplotlib.colors.to_rgb(TINTS[0] if ratio > 1 else TINTS[1])
    return tuple(1 - strength * (1 - channel) for channel in end)


def _label_ends(axes, ends):
    """Write each curve's name beside its end, pushed apart where two ends are close."""
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


def _canvas(width, height):
    """Return a figure on which a unit square is a number's box, y downwards."""
    figure, axes = plt.subplots(figsize=(0.42 * width, 0.42 * height + 0.3))
    axes.set(xlim=(-1, width - 1), ylim=(height - 1, -1), aspect="equal")
    axes.axis("off")
    return figure, axes


def _square(axes, x, y, text, color):
    axes.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=color, edgecolor="#555555"))
    axes.text(x + 0.5, y + 0.5, text, ha="center", va="center")

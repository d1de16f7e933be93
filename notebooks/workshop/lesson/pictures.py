"""Pictures of convolutions, of numbers small enough to check by eye."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ..show.style import BLANK, TINTS

Numbers = Sequence[float]


def draw_outer_product(a: Numbers, v: Numbers) -> Figure:
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
    figure.set_label(
        f"A grid of the products of {listed(a)} with {listed(v)}. Its antidiagonals, "
        f"one colour each, add up to {listed(sums)}."
    )
    return figure


def draw_slide(
    a: Numbers, v: Numbers, step: int, flip: bool = True, pad: bool = True
) -> Figure:
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
    under = listed(signal[step : step + n])
    figure.set_label(
        f"The {'flipped ' * flip}kernel {listed(kernel)} lies under {under} of the "
        f"{'padded ' * pad}signal: {listed(products)} add up to out[{step}] = "
        f"{sum(products)}."
    )
    return figure


def draw_shifts(a: Numbers, v: Numbers) -> Figure:
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
    sums = [
        sum(a[k - j] * v[j] for j in range(n) if 0 <= k - j < m)
        for k in range(m + n - 1)
    ]
    for k, total in enumerate(sums):
        _square(axes, k, n + 0.4, total, BLANK)
    axes.text(m + n - 0.6, n + 0.9, "their sum, column by column", va="center")
    axes.set_title("Long multiplication, without the carry")
    moved = "; ".join(
        f"moved by {j}, {listed([number * weight for number in a])}"
        for j, weight in enumerate(v)
    )
    figure.set_label(f"Multiples of the signal: {moved}. Their sum: {listed(sums)}.")
    return figure


def draw_skew(a: Numbers, v: Numbers) -> Figure:
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
    figure.set_label(
        f"The {m} × {n} products of {listed(a)} with {listed(v)}; each row followed "
        f"by {m} zeros; the same numbers in rows of {n + m - 1}, where each "
        "antidiagonal has become a column."
    )
    return figure


def draw_block_diagonal(v: Sequence[Numbers], m: int) -> Figure:
    """Draw the matrix by which the kernels `v`, a row for each group, meet the signals.

    `v` is a list of B rows of n numbers, `m` the length of a signal: the matrix has B
    Toeplitz blocks of (m + n - 1) × m. Raises ValueError if the rows differ in length.
    """
    B, n = len(v), len(v[0])
    if any(len(kernel) != n for kernel in v):
        lengths = listed([len(kernel) for kernel in v])
        raise ValueError(f"the kernels must have one length, not {lengths}")
    height, rows, columns = m + n - 1, B * (m + n - 1), B * m
    figure, axes = plt.subplots(figsize=(0.27 * (columns + 11), 0.27 * (rows + 3)))
    axes.set(xlim=(-1.5, columns + 9.5), ylim=(rows + 1.2, 0), aspect="equal")
    axes.axis("off")
    axes.add_patch(plt.Rectangle((0, 0), columns, rows, fill=False, clip_on=False))
    for b, kernel in enumerate(v):
        left, top = b * m, b * height
        for k in range(height):
            for i in range(m):
                inside = 0 <= k - i < n
                text = kernel[k - i] if inside else 0
                color = TINTS[b % len(TINTS)] if inside else BLANK
                _square(axes, left + i, top + k, text, color)
        name = f"row {b}'s kernel: {listed(kernel)}"
        axes.text(columns + 0.5, top + height / 2, name, va="center")
    signals = f"the {B} signals, one after the other: {columns} numbers"
    axes.text(0, rows + 0.3, signals, va="top")
    results = f"the {B} results: {rows} numbers"
    axes.text(-0.3, rows / 2, results, rotation=90, ha="right", va="center")
    axes.set_title("Outside the blocks: nothing but zeros")
    figure.set_label(
        f"A matrix of {rows} rows and {columns} columns. {B} blocks of {height} by {m} "
        f"lie on its diagonal, with the numbers of one kernel each: {listed(v)}. "
        "Everything outside them is zero."
    )
    return figure


def draw_expected(
    wanted: Sequence[Numbers], got: Sequence[Numbers], title: str
) -> Figure:
    """Draw the rows of `wanted` and of `got`; squares that differ get a sign, too."""
    width = max(map(len, wanted + got))
    figure, axes = _canvas(2 * width + 3, max(len(wanted), len(got)) + 1.6)
    axes.set_title(title, fontsize=10)
    told = f"Expected: [{listed(wanted)}]. Yours: [{listed(got)}]."
    figure.set_label(f"{title}. {told}")
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


def _canvas(width, height):
    """Return a figure on which a unit square is a number's box, y downwards."""
    figure, axes = plt.subplots(figsize=(0.42 * width, 0.42 * height + 0.3))
    axes.set(xlim=(-1, width - 1), ylim=(height - 1, -1), aspect="equal")
    axes.axis("off")
    return figure, axes


def _square(axes, x, y, text, color):
    axes.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=color, edgecolor="#555555"))
    axes.text(x + 0.5, y + 0.5, text, ha="center", va="center")


def listed(numbers: Numbers | Sequence[Numbers]) -> str:
    """Write numbers, or rows of numbers, one after the other."""
    rows = isinstance(numbers[0], Sequence)
    return ", ".join(f"[{listed(x)}]" if rows else f"{x:g}" for x in numbers)

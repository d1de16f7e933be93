"""Maps of who wins where: a square for each pair of lengths."""

import math
from collections.abc import Mapping

import matplotlib.colors
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ..show.style import TINTS
from .grid_points import Point

Color = str | tuple[float, float, float]


def draw_map(cells: Mapping[Point, tuple[str, Color]], title: str) -> Figure:
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
    figure.set_label(f"{title}. {_told(cells, settings, batches, lengths)}")
    return figure


def _told(cells, settings, batches, lengths):
    """Return the map in words: the squares of each panel, line by line."""
    texts = {
        ((str(p.dtype), p.backward), p.rows, p.m, p.n): text
        for p, (text, _) in cells.items()
    }
    panels = []
    for setting in settings:
        for rows in batches:
            lines = [
                " ".join(texts.get((setting, rows, m, n), "-") for n in lengths)
                for m in lengths
            ]
            kind = "forward and backward" if setting[1] else "forward"
            panels.append(f"{setting[0]}, {kind}, {rows:,} rows: [{' / '.join(lines)}]")
    sizes = ", ".join(map(str, lengths))
    return (
        f"For signals of {sizes} (lines) and kernels of {sizes}: {'; '.join(panels)}."
    )


def shade(ratio: float) -> Color:
    """Return a colour for `ratio`: white at 1, blue for more, orange for less."""
    strength = min(abs(math.log10(ratio)) / 2, 1)
    end = matplotlib.colors.to_rgb(TINTS[0] if ratio > 1 else TINTS[1])
    return tuple(1 - strength * (1 - channel) for channel in end)

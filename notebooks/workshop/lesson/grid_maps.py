"""Maps of who wins where: a square for each pair of lengths."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..measure.sweeping import winner
from ..measure.timing import Measurement
from ..show.style import TINTS
from .grid_points import Point

Color = str | tuple[float, float, float]


def draw_map(cells: Mapping[Point, tuple[str, Color]], title: str) -> Figure:
    """Draw `cells`, a dict of `Point` -> (text, colour), as a panel for each setting.

    A line of panels for each dtype, with gradients or without, a panel for each number
    of rows, and in it a square for each pair of lengths m (downwards) and n.
    """
    settings = sorted({_setting(p) for p in cells})
    batches = sorted({p.rows for p in cells})
    lengths = sorted({p.m for p in cells})
    few = len(lengths) < 4
    # Inches of a panel. A projector shows all of them, if the lengths are few.
    width, height = (1.6, 1.2) if few else (1.8, 1.6)
    size = width * len(batches) + 1.5, height * len(settings) + 0.9
    figure, grid = plt.subplots(
        len(settings), len(batches), figsize=size, squeeze=False
    )
    for axes in grid.flat:
        axes.set(xlim=(0, len(lengths)), ylim=(len(lengths), 0), aspect="equal")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for point, (text, color) in cells.items():
        axes = grid[settings.index(_setting(point)), batches.index(point.rows)]
        x, y = lengths.index(point.n), lengths.index(point.m)
        axes.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=color, edgecolor="white"))
        fits = (9 if len(text) < 5 else 7) if few else 8 if len(text) < 3 else 5
        place = {"ha": "center", "va": "center", "fontsize": fits}
        axes.text(x + 0.5, y + 0.5, text if few else text.replace("×", ""), **place)
    middles = [k + 0.5 for k in range(len(lengths))]
    for axes, rows in zip(grid[0], batches, strict=True):
        axes.set_title(_rows(rows), loc="center", fontsize=10)
    for axes in grid[-1]:
        axes.set_xticks(middles, lengths, fontsize=8)
        axes.set_xlabel("kernel length n", fontsize=8)
    for axes, (dtype, kind) in zip(grid[:, 0], settings, strict=True):
        axes.set_yticks(middles, lengths, fontsize=8)
        label = "\n".join(filter(None, [dtype, kind, "signal length m"]))
        axes.set_ylabel(label, fontsize=8)
    figure.suptitle(title, x=0.01, ha="left")
    panels = "; ".join(
        f"{', '.join(filter(None, [*setting, _rows(rows)]))}: "
        f"[{_squares(cells, setting, rows)}]"
        for setting in settings
        for rows in batches
    )
    told = ", ".join(map(str, lengths))
    figure.set_label(f"{title}, for signals (lines) and kernels of {told}. {panels}.")
    return figure


def winner_cells(
    measured: Mapping[Point, Mapping[str, Measurement]],
    letters: Mapping[str, str],
    clear: float,
) -> dict[Point, tuple[str, Color]]:
    """Return the squares of a map of who wins, for `draw_map`.

    `measured` is what `sweep` returned, `letters` a dict of contestant -> its capital
    letter, `clear` the lead that counts, as `clear_ratio` finds it. A smaller lead
    gives a small letter in a pale square.
    """
    colors = dict(zip(letters, TINTS, strict=False))
    cells = {}
    for point, results in measured.items():
        first, clearly = winner(results, letters, clear)
        letter = letters[first] if clearly else letters[first].lower()
        cells[point] = letter, colors[first] if clearly else pale(colors[first])
    return cells


def pale(color: Color) -> Color:
    """Return `color`, more than halfway to white."""
    return tuple(1 - 0.4 * (1 - part) for part in to_rgb(color))


def _setting(point):
    kind = "with gradients" if point.backward else ""
    return str(point.dtype).removeprefix("torch."), kind


def _rows(count):
    return f"{count:,} rows" if count > 1 else "1 row"


def _squares(cells, setting, rows):
    """Return the texts of a panel's squares, a / after each line."""
    points = [p for p in cells if _setting(p) == setting and p.rows == rows]
    lines = {p.m: [] for p in sorted(points)}
    for point in sorted(points):
        lines[point.m].append(cells[point][0])
    return " / ".join(map(" ".join, lines.values()))

"""A picture of the zeros in a block's matrix, and of what an elimination does to them.

The function returns a figure whose label says in words what it shows.
"""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from workshop.show.style import OKABE_ITO


def draw_zeros(
    flows: Mapping[int, Iterable[int]], orders: Mapping[str, Sequence[int]]
) -> Figure:
    """Draw which numbers of a matrix aren't zero, and which come in on the way.

    `flows` is a dict of unit -> where its flow is from; only units count. `orders` is a
    dict of panel's title -> the units in an order of elimination, which is that of the
    panel's rows and columns.
    """
    figure, panels = plt.subplots(1, len(orders), figsize=(9, 4.7), squeeze=False)
    given = {(u, s) for u, row in flows.items() for s in [u, *row] if s in flows}
    words = []
    for axes, (name, order) in zip(panels[0], orders.items(), strict=True):
        added = _added(flows, order)
        for pairs, marker, color, label in [
            (given, "s", OKABE_ITO[0], "there from the start"),
            (added, "o", OKABE_ITO[1], "comes in"),
        ]:
            rows, columns = ([order.index(pair[k]) for pair in pairs] for k in (0, 1))
            axes.plot(columns, rows, marker, color=color, markersize=4, label=label)
        axes.set(title=f"{name}: {len(added)} come in", aspect="equal")
        axes.set(xlim=(-1, len(order)), ylim=(len(order), -1), xticks=[], yticks=[])
        words.append(f"{name}, {len(added)} come in")
    axes.legend(loc="upper right", fontsize=9)
    title = f"{len(flows)} × {len(flows)} numbers, {len(given)} of them not zero"
    figure.suptitle(title, x=0.01, ha="left")
    figure.set_label(f"{title}. Taken out {'; '.join(words)}.")
    return figure


def _added(flows, order):
    """Return the pairs that weren't there before the units were taken out."""
    rows = {unit: {s for s in flows[unit] if s in flows} for unit in order}
    added = set()
    for k, unit in enumerate(order):
        for other in order[k + 1 :]:
            if unit in rows[other]:
                new = rows[unit] - rows[other] - {other} - {*order[: k + 1]}
                added |= {(other, source) for source in new}
                rows[other] |= new
    return added

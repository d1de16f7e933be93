"""Pictures: the paper's network, the ways of an atom, masses, and estimates.

Each function returns a figure whose label says in words what it shows.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from workshop.show.style import GREY, OKABE_ITO, TINTS

from .example_networks import TOY
from .reactions import Reaction, count_atoms, read_reactions

# The paper's network on a canvas; a reaction stands where its arrows meet.
PLACES = {
    "A": (0, 0),
    "B": (2.4, 0),
    "C": (4.1, -2.2),
    "D": (6, 0),
    "F": (8.4, 0),
    "E": (1.9, -2.2),
    "E + E": (6.6, -2.2),
    "v1": (1.2, 0),
    "v2": (4.2, 0.45),
    "v3": (4.2, -0.15),
    "v4": (2.9, -1.3),
    "v5": (4.9, -1.1),
    "v6": (7.2, 0),
}
ARROWS = [  # from a metabolite or a reaction, bent by so much
    ("A", "B", 0),
    ("B", "D", -0.25),
    ("D", "B", -0.1),
    ("B", "v4", 0),
    ("v4", "C", 0),
    ("v4", "E", 0),
    ("B", "v5", 0),
    ("C", "v5", 0),
    ("v5", "D", 0),
    ("v5", "E + E", 0),
    ("D", "F", 0),
]


def draw_network(fluxes: Mapping[str, float]) -> Figure:
    """Draw the paper's network `TOY`, the second atom of A labelled.

    `fluxes` is a dict of reaction -> flux. Raises ValueError: a reaction too many or
    too few.
    """
    reactions = read_reactions(TOY)
    names = [reaction.name for reaction in reactions]
    if fluxes.keys() != set(names):
        raise ValueError(
            f"give the fluxes of {', '.join(names)}, not of {', '.join(fluxes)}"
        )
    sizes = count_atoms(reactions)
    figure, axes = plt.subplots(figsize=(8.5, 3.6))
    for start, end, bend in ARROWS:
        to_reaction = end in fluxes
        axes.annotate(
            "",
            PLACES[end],
            PLACES[start],
            arrowprops={
                "arrowstyle": "-" if to_reaction else "-|>",
                "color": "#555555",
                "shrinkA": 0 if start in fluxes else 24,
                "shrinkB": 0 if to_reaction else 24,
                "connectionstyle": f"arc3,rad={bend}",
            },
        )
    for name, place in PLACES.items():
        if name in fluxes:
            text = f"{name}: {float(fluxes[name]):g}"
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.text(*place, text, ha="center", va="center", fontsize=10, bbox=box)
        else:
            count = sum(sizes[one] for one in name.split(" + "))
            _molecule(axes, name, count, *place)
    axes.set(xlim=(-0.8, 9.2), ylim=(-2.9, 1.1), aspect="equal")
    axes.axis("off")
    axes.set_title("Six reactions: how much of A goes which way to F?")
    figure.set_label(
        "The second atom of A is labelled. "
        + "; ".join(
            f"{r.name} turns {_sum(r.left)} into {_sum(r.right)}, "
            f"with flux {float(fluxes[r.name]):g}"
            for r in reactions
        )
        + "."
    )
    return figure


def _sum(side):
    return " + ".join(metabolite for metabolite, _ in side)


def _molecule(axes, name, count, x, y):
    """Draw a metabolite: its name over a circle for each atom, a labelled one dark."""
    axes.text(x, y + 0.2, name, ha="center", fontweight="bold")
    for k in range(count):
        heavy = name == "A" and k == 1
        color = OKABE_ITO[1] if heavy else TINTS[5]
        place = (x + 0.26 * (k - (count - 1) / 2), y)
        axes.add_patch(plt.Circle(place, 0.12, facecolor=color, edgecolor="#555555"))


def draw_ways(
    reactions: Sequence[Reaction], columns: Sequence[str], start: tuple[str, int]
) -> Figure:
    """Draw the ways of an atom through `columns` of metabolites, to the right only.

    `reactions` are any that `read_reactions` returns; `start` is (metabolite, atom),
    the atom counted from 0. An arrow that skips columns runs behind their circles.
    Raises ValueError: a column that no reaction names, a start that isn't in the
    columns.
    """
    sizes = count_atoms(reactions)
    _check_ways(sizes, columns, start)
    steps = _steps(reactions, columns, start)
    reached = {start} | {end for _, _, end in steps}
    # A smaller metabolite stands lower, out of the way of those that pass it by.
    most = max(sizes[metabolite] for metabolite in columns)
    tops = {name: -2 * (sizes[name] < most) for name in columns}
    places = {
        (name, atom): (2 * x, tops[name] - atom)
        for x, name in enumerate(columns)
        for atom in range(sizes[name])
    }
    width, top = 2 * len(columns) - 0.6, 0.9
    bottom = min(y for _, y in places.values()) - 0.3
    figure, axes = plt.subplots(figsize=(0.9 * width, 0.9 * (top - bottom)))
    for name, one, other in steps:
        _arrow(axes, places[one], places[other], name)
    for x, name in enumerate(columns):
        axes.text(2 * x, tops[name] + 0.4, name, ha="center", fontweight="bold")
    for atom, place in places.items():
        color = OKABE_ITO[1] if atom in reached else TINTS[5]
        style = {"facecolor": color, "edgecolor": "#555555", "zorder": 3}
        axes.add_patch(plt.Circle(place, 0.22, **style))
        axes.text(*place, atom[1] + 1, ha="center", va="center", zorder=4)
    axes.set(xlim=(-0.6, width - 0.6), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    title = f"Where {_atom(start)} can go"
    axes.set_title(title)
    ways = [f"{name} from {_atom(one)} to {_atom(other)}" for name, one, other in steps]
    figure.set_label(f"{title}: {'; '.join(ways) or 'nowhere'}.")
    return figure


def _check_ways(sizes, columns, start):
    unknown = [name for name in columns if name not in sizes]
    if unknown:
        raise ValueError(f"no reaction names {', '.join(unknown)}")
    metabolite, atom = start
    if metabolite not in columns:
        raise ValueError(f"{metabolite} isn't one of the columns {', '.join(columns)}")
    if atom not in range(sizes[metabolite]):
        every = tuple(range(sizes[metabolite]))
        raise ValueError(f"{metabolite} has the atoms {every}, not {atom}")


def _steps(reactions, columns, start):
    """Return (reaction, atom, atom) for each step to the right, from left to right.

    An atom is (metabolite, number).
    """
    steps, reached = {}, {start}  # a dict, for its order
    for k, metabolite in enumerate(columns):
        atoms = sorted(atom for name, atom in reached if name == metabolite)
        for atom in atoms:
            for name, *end in _ends(reactions, metabolite, atom):
                if end[0] in columns[k + 1 :]:
                    steps[name, (metabolite, atom), tuple(end)] = True
                    reached.add(tuple(end))
    return list(steps)


def _ends(reactions, metabolite, atom):
    """Yield (reaction, metabolite, atom) for each place that an atom may get to."""
    for reaction in reactions:
        for left, letters in reaction.left:
            if left == metabolite:
                for right, ends in reaction.right:
                    if letters[atom] in ends:
                        yield reaction.name, right, ends.index(letters[atom])


def _arrow(axes, start, end, name):
    style = {"arrowstyle": "-|>", "color": OKABE_ITO[1], "shrinkA": 9, "shrinkB": 14}
    axes.annotate("", end, start, arrowprops=style)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    place = 0.62 * np.array(start) + 0.38 * np.array(end)
    axes.text(*place, name, ha="center", va="center", fontsize=9, bbox=box, zorder=5)


def _atom(atom):
    metabolite, number = atom
    return f"atom {number + 1} of {metabolite}"


def draw_masses(distributions: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Draw `distributions`, a dict of name -> fractions, as a panel of bars each.

    The fractions are those with 0, 1, 2, … labelled atoms, (atoms + 1,).
    """
    figure, panels = plt.subplots(
        1, len(distributions), figsize=(9, 2.7), sharey=True, squeeze=False
    )
    words = []
    for k, (name, fractions) in enumerate(distributions.items()):
        fractions = [float(fraction) for fraction in fractions]
        axes, color = panels[0, k], OKABE_ITO[k % len(OKABE_ITO)]
        bars = axes.bar(range(len(fractions)), fractions, color=color)
        axes.bar_label(bars, fmt="{:.3f}", padding=2, fontsize=9)
        axes.set(xlabel="labelled atoms", xticks=range(len(fractions)), ylim=(0, 1.1))
        axes.set_title(name, fontsize=11)
        words.append(f"{name}: {', '.join(f'{x:.3f}' for x in fractions)}")
    panels[0, 0].set_ylabel("fraction")
    figure.suptitle(title, x=0.01, ha="left")
    figure.set_label(
        f"{title}. Fractions with 0, 1, … labelled atoms: {'; '.join(words)}."
    )
    return figure


def draw_estimates(
    clouds: Mapping[str, tuple[ArrayLike, ArrayLike, Sequence[tuple[float, float]]]],
    truth: Sequence[float],
    names: Sequence[str],
    title: str,
) -> Figure:
    """Draw pairs of estimates and their 95 % ellipses, around what is true.

    `clouds` is a dict of panel's title -> (estimates (k, 2), covariance (2, 2), limits
    of both axes); `truth` is the true pair, `names` are those of the axes.
    """
    figure, panels = plt.subplots(1, len(clouds), figsize=(9.5, 3.4), squeeze=False)
    angles = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    # 95 % of a normal distribution in two dimensions lie inside -2 ln 0.05.
    radius = np.sqrt(-2 * np.log(0.05))
    center = np.array(truth)[:, None]
    words = []
    for axes, (name, cloud) in zip(panels[0], clouds.items(), strict=True):
        points, covariance, limits = np.asarray(cloud[0]).T, *cloud[1:]
        stretch = np.linalg.cholesky(covariance)
        axes.plot(*points, ".", markersize=3, color=OKABE_ITO[5])
        axes.plot(*(radius * stretch @ circle + center), color=OKABE_ITO[0])
        axes.plot(*truth, "x", color=OKABE_ITO[1])
        axes.set(title=name, xlabel=names[0], xlim=limits[0], ylim=limits[1])
        axes.grid(color=GREY, linewidth=0.5)
        distances = np.linalg.norm(np.linalg.solve(stretch, points - center), axis=0)
        low, high = np.quantile(points, [0.25, 0.75], axis=1)
        words.append(
            f"{name}: the ellipse holds {100 * (distances < radius).mean():.0f} %; the "
            f"middle half of {names[0]} lies between {low[0]:.3g} and {high[0]:.3g}, "
            f"of {names[1]} between {low[1]:.3g} and {high[1]:.3g}"
        )
    panels[0, 0].set_ylabel(names[1])
    figure.suptitle(title, x=0.01, ha="left")
    figure.set_label(
        f"{title}. Estimates of {names[0]} and {names[1]}, in truth "
        f"{truth[0]:g} and {truth[1]:g}. {'. '.join(words)}."
    )
    return figure

"""Pictures of the asker's problem: a network, the way of an atom, masses, estimates."""

import matplotlib.pyplot as plt
import numpy as np

from workshop.drawings import GREY, OKABE_ITO, TINTS

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
ATOMS = {"A": 3, "B": 3, "C": 2, "D": 3, "E": 1, "F": 3}


def draw_network(fluxes):
    """Draw the paper's network, with `fluxes`, a dict of reaction -> flux."""
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
            text = f"{name}: {fluxes[name]}"
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.text(*place, text, ha="center", va="center", fontsize=10, bbox=box)
        else:
            _molecule(axes, name, *place)
    axes.set(xlim=(-0.8, 9.2), ylim=(-2.9, 1.1), aspect="equal")
    axes.axis("off")
    axes.set_title("Six reactions: how much of A goes which way to F?")
    return figure


def _molecule(axes, name, x, y):
    """Draw a metabolite: its name over a circle for each atom, a labelled one dark."""
    count = sum(ATOMS[one] for one in name.split(" + "))
    axes.text(x, y + 0.2, name, ha="center", fontweight="bold")
    for k in range(count):
        heavy = name == "A" and k == 1
        color = OKABE_ITO[1] if heavy else TINTS[5]
        place = (x + 0.26 * (k - (count - 1) / 2), y)
        axes.add_patch(plt.Circle(place, 0.12, facecolor=color, edgecolor="#555555"))


def draw_ways(reactions, columns, start):
    """Draw the ways of an atom through `columns` of metabolites, to the right only.

    `reactions` are those of `fluxes.read_reactions`; `start` is (metabolite, atom), the
    atom counted from 0.
    """
    figure, axes = plt.subplots(figsize=(8.5, 3.8))
    reached, waiting = set(), [start]
    while waiting:
        metabolite, atom = waiting.pop()
        reached.add((metabolite, atom))
        for name, *end in _steps(reactions, metabolite, atom):
            if end[0] in columns[columns.index(metabolite) + 1 :]:
                _step(axes, columns, (metabolite, atom), tuple(end), name)
                waiting.append(tuple(end))
    for x, metabolite in enumerate(columns):
        top = _place(columns, metabolite, 0)[1] + 0.4
        axes.text(2 * x, top, metabolite, ha="center", fontweight="bold")
        for atom in range(ATOMS[metabolite]):
            place = _place(columns, metabolite, atom)
            circle = plt.Circle(place, 0.22, zorder=3, edgecolor="#555555")
            dark = (metabolite, atom) in reached
            circle.set_facecolor(OKABE_ITO[1] if dark else TINTS[5])
            axes.add_patch(circle)
            axes.text(*place, atom + 1, ha="center", va="center", zorder=4)
    axes.set(xlim=(-0.6, 2 * len(columns) - 1.2), ylim=(-3.3, 0.9), aspect="equal")
    axes.axis("off")
    metabolite, atom = start
    end = columns[-1]
    axes.set_title(f"Atom {atom + 1} of {metabolite} may become any atom of {end}")
    return figure


def _steps(reactions, metabolite, atom):
    """Yield (reaction, metabolite, atom) for each place that an atom may get to."""
    for reaction in reactions:
        for left, letters in reaction.left:
            if left == metabolite:
                for right, ends in reaction.right:
                    if letters[atom] in ends:
                        yield reaction.name, right, ends.index(letters[atom])


def _place(columns, metabolite, atom):
    lower = 2 * (ATOMS[metabolite] < 3)  # out of the way from B to D
    return 2 * columns.index(metabolite), -atom - lower


def _step(axes, columns, start, end, name):
    (x, y), (x_end, y_end) = _place(columns, *start), _place(columns, *end)
    style = {"arrowstyle": "-|>", "color": OKABE_ITO[1], "shrinkA": 9, "shrinkB": 14}
    axes.annotate("", (x_end, y_end), (x, y), arrowprops=style)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    place = (0.62 * x + 0.38 * x_end, 0.62 * y + 0.38 * y_end)
    axes.text(*place, name, ha="center", va="center", fontsize=9, bbox=box)


def draw_masses(distributions, title):
    """Draw `distributions`, a dict of name -> fractions, as a panel of bars each."""
    figure, panels = plt.subplots(1, len(distributions), figsize=(9, 2.7), sharey=True)
    for axes, (name, fractions), color in zip(
        panels, distributions.items(), OKABE_ITO, strict=False
    ):
        bars = axes.bar(range(len(fractions)), fractions, color=color)
        axes.bar_label(bars, fmt="{:.3f}", padding=2, fontsize=9)
        axes.set(xlabel="labelled atoms", xticks=range(len(fractions)), ylim=(0, 1.1))
        axes.set_title(name, fontsize=11)
    panels[0].set_ylabel("fraction")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def draw_estimates(clouds, truth, names):
    """Draw pairs of estimates and their 95 % ellipses, around what is true.

    `clouds` is a dict of title -> (estimates (k, 2), covariance (2, 2), limits of the
    axes), the first two as numpy arrays; `names` are those of the axes.
    """
    figure, panels = plt.subplots(1, len(clouds), figsize=(9.5, 3.4))
    angles = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    for axes, (title, (estimates, covariance, limits)) in zip(
        panels, clouds.items(), strict=True
    ):
        axes.plot(*estimates.T, ".", markersize=3, color=OKABE_ITO[5])
        # 95 % of a normal distribution in two dimensions lie inside -2 ln 0.05.
        radius = np.sqrt(-2 * np.log(0.05))
        ellipse = radius * np.linalg.cholesky(covariance) @ circle
        axes.plot(*(ellipse + np.array(truth)[:, None]), color=OKABE_ITO[0])
        axes.plot(*truth, "x", color=OKABE_ITO[1])
        axes.set(title=title, xlabel=names[0], xlim=limits[0], ylim=limits[1])
        axes.grid(color=GREY, linewidth=0.5)
    panels[0].set_ylabel(names[1])
    figure.suptitle(
        "A fragment more decides what F alone leaves open", x=0.01, ha="left"
    )
    return figure

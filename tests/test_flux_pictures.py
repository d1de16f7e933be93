"""Pictures of the simulation say in words what they show."""

import re

import matplotlib.pyplot as plt
import pytest
import torch

from fluxes import CENTRAL, TOY, TOY_FLUXES, read_reactions
from fluxes.pictures import draw_estimates, draw_masses, draw_network, draw_ways
from fluxes.zero_pictures import draw_zeros


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


@pytest.mark.parametrize(
    ("table", "columns", "start", "steps"),
    [
        (
            TOY,
            ["A", "B", "D"],
            ("A", 1),
            [
                "v1 from atom 2 of A to atom 2 of B",
                "v2 from atom 2 of B to atom 2 of D",
                "v5 from atom 2 of B to atom 1 of D",
            ],
        ),
        (
            CENTRAL,
            ["Glc", "G6P", "CO2"],
            ("Glc", 0),
            [
                "upt from atom 1 of Glc to atom 1 of G6P",
                "zwf from atom 1 of G6P to atom 1 of CO2",
            ],
        ),
        (
            "v: A -> B + C  abc -> bc|cb + a",
            ["A", "B"],
            ("A", 1),
            [
                "v from atom 2 of A to atom 1 of B",
                "v from atom 2 of A to atom 2 of B",
            ],
        ),
        (TOY, ["F", "A"], ("F", 0), ["nowhere"]),
    ],
)
def test_the_ways_of_an_atom_are_drawn_for_any_reactions(table, columns, start, steps):
    words = draw_ways(read_reactions(table), columns, start).get_label()
    assert words.partition(": ")[2] == "; ".join(steps) + "."


@pytest.mark.parametrize(
    ("columns", "start", "named"),
    [
        (["A", "Z"], ("A", 1), "no reaction names Z"),
        (["A", "B"], ("F", 1), "F isn't one of the columns A, B"),
        (["A", "B"], ("A", 3), "A has the atoms (0, 1, 2), not 3"),
    ],
)
def test_ways_that_cannot_be_drawn_are_refused(columns, start, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        draw_ways(read_reactions(TOY), columns, start)


def test_the_network_is_told_with_the_fluxes_that_were_given():
    words = draw_network(TOY_FLUXES | {"v4": 21}).get_label()
    assert "v4 turns B into C + E, with flux 21" in words
    with pytest.raises(ValueError, match=r"give the fluxes of v1, .*, not of v1, v9"):
        draw_network({"v1": 1, "v9": 2})


def test_masses_are_told_as_their_bars_show_them():
    figure = draw_masses({"C": torch.tensor([0.25, 0.75])}, "One atom")
    wanted = "One atom. Fractions with 0, 1, … labelled atoms: C: 0.250, 0.750."
    assert figure.get_label() == wanted


def test_an_ellipse_is_told_to_hold_the_estimates_that_lie_in_it():
    # Without correlation the ellipse reaches 2.4477 standard deviations along an axis.
    estimates = [[3 + 2 * off, 5] for off in (-2.44, 0, 2.44, 2.45)]
    cloud = estimates, [[4, 0], [0, 1]], [(-2, 8), (2, 8)]
    words = draw_estimates({"four": cloud}, [3, 5], ["x", "y"], "Title").get_label()
    assert "in truth 3 and 5. four: the ellipse holds 75 %" in words


def test_zeros_are_told_by_how_many_come_in():
    hub = {0: [1, 2, 3], 1: [0, 9], 2: [0], 3: [0]}  # 9 is no unit: it is known before
    words = draw_zeros(hub, {"hub first": [0, 1, 2, 3], "hub last": [1, 2, 3, 0]})
    wanted = "4 × 4 numbers, 10 of them not zero. Taken out hub first, 6 come in; "
    assert words.get_label() == wanted + "hub last, 0 come in."

"""The simulator of labelled atoms gives the published numbers, and an enumeration's."""

import re

import matplotlib.pyplot as plt
import pytest
import torch

import SO_CONVOLVE_QUESTION as question
from fluxes import (
    CENTRAL,
    CENTRAL_RANGES,
    TOY,
    TOY_FLUXES,
    Network,
    Unit,
    count_heavy,
    draw_estimates,
    draw_masses,
    draw_network,
    draw_ways,
    enumerate_patterns,
    read_reactions,
)

LABELS = {"A": "010"}


def test_it_gives_the_published_mass_distribution():
    found = Network(TOY, "F").simulate(TOY_FLUXES, LABELS, question.convolve_fast)
    assert found.shape == (1, 4)
    assert [round(x, 4) for x in found[0].tolist()] == [0.0001, 0.8008, 0.1983, 0.0009]


def test_it_finds_the_units_of_the_paper_and_where_they_join():
    network = Network(TOY, "F")
    assert {str(unit) for unit in network.made_of} == {
        *("F123", "D123", "B123"),
        *("B23", "D23", "C1"),
        *("B2", "D2", "B3", "D3"),
    }
    joined = [tuple(map(str, pair)) for pair in network.joins()]
    assert joined == [("B3", "C1"), ("B23", "C1")]


# ---- an enumeration of patterns, which knows nothing of units ----------------------


@pytest.fixture(autouse=True)
def _float64():
    """Compute in float64 by default, as the asker's code does."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_the_enumeration_gives_the_published_numbers_too():
    pools = enumerate_patterns(read_reactions(TOY), TOY_FLUXES, LABELS)
    found = count_heavy(pools["F"])
    assert [round(x, 4) for x in found.tolist()] == [0.0001, 0.8008, 0.1983, 0.0009]


@pytest.mark.parametrize("seed", range(25))
def test_both_ways_agree_with_the_enumeration_on_random_networks(seed):
    table, fluxes, labels, ends = generated_network(seed)
    network = Network(table, *ends)
    pools = enumerate_patterns(network.reactions, fluxes, labels)
    wanted = torch.cat([count_heavy(pools[end]) for end in ends])
    for convolve in (None, question.convolve_fast):
        found = network.simulate(fluxes, labels, convolve)
        torch.testing.assert_close(found[0], wanted, rtol=0, atol=1e-12)


def central_fluxes(count):
    """Return balanced fluxes for the larger network, chosen at random."""
    network = Network(CENTRAL)
    ranges = CENTRAL_RANGES | {n: (30, 100) for n in network.names if n.endswith("_b")}
    generator = torch.Generator().manual_seed(0)
    free = {
        name: low + (high - low) * torch.rand(count, generator=generator)
        for name, (low, high) in ranges.items()
    }
    return network.balance(free)


def test_it_agrees_with_the_enumeration_on_the_larger_network():
    part = Unit("Phe", tuple(range(1, 9)))
    network, fluxes = Network(CENTRAL, "Trp", part, "Glu", "Asp"), central_fluxes(2)
    labels = {"Glc": "110000"}
    found = network.simulate(fluxes, labels, question.convolve_fast)
    first = {name: flux[0] for name, flux in fluxes.items()}
    pools = enumerate_patterns(network.reactions, first, labels)
    trp, phe, glu, asp = found[0].split([12, 9, 6, 5])
    for distribution, name in [(trp, "Trp"), (glu, "Glu"), (asp, "Asp")]:
        wanted = count_heavy(pools[name])
        torch.testing.assert_close(distribution, wanted, rtol=0, atol=1e-11)
    torch.testing.assert_close(phe.sum(), torch.tensor(1.0))


def test_the_larger_network_joins_fragments_of_up_to_eight_atoms():
    part = Unit("Phe", tuple(range(1, 9)))
    joins = Network(CENTRAL, "Trp", part, "Glu", "Asp").joins()
    sizes = [[len(unit.atoms) for unit in parts] for parts in joins]
    longest = max(max(sum(left), right) for *left, right in sizes)
    assert longest == 8
    assert len(joins) == 19


def test_central_fluxes_are_positive_over_their_whole_ranges():
    fluxes = central_fluxes(10_000)
    assert min(flux.min() for flux in fluxes.values()) >= 0


# ---- batches, and any convolution ------------------------------------------------


def flux_vectors(count):
    """Return balanced fluxes for the paper's network, chosen at random."""
    generator = torch.Generator().manual_seed(0)
    back, split = torch.rand(2, count, generator=generator)
    return Network(TOY).balance({"v1": 100, "v3": 90 * back, "v4": 10 + 30 * split})


def test_a_batch_of_flux_vectors_gives_each_its_own_distribution():
    network, fluxes = Network(TOY, "F"), flux_vectors(20)
    together = network.simulate(fluxes, LABELS, question.convolve_fast)
    assert together.shape == (20, 4)
    torch.testing.assert_close(together.sum(1), torch.ones(20, dtype=torch.float64))
    for k in range(20):
        one = {name: flux[k] for name, flux in fluxes.items()}
        alone = network.simulate(one, LABELS, question.convolve_fast)
        torch.testing.assert_close(together[k : k + 1], alone)


@pytest.mark.parametrize(
    "convolve", [question.convolve_grouped, question.convolve_shift_add]
)
def test_any_convolution_will_do(convolve):
    network, fluxes = Network(TOY, "F"), flux_vectors(20)
    wanted = network.simulate(fluxes, LABELS, question.convolve_fast)
    torch.testing.assert_close(network.simulate(fluxes, LABELS, convolve), wanted)


def test_a_fragment_can_be_measured():
    network = Network(TOY, Unit("F", (1, 2)))
    found = network.simulate(TOY_FLUXES, LABELS, question.convolve_fast)
    assert found.shape == (1, 3)


# ---- networks that can't be solved -----------------------------------------------


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("A -> B", "can't read 'A -> B'"),
        ("v1: A -> B  ab + c -> ab", "v1: letters for each metabolite"),
        ("v1: A -> B  ab -> abc", "v1: atom c appears from nowhere"),
        ("v1: A -> B  abc -> ab", "v1: atom c is lost"),
        ("v1: A -> B  aab -> aab", "v1: atom a is used 2 times on a side"),
        ("v1: A -> B  ab -> ab\nv2: B -> C  a -> a", "v2: B has 2 atoms, here 1"),
        ("v: A -> B  a -> a\nv: B -> C  a -> a", "v is the name of two reactions"),
    ],
)
def test_a_table_with_a_fault_is_refused_by_its_line(table, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_reactions(table)


def test_a_loop_without_a_source_is_named():
    table = "v1: A -> B  a -> a\nv2: C -> D  a -> a\nv3: D -> C  a -> a"
    with pytest.raises(ValueError, match="no substrate reaches C1, D1"):
        Network(table, "D")


def test_a_unit_that_no_flux_feeds_is_named():
    fluxes = Network(TOY).balance({"v1": 100, "v3": 50, "v4": 0})
    with pytest.raises(ValueError, match="no substrate reaches all of C1"):
        Network(TOY, "F").simulate(fluxes, LABELS, question.convolve_fast)


def test_a_loop_that_no_flux_feeds_is_named():
    table = "v1: A -> B  a -> a\nv2: B -> C  a -> a\nv3: C -> B  a -> a"
    network = Network(table, "C")
    fluxes = {"v1": 0, "v2": 1, "v3": 1}
    with pytest.raises(
        ValueError, match=r"no substrate reaches all of (C1, B1|B1, C1)"
    ):
        network.simulate(fluxes, {"A": "1"}, question.convolve_fast)


@pytest.mark.parametrize(
    ("change", "labels", "named"),
    [
        ({"v2": 111}, LABELS, "B gains -1 in flux vector 0"),
        ({"v6": torch.tensor([80.0, 90])}, LABELS, "D gains -10 in flux vector 1"),
        ({"v3": -50.0}, LABELS, "v3 is -50 in flux vector 0: a flux is finite and not"),
        ({"v3": torch.nan}, LABELS, "v3 is nan in flux vector 0"),
        ({"v3": torch.inf}, LABELS, "v3 is inf in flux vector 0"),
        ({"v7": 1}, LABELS, "no reaction has the name v7"),
        (
            {"v1": torch.ones(3), "v2": torch.ones(2)},
            LABELS,
            "fluxes are numbers or all of one shape (B,), not (2,) and (3,)",
        ),
        ({"v1": torch.ones(3, 1)}, LABELS, "(B,), not (3, 1)"),
        ({}, {}, "say which atoms of A are labelled"),
        ({}, {"A": "01"}, "the label of A must be 3 of 0 and 1, not '01'"),
        ({}, {"A": "01x"}, "the label of A must be 3 of 0 and 1, not '01x'"),
    ],
)
def test_fluxes_and_labels_with_a_fault_are_refused(change, labels, named):
    network = Network(TOY, "F")
    with pytest.raises(ValueError, match=re.escape(named)):
        network.simulate(TOY_FLUXES | change, labels, question.convolve_fast)


def test_a_missing_flux_is_named():
    fluxes = {name: flux for name, flux in TOY_FLUXES.items() if name != "v3"}
    with pytest.raises(ValueError, match="no flux is given for v3"):
        Network(TOY, "F").simulate(fluxes, LABELS, question.convolve_fast)


@pytest.mark.parametrize(
    ("measured", "named"),
    [
        ("G", "no reaction names G"),
        (Unit("G", (0,)), "no reaction names G"),
        (Unit("F", (2, 3)), "F has the atoms (0, 1, 2), not (2, 3)"),
        (Unit("F", ()), "F has the atoms (0, 1, 2), not ()"),
    ],
)
def test_what_cannot_be_measured_is_named(measured, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY, measured)


# ---- fluxes from those that are free ---------------------------------------------


def test_the_balances_give_the_fluxes_that_are_not_free():
    found = Network(TOY).balance({"v1": 100, "v3": 50, "v4": 20})
    assert {name: round(flux.item(), 9) for name, flux in found.items()} == TOY_FLUXES


def test_a_flux_that_rounding_makes_negative_is_none():
    draw = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    found = Network(TOY).balance({"v1": 100 * draw, "v3": 50 * draw, "v4": 0.0})
    assert found["v5"].abs().max() < 1e-9


def test_all_fluxes_may_be_given():
    found = Network(TOY).balance(TOY_FLUXES)
    assert {name: flux.item() for name, flux in found.items()} == TOY_FLUXES


@pytest.mark.parametrize(
    ("free", "named"),
    [
        ({}, "give more fluxes: v1, v2, v3, v4, v5, v6 don't follow"),
        ({"v1": 100, "v3": 50}, "give more fluxes: v2, v4, v5, v6 don't follow"),
        ({"v1": 100, "v3": 50, "v4": 20, "v6": 10}, "gains"),
        ({"v1": 10, "v3": 50, "v4": 80}, "v2 is -100 in flux vector 0"),
        ({"v1": 10, "v9": 50}, "no reaction has the name v9"),
    ],
)
def test_fluxes_that_do_not_decide_or_contradict_are_named(free, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY).balance(free)


def test_the_best_fragment_to_weigh_is_the_one_that_the_solution_names():
    widths = {}  # of the interval of v3, half of it, for F and some of its atoms
    for atoms in [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]:
        network = Network(TOY, "F", Unit("F", atoms))

        def measure(free, network=network):
            fluxes = network.balance({"v1": 100, "v3": free[0], "v4": free[1]})
            return network.simulate(fluxes, {"A": "001"}, question.convolve_fast)[0]

        slopes = torch.func.jacrev(measure)(torch.tensor([50.0, 20.0]))
        variance = 0.001**2 * torch.linalg.inv(slopes.T @ slopes)[0, 0]
        widths[atoms] = 1.96 * variance.item() ** 0.5
    assert min(widths, key=widths.get) == (0, 2)
    assert round(widths[0, 2], 1) == 5.2
    assert round(widths[1, 2]) == 109


def test_several_fragments_are_measured_side_by_side():
    part = Unit("F", (1, 2))
    both = Network(TOY, "F", part)
    found = both.simulate(TOY_FLUXES, LABELS, question.convolve_fast)
    alone = [
        Network(TOY, one).simulate(TOY_FLUXES, LABELS, question.convolve_fast)
        for one in ("F", part)
    ]
    torch.testing.assert_close(found, torch.cat(alone, 1))


def test_a_substrate_can_be_measured():
    found = Network(TOY, "A").simulate(TOY_FLUXES, LABELS, question.convolve_fast)
    assert found.tolist() == [[0, 1, 0, 0]]


def test_it_can_be_differentiated():
    network = Network(TOY, "F", Unit("F", (1, 2)))

    def simulate(back, split):
        fluxes = network.balance({"v1": 100.0, "v3": back, "v4": split})
        return network.simulate(fluxes, LABELS, question.convolve_fast)

    fluxes = [torch.tensor([50.0, 30.0]), torch.tensor([20.0, 10.0])]
    assert torch.autograd.gradcheck(
        simulate, [flux.requires_grad_() for flux in fluxes]
    )


# ---- what the pictures tell in words ---------------------------------------------


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

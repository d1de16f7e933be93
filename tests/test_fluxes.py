"""The simulator of labelled atoms gives the published numbers, and an enumeration's."""

import re
from itertools import product
from math import prod

import pytest
import torch
from engine import MEASURED
from networks import generated_network, more_flux_vectors

import SO_CONVOLVE_QUESTION as question
from fluxes import (
    CENTRAL,
    TOY,
    TOY_FLUXES,
    Network,
    Unit,
    count_heavy,
    draw_central,
    enumerate_patterns,
    read_reactions,
)

LABELS = {"A": "010"}
PUBLISHED = [0.0001, 0.8008, 0.1983, 0.0009]
both_ways = pytest.mark.parametrize(
    "convolve", [None, question.convolve_fast], ids=["fast", "plain"]
)


@both_ways
def test_it_gives_the_published_mass_distribution(convolve):
    found = Network(TOY, "F").simulate(TOY_FLUXES, LABELS, convolve)
    assert found.shape == (1, 4)
    assert found.dtype == torch.float64
    assert [round(x, 4) for x in found[0].tolist()] == PUBLISHED


def test_it_finds_the_units_of_the_paper_and_where_they_join():
    network = Network(TOY, "F")
    assert {str(unit) for unit in network.made_of} == {
        *("F123", "D123", "B123"),
        *("B23", "D23", "C1"),
        *("B2", "D2", "B3", "D3"),
    }
    joined = [tuple(map(str, pair)) for pair in network.joins()]
    assert joined == [("B3", "C1"), ("B23", "C1")]


def test_the_larger_network_joins_fragments_of_up_to_eight_atoms():
    joins = Network(CENTRAL, *MEASURED).joins()
    sizes = [[len(unit.atoms) for unit in parts] for parts in joins]
    assert max(max(sum(left), right) for *left, right in sizes) == 8
    assert len(joins) == 19


# ---- an enumeration of patterns, which knows nothing of units ----------------------


def in_nature(labels, natural):
    """Return `labels`, mixtures, with each 0 a 1 with the chance `natural`."""
    chances = {"0": {"0": 1 - natural, "1": natural}, "1": {"0": 0.0, "1": 1.0}}
    spread = {}
    for name, mixture in labels.items():
        spread[name] = {}
        for pattern, share in mixture.items():
            for other in map("".join, product("01", repeat=len(pattern))):
                pairs = zip(pattern, other, strict=True)
                chance = prod(chances[a][b] for a, b in pairs)
                spread[name][other] = spread[name].get(other, 0) + share * chance
    return spread


def test_the_enumeration_gives_the_published_numbers_too():
    pools = enumerate_patterns(read_reactions(TOY), TOY_FLUXES, {"A": {"010": 1}})
    assert [round(x, 4) for x in count_heavy(pools["F"]).tolist()] == PUBLISHED


@pytest.mark.parametrize("natural", [0.0, 0.0107], ids="{} natural".format)
@pytest.mark.parametrize("seed", range(20))
def test_both_ways_agree_with_the_enumeration_on_random_networks(seed, natural):
    table, fluxes, labels, ends = generated_network(seed)
    network = Network(table, *ends)
    pools = enumerate_patterns(network.reactions, fluxes, in_nature(labels, natural))
    wanted = torch.cat([count_heavy(pools[end]) for end in ends])
    for convolve in (None, question.convolve_fast):
        found = network.simulate(fluxes, labels, convolve, natural)
        torch.testing.assert_close(found[0], wanted, rtol=0, atol=1e-12)


def test_both_ways_agree_with_the_enumeration_on_the_larger_network():
    network, names = Network(CENTRAL, "Trp", "Glu", "Asp"), ("Trp", "Glu", "Asp")
    fluxes = network.balance(draw_central(1))
    pools = enumerate_patterns(network.reactions, fluxes, {"Glc": {"110000": 1}})
    wanted = torch.cat([count_heavy(pools[name]) for name in names])
    for convolve in (None, question.convolve_fast):
        found = network.simulate(fluxes, {"Glc": "110000"}, convolve)
        torch.testing.assert_close(found[0], wanted, rtol=0, atol=1e-11)


# ---- what holds for any fluxes ---------------------------------------------------


@both_ways
@pytest.mark.parametrize("seed", range(6))
def test_masses_are_shares_of_one(seed, convolve):
    table, fluxes, labels, ends = generated_network(seed)
    network = Network(table, *ends)
    found = network.simulate(more_flux_vectors(fluxes, 50), labels, convolve)
    sizes = [len(unit.atoms) + 1 for unit in network.measured]
    sums = torch.stack([masses.sum(1) for masses in found.split(sizes, 1)])
    torch.testing.assert_close(sums, torch.ones_like(sums), rtol=0, atol=1e-13)
    assert found.min() > -1e-15


@both_ways
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_only_the_proportions_of_the_fluxes_count(scale, convolve):
    network = Network(TOY, "F")
    scaled = {name: scale * flux for name, flux in TOY_FLUXES.items()}
    found = network.simulate(scaled, LABELS, convolve)
    wanted = network.simulate(TOY_FLUXES, LABELS, convolve)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-14)


def test_a_mixture_gives_the_masses_of_its_patterns_as_far_as_nothing_joins():
    network = Network(TOY, Unit("F", (1,)))
    found = network.simulate(TOY_FLUXES, {"A": {"010": 0.25, "001": 0.75}})
    one, other = (network.simulate(TOY_FLUXES, {"A": p}) for p in ("010", "001"))
    torch.testing.assert_close(found, 0.25 * one + 0.75 * other)


@both_ways
def test_if_every_carbon_is_labelled_by_nature_all_are_heavy(convolve):
    found = Network(TOY, "F").simulate(TOY_FLUXES, LABELS, convolve, natural=1)
    torch.testing.assert_close(found, torch.tensor([[0.0, 0, 0, 1]]).double())


# ---- batches, and any convolution ------------------------------------------------


def flux_vectors(count):
    """Return balanced fluxes (count,) for the paper's network, chosen at random."""
    generator = torch.Generator().manual_seed(0)
    back, split = torch.rand(2, count, generator=generator)
    return Network(TOY).balance({"v1": 100, "v3": 90 * back, "v4": 10 + 30 * split})


@both_ways
def test_a_batch_of_flux_vectors_gives_each_its_own_distribution(convolve):
    network, fluxes = Network(TOY, "F"), flux_vectors(20)
    together = network.simulate(fluxes, LABELS, convolve)
    assert together.shape == (20, 4)
    for k, row in enumerate(together):
        one = {name: flux[k] for name, flux in fluxes.items()}
        alone = network.simulate(one, LABELS, convolve)
        torch.testing.assert_close(row, alone[0], rtol=0, atol=1e-14)


@both_ways
def test_a_flux_given_as_a_number_holds_for_the_whole_batch(convolve):
    network, ones = Network(TOY, "F"), torch.ones(3)
    fluxes = TOY_FLUXES | {"v3": TOY_FLUXES["v3"] * ones}
    found = network.simulate(fluxes, LABELS, convolve)
    wanted = network.simulate(TOY_FLUXES, LABELS, convolve)
    torch.testing.assert_close(found, wanted.expand(3, -1), rtol=0, atol=1e-14)


@both_ways
@pytest.mark.parametrize("measured", ["F", "A"])
def test_an_empty_batch_gives_no_rows(measured, convolve):
    fluxes = {name: torch.zeros(0) for name in TOY_FLUXES}
    assert Network(TOY, measured).simulate(fluxes, LABELS, convolve).shape == (0, 4)


@pytest.mark.parametrize(
    "convolve", [question.convolve_grouped, question.convolve_shift_add]
)
def test_any_convolution_will_do(convolve):
    network, fluxes = Network(TOY, "F"), flux_vectors(20)
    wanted = network.simulate(fluxes, LABELS, question.convolve_fast)
    torch.testing.assert_close(network.simulate(fluxes, LABELS, convolve), wanted)


# ---- what is measured ------------------------------------------------------------


def test_a_fragment_can_be_measured():
    found = Network(TOY, Unit("F", (1, 2))).simulate(TOY_FLUXES, LABELS)
    assert found.shape == (1, 3)


def test_the_order_of_a_fragments_atoms_does_not_count():
    assert Network(TOY, Unit("F", (2, 1))).measured == [Unit("F", (1, 2))]


@both_ways
def test_several_are_measured_side_by_side_in_their_order(convolve):
    several = [Unit("F", (1, 2)), "F", "A", "C", "F"]
    found = Network(TOY, *several).simulate(TOY_FLUXES, LABELS, convolve)
    alone = [Network(TOY, m).simulate(TOY_FLUXES, LABELS, convolve) for m in several]
    torch.testing.assert_close(found, torch.cat(alone, 1))


@both_ways
def test_a_substrate_can_be_measured_in_all_rows(convolve):
    found = Network(TOY, "A").simulate(flux_vectors(2), LABELS, convolve)
    assert found.tolist() == [[0, 1, 0, 0]] * 2


@pytest.mark.parametrize(
    ("measured", "named"),
    [
        ("G", "no reaction names G"),
        (Unit("G", (0,)), "no reaction names G"),
        (Unit("F", (2, 3)), "F has the atoms (0, 1, 2), not (2, 3)"),
        (Unit("F", (-1,)), "F has the atoms (0, 1, 2), not (-1,)"),
        (Unit("F", ()), "F has the atoms (0, 1, 2), not ()"),
        (Unit("B", 1), "a Unit with a tuple of atoms such as Unit('F', (1, 2)), not"),
        (
            Unit("F", "12"),
            "a Unit with a tuple of atoms such as Unit('F', (1, 2)), not",
        ),
        (["F", "D"], "what is measured is a metabolite's name, or a Unit"),
        (None, "what is measured is a metabolite's name, or a Unit"),
    ],
)
def test_what_cannot_be_measured_is_told_with_what_can(measured, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY, measured)


@pytest.mark.parametrize("use", ["simulate", "jacobian"])
def test_where_nothing_is_measured_it_says_how_to(use):
    with pytest.raises(
        ValueError, match=re.escape("Network(reactions, 'F') measures F")
    ):
        getattr(Network(TOY), use)(TOY_FLUXES, LABELS)


@pytest.mark.parametrize("start", ["v1: A -> B  a -> a\n", ""])
def test_a_loop_that_no_reaction_feeds_is_named_before_any_flux(start):
    loop = "v2: C -> D  a -> a\nv3: D -> C  a -> a"
    with pytest.raises(ValueError, match="no substrate reaches C1, D1"):
        Network(start + loop, "D")


def test_what_joins_with_a_part_that_nothing_feeds_is_named_too():
    loop = "v1: A + C -> F  a + b -> ab\nv2: C -> D  a -> a\nv3: D -> C  a -> a"
    with pytest.raises(ValueError, match="no substrate reaches C1, D1, F12"):
        Network(loop, "F")


# ---- labels ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ({}, "say which atoms of A are labelled"),
        ({"A": "01"}, "the label of A must be 3 of 0 and 1, not '01'"),
        ({"A": "01x"}, "the label of A must be 3 of 0 and 1, not '01x'"),
        (
            {"A": {"010": 0.5, "01": 0.5}},
            "the label of A must be 3 of 0 and 1, not '01'",
        ),
        (LABELS | {"B": "010"}, "B can't be labelled: the cell is fed with A"),
        (LABELS | {"Z": "0"}, "Z can't be labelled: the cell is fed with A"),
    ],
)
def test_a_label_that_cannot_be_is_named(labels, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY, "F").simulate(TOY_FLUXES, labels)


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.5, -0.5), (0.5, torch.nan), ()])
def test_shares_are_not_negative_and_sum_up_to_one(shares):
    mixture = dict(zip(("010", "111"), shares, strict=False))
    with pytest.raises(ValueError, match="shares of A are at least 0 and sum up to 1"):
        Network(TOY, "F").simulate(TOY_FLUXES, {"A": mixture})


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ({"A": ["010"]}, "the label of A is '000', say, or a dict of such patterns"),
        ({"A": 10}, "the label of A is '000', say, or a dict of such patterns"),
        ("010", "labels are a dict such as {'A': '010'}, not str"),
        (None, "labels are a dict such as {'A': '010'}, not NoneType"),
    ],
)
def test_what_is_no_label_is_told_with_what_is(labels, named):
    with pytest.raises(TypeError, match=re.escape(named)):
        Network(TOY, "F").simulate(TOY_FLUXES, labels)


@pytest.mark.parametrize("natural", [-0.1, 1.1, torch.nan])
def test_what_nature_labels_is_a_share(natural):
    with pytest.raises(ValueError, match=f"between 0 and 1, not {natural}"):
        Network(TOY, "F").simulate(TOY_FLUXES, LABELS, natural=natural)

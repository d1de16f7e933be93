"""Fluxes follow from the balances, or are refused with their name and their row."""

import re

import pytest
import torch

from fluxes import CENTRAL, TOY, TOY_FLUXES, Network, draw_central

FREE = {"v1": 100, "v3": 50, "v4": 20}  # of TOY: the others follow


def test_the_balances_give_the_fluxes_that_are_not_free():
    found = Network(TOY).balance(FREE)
    assert {name: round(flux.item(), 9) for name, flux in found.items()} == TOY_FLUXES


def test_a_batch_is_balanced_vector_by_vector():
    back = torch.tensor([0.0, 25, 50], dtype=torch.float64)
    found = Network(TOY).balance(FREE | {"v3": back})
    torch.testing.assert_close(found["v2"], 60 + back)
    assert {tuple(flux.shape) for flux in found.values()} == {(3,)}


def test_a_flux_that_rounding_makes_negative_is_none():
    draw = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    found = Network(TOY).balance({"v1": 100 * draw, "v3": 50 * draw, "v4": 0.0})
    assert found["v5"].min() >= 0
    assert found["v5"].max() < 1e-9


def test_all_fluxes_may_be_given():
    found = Network(TOY).balance(TOY_FLUXES)
    assert {name: flux.item() for name, flux in found.items()} == TOY_FLUXES


def test_without_a_metabolite_between_each_flux_is_free():
    found = Network("v: A -> B  a -> a\nw: A -> C  a -> a").balance({"v": 1, "w": 2})
    assert {name: flux.item() for name, flux in found.items()} == {"v": 1, "w": 2}


def test_the_fluxes_of_the_larger_network_are_positive_over_their_whole_ranges():
    network = Network(CENTRAL)
    fluxes = network.balance(draw_central(10_000))
    assert min(flux.min() for flux in fluxes.values()) >= 0


@pytest.mark.parametrize(
    ("free", "named"),
    [
        ({}, "give more fluxes: v1, v2, v3, v4, v5, v6 don't follow"),
        ({"v1": 100, "v3": 50}, "give more fluxes: v2, v4, v5, v6 don't follow"),
        (FREE | {"v6": 10}, "gains"),
        ({"v1": 10, "v3": 50, "v4": 80}, "v2 is -100 in flux vector 0"),
        ({"v1": 10, "v9": 50}, "no reaction has the name v9"),
    ],
    ids=["none", "too few", "contradiction", "negative", "unknown"],
)
def test_fluxes_that_do_not_decide_or_contradict_are_named(free, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY).balance(free)


# ---- what `simulate` refuses -----------------------------------------------------


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            {"v3": -50.0},
            "v3 is -50 in flux vector 0: a flux is finite and not negative",
        ),
        ({"v3": torch.nan}, "v3 is nan in flux vector 0"),
        ({"v3": torch.inf}, "v3 is inf in flux vector 0"),
        ({"v3": torch.tensor([50, 50, -1])}, "v3 is -1 in flux vector 2"),
        ({"v7": 1}, "no reaction has the name v7"),
        (
            {"v1": torch.ones(3), "v2": torch.ones(2)},
            "fluxes are numbers or all of one shape (B,), not (2,) and (3,)",
        ),
        ({"v1": torch.ones(3, 1)}, "(B,), not (3, 1)"),
    ],
)
def test_a_flux_that_cannot_be_is_named_with_its_row(change, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY, "F").simulate(TOY_FLUXES | change, {"A": "010"})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"v2": 111}, "B gains -1 in flux vector 0"),
        ({"v6": torch.tensor([80.0, 90])}, "D gains -10 in flux vector 1"),
    ],
)
def test_a_metabolite_that_piles_up_is_named_with_what_completes_fluxes(change, named):
    advice = (
        ": in a steady state what flows in flows out (`balance` completes fluxes so)"
    )
    with pytest.raises(ValueError, match=re.escape(named + advice)):
        Network(TOY, "F").simulate(TOY_FLUXES | change, {"A": "010"})


def test_missing_fluxes_are_named():
    with pytest.raises(ValueError, match="no flux is given for v2, v5, v6"):
        Network(TOY, "F").simulate(FREE, {"A": "010"})


@pytest.mark.parametrize(
    ("fluxes", "named"),
    [
        (torch.ones(6, 2), "not a Tensor of shape (6, 2)"),
        ([100, 110, 50, 20, 20, 80], "not a list"),
    ],
)
@pytest.mark.parametrize("use", ["simulate", "jacobian", "balance"])
def test_fluxes_have_names(fluxes, named, use):
    labels = () if use == "balance" else ({"A": "010"},)
    with pytest.raises(TypeError, match=re.escape(named)):
        getattr(Network(TOY, "F"), use)(fluxes, *labels)

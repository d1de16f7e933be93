"""Derivatives by the fluxes: autograd's are right, and `jacobian` gives the same."""

import re

import pytest
import torch
from engine import EXPERIMENTS, MEASURED
from networks import generated_network
from torch.autograd import gradcheck
from torch.func import jacrev

import SO_CONVOLVE_QUESTION as question
from fluxes import CENTRAL, TOY, TOY_FLUXES, Network, Unit, draw_central

FREE = {"v1": 100.0, "v3": 50.0, "v4": 20.0}
MIXTURE = {"A": {"010": 0.7, "101": 0.2, "000": 0.1}}
both_ways = pytest.mark.parametrize(
    "convolve", [None, question.convolve_fast], ids=["fast", "plain"]
)


def by_autograd(network, free, *arguments):
    """Return the derivatives (masses, F) by `free` fluxes, a dict of F numbers."""

    def measure(values):
        fluxes = network.balance(dict(zip(free, values, strict=True)))
        return network.simulate(fluxes, *arguments)[0]

    values = [float(flux) for flux in free.values()]
    return jacrev(measure)(torch.tensor(values, dtype=torch.float64))


def find_free(network, fluxes):
    """Return those of the `fluxes` from which the others follow."""
    free = dict(fluxes)
    for name in fluxes:
        fewer = {other: flux for other, flux in free.items() if other != name}
        try:
            network.balance(fewer)
        except ValueError:
            continue
        free = fewer
    return free


# ---- autograd --------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("natural", [0.0, 0.0107], ids="{} natural".format)
def test_autograd_gives_what_differences_give(natural, convolve):
    network = Network(TOY, "F", Unit("F", (1, 2)))

    def simulate(back, split):
        fluxes = network.balance({"v1": 100.0, "v3": back, "v4": split})
        return network.simulate(fluxes, MIXTURE, convolve, natural)

    pairs = torch.tensor([[50.0, 30], [20, 10]], dtype=torch.float64)
    assert gradcheck(simulate, [pair.requires_grad_() for pair in pairs])


@both_ways
def test_autograd_takes_fluxes_from_any_table(convolve):
    table, fluxes, labels, ends = generated_network(1, steps=4)
    network = Network(table, *ends)
    free = find_free(network, fluxes)

    def simulate(*values):
        balanced = network.balance(dict(zip(free, values, strict=True)))
        return network.simulate(balanced, labels, convolve)

    values = [torch.tensor([flux], dtype=torch.float64) for flux in free.values()]
    assert gradcheck(simulate, [value.requires_grad_() for value in values])


# ---- all of them at once ---------------------------------------------------------


@pytest.mark.parametrize("natural", [0.0, 0.0107], ids="{} natural".format)
def test_jacobian_is_autograds_on_the_papers_network(natural):
    network = Network(TOY, "F", Unit("F", (0, 2)), "A", "C")
    found = network.jacobian(FREE, MIXTURE, natural)
    assert found.shape == (1, 4 + 3 + 4 + 3, 3)
    wanted = by_autograd(network, FREE, MIXTURE, None, natural)
    torch.testing.assert_close(found[0], wanted, rtol=0, atol=1e-15)


def test_jacobian_is_autograds_on_the_larger_network():
    network, (labels, natural) = Network(CENTRAL, *MEASURED), EXPERIMENTS[1]
    free = draw_central(1)
    found = network.jacobian(free, labels, natural)
    wanted = by_autograd(network, free, labels, None, natural)
    torch.testing.assert_close(found[0], wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("seed", range(6))
def test_jacobian_is_autograds_on_random_networks(seed):
    table, fluxes, labels, ends = generated_network(seed)
    network = Network(table, *ends)
    free = find_free(network, fluxes)
    found = network.jacobian(free, labels)
    wanted = by_autograd(network, free, labels, question.convolve_fast)
    torch.testing.assert_close(found[0], wanted, rtol=0, atol=1e-13)


def test_the_columns_of_jacobian_are_in_the_order_of_the_free_fluxes():
    network, turned = Network(TOY, "F"), dict(reversed(FREE.items()))
    found = network.jacobian(turned, MIXTURE)
    torch.testing.assert_close(found.flip(2), network.jacobian(FREE, MIXTURE))


def test_jacobian_of_a_batch_is_each_vectors_own():
    network = Network(TOY, "F", Unit("F", (1, 2)))
    back = torch.linspace(0, 90, 8, dtype=torch.float64)
    together = network.jacobian(FREE | {"v3": back}, MIXTURE)
    assert together.shape == (8, 7, 3)
    for flux, slopes in zip(back, together, strict=True):
        alone = network.jacobian(FREE | {"v3": flux}, MIXTURE)
        torch.testing.assert_close(slopes, alone[0], rtol=0, atol=1e-15)


def test_jacobian_of_an_empty_batch_has_no_rows():
    none = dict.fromkeys(FREE, torch.zeros(0))
    assert Network(TOY, "F").jacobian(none, MIXTURE).shape == (0, 4, 3)


def test_masses_sum_up_to_one_so_their_derivatives_to_nothing():
    slopes = Network(TOY, "F").jacobian(FREE, MIXTURE)
    assert slopes.abs().max() > 1e-4
    assert slopes.sum(1).abs().max() < 1e-16


def test_only_proportions_count_so_along_the_fluxes_nothing_changes():
    slopes = Network(TOY, "F").jacobian(FREE, MIXTURE)
    along = slopes @ torch.tensor([*FREE.values()], dtype=torch.float64)
    assert along.abs().max() < 1e-14


@pytest.mark.parametrize(
    ("free", "labels", "named"),
    [
        ({"v1": 100, "v3": 50}, MIXTURE, "give more fluxes: v2, v4, v5, v6 don't"),
        (TOY_FLUXES | {"v2": 111}, MIXTURE, "B gains -1 in flux vector 0"),
        (FREE | {"v3": -1}, MIXTURE, "v3 is -1 in flux vector 0"),
        (FREE | {"v4": 0}, MIXTURE, "with flux vector 0 no substrate reaches C1"),
        (
            FREE | {"v4": torch.tensor([20, 20, 20, 0, 20])},
            MIXTURE,
            "with flux vector 3 no substrate reaches C1",
        ),
        (FREE, {"A": "01"}, "the label of A must be 3 of 0 and 1, not '01'"),
        (FREE, {}, "say which atoms of A are labelled"),
    ],
)
def test_what_simulate_refuses_jacobian_refuses(free, labels, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Network(TOY, "F").jacobian(free, labels)


# ---- what they are for -----------------------------------------------------------


def test_the_best_fragment_to_weigh_is_the_one_that_the_solution_names():
    widths = {}  # of the interval of v3, half of it, for F and some of its atoms
    for atoms in [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]:
        network = Network(TOY, "F", Unit("F", atoms))
        slopes = network.jacobian(FREE, {"A": "001"})[0, :, 1:]
        variance = 0.001**2 * torch.linalg.inv(slopes.T @ slopes)[0, 0]
        widths[atoms] = 1.96 * variance.item() ** 0.5
    assert min(widths, key=widths.get) == (0, 2)
    assert round(widths[0, 2], 1) == 5.2
    assert round(widths[1, 2]) == 109

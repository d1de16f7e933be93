"""The fast way loses no digits, and where there is no solution both ways say so."""

import math
import random

import pytest
import torch
from exact import exact_masses
from networks import generated_network

import native
import SO_CONVOLVE_QUESTION as question
from fluxes import TOY, TOY_FLUXES, Network, Unit
from fluxes.elimination import least_degree

both_ways = pytest.mark.parametrize(
    "convolve", [None, question.convolve_fast], ids=["fast", "plain"]
)
EPSILON = torch.finfo(torch.float64).eps


# ---- fractions of integers, which nothing rounds ---------------------------------


def relative_error(found, wanted):
    """Return by how much the masses `found` (1, masses) are off, as shares of each."""
    errors = []
    for mass, exact in zip(found[0].tolist(), wanted, strict=True):
        errors.append(abs(mass / exact - 1) if exact else math.inf if mass else 0)
    return float(max(errors))


def toy_vector(seed):
    """Return fluxes of TOY of very different sizes, some with no flux back."""
    rng = random.Random(seed)
    inflow = 10 ** rng.uniform(-6, 3)
    back = rng.choice([0.0, 1e3, 10 ** rng.uniform(-6, 3)])
    split = inflow * 10 ** rng.uniform(-6, -0.4)
    fluxes = Network(TOY).balance({"v1": inflow, "v3": back, "v4": split})
    return {name: flux.item() for name, flux in fluxes.items()}


def with_wide_exchange(fluxes, seed):
    """Return the `fluxes` with what flows back and forth from 1e-6 to 1e3, or zero."""
    rng = random.Random(seed)
    wide = dict(fluxes)
    for name in fluxes:
        if f"{name}_b" in fluxes:
            back = rng.choice([0.0, 1e3, 10 ** rng.uniform(-6, 3)])
            wide[name] = fluxes[name] - fluxes[f"{name}_b"] + back
            wide[f"{name}_b"] = back
    return wide


def test_the_fractions_give_the_published_masses():
    found = exact_masses(Network(TOY, "F"), TOY_FLUXES, {"A": {"010": 1}})
    assert sum(found) == 1
    assert [round(float(x), 4) for x in found] == [0.0001, 0.8008, 0.1983, 0.0009]


@both_ways
def test_the_published_masses_are_exact_to_the_last_digits(convolve):
    network = Network(TOY, "F")
    wanted = exact_masses(network, TOY_FLUXES, {"A": {"010": 1}})
    found = network.simulate(TOY_FLUXES, {"A": "010"}, convolve)
    assert relative_error(found, wanted) < 8 * EPSILON


@pytest.mark.parametrize("seed", range(12))
def test_each_mass_of_the_paper_is_exact_for_fluxes_of_any_size(seed):
    network, fluxes = Network(TOY, "F", Unit("F", (0, 2))), toy_vector(seed)
    labels = {"A": {"010": 0.75, "001": 0.25}}
    wanted = exact_masses(network, fluxes, labels, 0.0107)
    found = network.simulate(fluxes, labels, natural=0.0107)
    assert relative_error(found, wanted) < 16 * EPSILON


@pytest.mark.parametrize("natural", [0.0, 1e-4], ids="{} natural".format)
@pytest.mark.parametrize("seed", range(20))
def test_each_mass_is_exact_on_random_networks_with_fluxes_of_any_size(seed, natural):
    table, fluxes, labels, ends = generated_network(seed)
    network, fluxes = Network(table, *ends), with_wide_exchange(fluxes, seed)
    wanted = exact_masses(network, fluxes, labels, natural)
    found = network.simulate(fluxes, labels, natural=natural)
    assert relative_error(found, wanted) < 32 * EPSILON


def test_even_masses_of_one_in_ten_to_the_eighty_are_exact():
    network, labels = Network(TOY, "F"), {"A": {"000": 1}}
    wanted = exact_masses(network, TOY_FLUXES, labels, 1e-27)
    assert 0 < wanted[3] < 1e-80
    found = network.simulate(TOY_FLUXES, labels, natural=1e-27)
    assert relative_error(found, wanted) < 16 * EPSILON


@pytest.mark.parametrize("seed", range(20))
def test_the_plain_way_agrees_as_far_as_its_subtractions_let_it(seed):
    table, fluxes, labels, ends = generated_network(seed)
    network, fluxes = Network(table, *ends), with_wide_exchange(fluxes, seed)
    found = network.simulate(fluxes, labels, question.convolve_fast)
    wanted = network.simulate(fluxes, labels)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)


def test_where_little_flows_on_and_much_flows_back_the_plain_way_loses_digits():
    network, labels = Network(TOY, "F"), {"A": {"010": 1}}
    fluxes = network.balance({"v1": 1e-6, "v3": 1e3, "v4": 3e-7})
    wanted = exact_masses(network, fluxes, labels)
    fast = network.simulate(fluxes, labels)
    plain = network.simulate(fluxes, labels, question.convolve_fast)
    assert relative_error(fast, wanted) < 16 * EPSILON
    assert 1e-12 < relative_error(plain, wanted) < 1e-6


def test_a_hub_is_taken_out_when_little_hangs_on_it_any_more():
    leaves = {leaf: [0, 9] for leaf in (1, 2, 3, 4)}  # 9 is no unit: it is known before
    order = least_degree({0: [1, 2, 3, 4]} | leaves)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order.index(0) >= 3


# ---- where there is no solution --------------------------------------------------

LOOP = """
in: S -> B  a -> a
v: B -> C   a -> a
w: C -> D   a -> a
x: D -> B   a -> a
y: C -> B   a -> a
out: D -> E a -> a
"""
FED = {"in": 1, "v": 3, "w": 2, "x": 1, "y": 1, "out": 1}
# Round and round, and nothing in or out. 0.1 + 0.2 isn't 0.3: LU finds a last pivot.
UNFED = {"in": 0, "v": 0.1 + 0.2, "w": 0.1, "x": 0.1, "y": 0.2, "out": 0}


def in_row(row, fluxes, others):
    """Return five flux vectors: `fluxes` in that row, and `others` around them."""
    batch = {
        name: torch.full((5,), flux, dtype=torch.float64)
        for name, flux in others.items()
    }
    for name, flux in fluxes.items():
        batch[name][row] = flux
    return batch


@both_ways
def test_a_pool_without_any_flux_is_named(convolve):
    fluxes = Network(TOY).balance({"v1": 100, "v3": 50, "v4": 0})
    with pytest.raises(ValueError, match=r"flux vector 0 no substrate reaches C1$"):
        Network(TOY, "F").simulate(fluxes, {"A": "010"}, convolve)


@both_ways
def test_without_any_flux_all_units_are_named(convolve):
    network, fluxes = Network(TOY, Unit("F", (1,))), dict.fromkeys(TOY_FLUXES, 0)
    with pytest.raises(ValueError, match=r"reaches B2, B3, C1, D2, D3, F2$"):
        network.simulate(fluxes, {"A": "010"}, convolve)


@both_ways
@pytest.mark.parametrize("scale", [1, 1 / 3, 1e5, 1e-5])
def test_a_loop_that_no_flux_feeds_is_named_even_if_rounding_hides_it(scale, convolve):
    fluxes = {name: scale * flux for name, flux in UNFED.items()}
    with pytest.raises(
        ValueError, match="flux vector 0 no substrate reaches B1, C1, D1"
    ):
        Network(LOOP, "D").simulate(fluxes, {"S": "1"}, convolve)


@both_ways
@pytest.mark.parametrize("row", [0, 3])
def test_the_row_is_named_where_the_others_of_a_batch_can_be_solved(row, convolve):
    named = f"with flux vector {row} no substrate reaches B1, C1, D1, E1$"
    with pytest.raises(ValueError, match=named):
        Network(LOOP, "E").simulate(in_row(row, UNFED, FED), {"S": "1"}, convolve)


@both_ways
def test_what_is_not_behind_the_measured_may_lack_a_flux(convolve):
    table = f"{LOOP}\nz: S -> Z  a -> a"
    found = Network(table, "Z").simulate(UNFED | {"z": 1}, {"S": "1"}, convolve)
    assert found.tolist() == [[0, 1]]


@both_ways
def test_fluxes_too_small_for_a_float_are_told(convolve):
    network = Network("v: A -> B  a -> a\nw: B -> C  a -> a", "C")
    with pytest.raises(ValueError, match="masses of flux vector 0 don't sum up to 1"):
        network.simulate({"v": 1e-320, "w": 1e-320}, {"A": "1"}, convolve)


@pytest.mark.slow
@pytest.mark.skipif(not native.has_compiler(), reason=native.NO_COMPILER)
def test_compiled_it_gives_the_same_masses_and_names_the_same_row():
    network, plain = Network(TOY, "F"), Network(TOY, "F")
    network.compile()
    batch = in_row(3, TOY_FLUXES | {"v3": 0, "v2": 60}, TOY_FLUXES)
    found = network.simulate(batch, {"A": "010"})
    wanted = plain.simulate(batch, {"A": "010"})
    torch.testing.assert_close(found, wanted, rtol=1e-14, atol=0)
    without = network.balance({"v1": 100.0, "v3": 50.0, "v4": 0.0})
    with pytest.raises(ValueError, match=r"flux vector 3 no substrate reaches C1$"):
        network.simulate(in_row(3, without, TOY_FLUXES), {"A": "010"})


def test_a_convolution_that_is_none_is_told():
    def off(a, v):
        return 2 * question.convolve_fast(a, v)

    with pytest.raises(ValueError, match="or does `convolve` return no full"):
        Network(TOY, "F").simulate(TOY_FLUXES, {"A": "010"}, off)


@pytest.mark.slow
@pytest.mark.skipif(not native.has_compiler(), reason=native.NO_COMPILER)
def test_compiled_networks_of_one_shape_keep_apart():
    first, second, *others = TOY.strip().splitlines()
    turned = "\n".join([*others, second, first])  # the fluxes in another order
    for table in (TOY, turned):
        network = Network(table, "F")
        wanted = network.simulate(TOY_FLUXES, {"A": "010"}, question.convolve_fast)
        network.compile()
        found = network.simulate(TOY_FLUXES, {"A": "010"})
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)

"""Fits find the fluxes behind the masses, and say how sure they are."""

import pytest
import torch

from fluxes import TOY, Network, Unit, covariance, fit_fluxes

UPTAKE, TRUTH = {"v1": 100.0}, {"v3": 50.0, "v4": 20.0}
LIMITS = {"v3": (0.1, 150.0), "v4": (0.1, 40.0)}


def test_a_fit_finds_the_fluxes_behind_exact_masses():
    network = Network(TOY, "F", Unit("F", (1, 2)))
    wanted = torch.tensor([[50.0, 20.0], [30.0, 10.0], [90.0, 35.0]]).double()
    v3, v4 = wanted.unbind(1)
    fluxes = network.balance(UPTAKE | {"v3": v3, "v4": v4})
    data = network.simulate(fluxes, {"A": "010"})
    start = {"v3": 40.0, "v4": 15.0}
    found = fit_fluxes(network, data, {"A": "010"}, UPTAKE, start, LIMITS)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=0)


def test_a_flux_at_its_limit_leaves_the_others_at_their_best():
    network, labels = Network(TOY, "F"), {"A": "010"}
    data = network.simulate(network.balance(UPTAKE | TRUTH), labels)
    limits = LIMITS | {"v3": (60.0, 150.0)}  # the truth, 50, isn't allowed
    [fit] = fit_fluxes(network, data, labels, UPTAKE, {"v3": 80.0, "v4": 20.0}, limits)
    v4 = torch.linspace(15, 25, 10_001, dtype=torch.float64)
    fluxes = network.balance(UPTAKE | {"v3": 60.0, "v4": v4})
    off = (network.simulate(fluxes, labels) - data).square().sum(1)
    assert fit[0] == 60
    assert abs(fit[1] - v4[off.argmin()]) < 1e-3


def test_the_covariance_is_that_of_a_thousand_fits():
    network, labels = Network(TOY, "F", Unit("F", (1, 2))), {"A": "010"}
    generator = torch.Generator().manual_seed(0)
    exact = network.simulate(network.balance(UPTAKE | TRUTH), labels)
    noise = 1e-4 * torch.randn(1_000, exact.shape[1], generator=generator)
    found = fit_fluxes(network, exact + noise, labels, UPTAKE, TRUTH, LIMITS)
    predicted = covariance(network, labels, UPTAKE, TRUTH, 1e-4)
    torch.testing.assert_close(found.T.cov(), predicted, rtol=0.15, atol=0)


def test_masses_that_cannot_tell_fluxes_apart_are_refused():
    with pytest.raises(ValueError, match="these masses can't tell v3 from v4"):
        covariance(Network(TOY, "F"), {"A": "111"}, UPTAKE, TRUTH, 1e-3)

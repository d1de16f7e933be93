"""The networks made at random are as large as they are said to be, and balance."""

from collections import Counter

import pytest
import torch
from networks import LARGE, generated_network, more_flux_vectors

from fluxes import Network, read_reactions
from fluxes.reactions import find_balanced, find_substrates


def gains(table, fluxes):
    """Return what each metabolite between gains, as shares of all fluxes."""
    reactions, gain = read_reactions(table), Counter()
    for reaction in reactions:
        for side, sign in [(reaction.left, -1), (reaction.right, 1)]:
            for metabolite, _ in side:
                gain[metabolite] += sign * reaction.share * fluxes[reaction.name]
    total = sum(fluxes.values())
    return torch.stack(
        [torch.as_tensor(gain[name] / total) for name in find_balanced(reactions)]
    )


@pytest.mark.parametrize("size", [LARGE, *({"seed": seed} for seed in range(20))])
def test_the_fluxes_balance(size):
    table, fluxes, _, _ = generated_network(**size)
    assert min(fluxes.values()) > 0
    assert gains(table, fluxes).abs().max() < 1e-14


@pytest.mark.parametrize("size", [LARGE, *({"seed": seed} for seed in range(5))])
def test_more_flux_vectors_balance_and_differ(size):
    table, fluxes, _, _ = generated_network(**size)
    vectors = more_flux_vectors(fluxes, 10)
    assert vectors.keys() == fluxes.keys()
    assert min(flux.min() for flux in vectors.values()) > 0
    assert gains(table, vectors).abs().max() < 1e-14
    assert len(vectors["v0"].unique()) == 10


@pytest.mark.parametrize("seed", range(20))
def test_all_substrates_have_labels_and_all_ends_are_reached(seed):
    table, _, labels, ends = generated_network(seed)
    reactions = read_reactions(table)
    assert labels.keys() == find_substrates(reactions)
    assert {sum(mixture.values()) for mixture in labels.values()} == {1}
    assert Network(table, *ends).fed


def test_a_seed_is_a_network_and_another_is_another():
    assert generated_network(1) == generated_network(1)
    assert generated_network(1)[0] != generated_network(2)[0]


def test_the_large_one_is_as_large_as_a_model_of_a_cell():
    table, fluxes, _, ends = generated_network(**LARGE)
    network = Network(table, *ends)
    assert len(network.names) == len(fluxes) == 127
    assert 150 < sum(len(unit.atoms) + 1 for unit in network.measured) < 170
    assert 5 < max(network.sizes.values()) <= LARGE["largest"]
    assert any(name.endswith("_b") for name in network.names)
    assert any(reaction.share < 1 for reaction in network.reactions)
    assert max(len(block.units) for block in network.blocks) > 10
    assert len(network.joins()) > 10

"""The simulator of labelled atoms gives the published numbers, and an enumeration's."""

import random
import re
from itertools import product

import pytest
import torch

import SO_CONVOLVE_QUESTION as question
from fluxes import TOY, TOY_FLUXES, Network, Unit, read_reactions

LABELS = {"A": "010"}


def test_it_gives_the_published_mass_distribution():
    found = Network(TOY, "F").simulate(TOY_FLUXES, LABELS, question.convolve_fast)
    assert found.shape == (1, 4)
    assert [round(x, 4) for x in found[0].tolist()] == [0.0001, 0.8008, 0.1983, 0.0009]


def test_it_finds_the_units_of_the_paper_and_where_they_join():
    network = Network(TOY, "F")
    assert {str(unit) for unit in network.sources} == {
        *("F123", "D123", "B123"),
        *("B23", "D23", "C1"),
        *("B2", "D2", "B3", "D3"),
    }
    joined = [tuple(map(str, pair)) for pair in network.convolutions()]
    assert joined == [("B23", "C1"), ("B3", "C1")]


# ---- an enumeration of isotopomers, which knows nothing of units -------------------


def enumerated(table, fluxes, labels, metabolite):
    """Return the mass distribution of `metabolite`, from that of all isotopomers.

    An isotopomer is a molecule with a certain pattern of labelled atoms. Every pool is
    mixed from what flows into it, until nothing changes any more.
    """
    reactions = read_reactions(table)
    sizes = {n: len(t) for r in reactions for n, t in r.left + r.right}
    pools = {name: {"0" * k: 1.0} for name, k in sizes.items()}
    pools |= {name: {pattern: 1.0} for name, pattern in labels.items()}
    for _ in range(400):
        inflow = {name: {} for name in sizes if name not in labels}
        for reaction in reactions:
            names = [name for name, _ in reaction.left]
            for patterns in product(*(pools[name] for name in names)):
                share = fluxes[reaction.name]
                atoms = {}
                for (name, letters), pattern in zip(
                    reaction.left, patterns, strict=True
                ):
                    share *= pools[name][pattern]
                    atoms |= dict(zip(letters, pattern, strict=True))
                for name, letters in reaction.right:
                    made = "".join(atoms[letter] for letter in letters)
                    inflow[name][made] = inflow[name].get(made, 0) + share
        for name, flows in inflow.items():
            total = sum(flows.values())
            pools[name] = {pattern: flow / total for pattern, flow in flows.items()}
    masses = [0.0] * (sizes[metabolite] + 1)
    for pattern, share in pools[metabolite].items():
        masses[pattern.count("1")] += share
    return masses


def test_the_enumeration_gives_the_published_numbers_too():
    found = enumerated(TOY, TOY_FLUXES, LABELS, "F")
    assert [round(x, 4) for x in found] == [0.0001, 0.8008, 0.1983, 0.0009]


def generated_network(seed):
    """Return a table, fluxes, labels and the metabolites at the end, at random.

    Open pools are permuted, split, joined, or exchanged with a twin; all fluxes onwards
    are 1, and so every pool is balanced.
    """
    rng = random.Random(seed)
    lines, fluxes, labels, pools = [], {}, {}, {}

    def react(left, right, flux=1.0):
        """Take `left` pools to new pools of the sizes `right`, atoms shuffled."""
        letters = iter("abcdefgh")
        old = ["".join(next(letters) for _ in range(sizes[n])) for n in left]
        atoms = list("".join(old))
        rng.shuffle(atoms)
        new = ["".join(atoms[sum(right[:k]) :][:size]) for k, size in enumerate(right)]
        names = [f"M{len(sizes) + k}" for k in range(len(right))]
        add(left, names, old, new, flux)
        sizes.update(zip(names, right, strict=True))
        pools.update(zip(names, right, strict=True))
        for name in left:
            pools.pop(name)
        return names, old, new

    def add(left, right, old, new, flux):
        name = f"v{len(lines)}"
        sides = [" + ".join(side) for side in (left, right, old, new)]
        lines.append("{}: {} -> {}  {} -> {}".format(name, *sides))
        fluxes[name] = flux

    sizes = {}
    for k in range(3):
        sizes[f"S{k}"] = rng.randint(1, 3)
        labels[f"S{k}"] = "".join(rng.choices("01", k=sizes[f"S{k}"]))
        pools[f"S{k}"] = sizes[f"S{k}"]
        react([f"S{k}"], [sizes[f"S{k}"]])
    for _ in range(6):
        some = rng.sample(sorted(pools), min(2, len(pools)))
        first = some[0]
        kind = rng.choice(["permute", "split", "join", "exchange"])
        if kind == "join" and len(some) == 2 and sum(sizes[n] for n in some) <= 5:
            react(some, [sum(sizes[n] for n in some)])
        elif kind == "split" and sizes[first] > 1:
            react([first], [1, sizes[first] - 1])
        elif kind == "exchange":
            names, old, new = react([first], [sizes[first]], flux=3.5)
            add(names, [first], new, old, 2.5)
        else:
            react([first], [sizes[first]])
    for name in sorted(pools):  # what flows in must flow out
        react([name], [sizes[name]])
    return "\n".join(lines), fluxes, labels, sorted(pools)


@pytest.mark.parametrize("seed", range(25))
def test_it_agrees_with_the_enumeration_on_random_networks(seed):
    table, fluxes, labels, ends = generated_network(seed)
    for end in ends:
        found = Network(table, end).simulate(fluxes, labels, question.convolve_fast)
        wanted = [enumerated(table, fluxes, labels, end)]
        torch.testing.assert_close(found.tolist(), wanted, rtol=0, atol=1e-9)


# ---- batches, and any convolution ------------------------------------------------


def flux_vectors(count):
    """Return balanced fluxes for the paper's network, chosen at random."""
    generator = torch.Generator().manual_seed(0)
    draw = torch.rand(3, count, generator=generator, dtype=torch.float64)
    forward, back, split = 1 + draw[0], draw[1], 0.1 + 0.3 * draw[2]
    # B gains v1 + v3, and loses v2 + v4 + v5; C gains v4, and loses v5.
    v4 = v5 = split
    v2 = forward + back - v4 - v5
    v6 = v2 + v5 - back
    return {"v1": forward, "v2": v2, "v3": back, "v4": v4, "v5": v5, "v6": v6}


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
    ],
)
def test_a_table_with_a_fault_is_refused_by_its_line(table, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_reactions(table)


def test_a_loop_without_a_source_is_named():
    table = "v1: A -> B  a -> a\nv2: C -> D  a -> a\nv3: D -> C  a -> a"
    with pytest.raises(ValueError, match="no substrate reaches C1, D1"):
        Network(table, "D")


def test_a_loop_that_no_flux_feeds_is_named():
    table = "v1: A -> B  a -> a\nv2: B -> C  a -> a\nv3: C -> B  a -> a"
    network = Network(table, "C")
    fluxes = {"v1": 0, "v2": 1, "v3": 1}
    with pytest.raises(ValueError, match="no substrate reaches all of C1, B1"):
        network.simulate(fluxes, {"A": "1"}, question.convolve_fast)


@pytest.mark.parametrize(
    ("change", "labels", "named"),
    [
        ({"v2": 111}, LABELS, "B gains -1 in flux vector 0"),
        ({"v6": torch.tensor([80.0, 90])}, LABELS, "D gains -10 in flux vector 1"),
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


def test_an_unknown_metabolite_is_named():
    with pytest.raises(ValueError, match="no reaction names G"):
        Network(TOY, "G")

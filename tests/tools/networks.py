"""Networks made at random, with fluxes that balance: for tests, and for benchmarks."""

import random

import torch
from torch import Tensor

NEAR = 8  # pools
LARGE = {"seed": 21, "substrates": 4, "steps": 54, "largest": 6}  # 127 reactions


def generated_network(
    seed: int, substrates: int = 3, steps: int = 7, largest: int = 4
) -> tuple[str, dict[str, float], dict[str, dict[str, float]], list[str]]:
    """Return a table, fluxes that balance, labels, and the metabolites at the end.

    Pools are filled from the substrates. Some of what a pool holds is permuted, split
    or joined into a pool that is new or an old one (so there are cycles), some of it
    both ways, or either way round. What is left in the end flows out. Pools react with
    those that were made at about the same time: a cell has pathways, too. `largest` is
    the number of atoms that a molecule has at most.
    """
    rng = random.Random(seed)
    lines, fluxes, labels, sizes, stock = [], {}, {}, {}, {}

    def react(left, right, flux, both=False):
        """Let `flux` flow from `left` to the pools `right`, atoms shuffled."""
        letters = "abcdefghijklmnopqrstuvwxyz"[: sum(sizes[n] for n in left)]
        atoms = rng.sample(letters, len(letters))
        old, new = [], []
        for names, source, words in [(left, letters, old), (right, atoms, new)]:
            rest = iter(source)
            words += ["".join(next(rest) for _ in range(sizes[n])) for n in names]
        if rng.random() < 0.15:
            new[0] = f"{new[0]}|{new[0][::-1]}"
        name, arrow = f"v{len(lines)}", "<->" if both else "->"
        sides = [" + ".join(side) for side in (left, right, old, new)]
        lines.append(
            "{}: {} {arrow} {}  {} {arrow} {}".format(name, *sides, arrow=arrow)
        )
        back = rng.uniform(0.1, 3) * flux if both else 0.0
        fluxes.update({name: flux + back} | ({f"{name}_b": back} if both else {}))
        for pool in left:
            stock[pool] -= flux
        for pool in right:
            stock[pool] = stock.get(pool, 0.0) + flux

    def new_pool(size):
        name = f"M{len(sizes)}"
        sizes[name] = size
        return name

    def pool_of(size):
        """Return an old pool of that size, or a new one."""
        old = [name for name in list(stock)[-NEAR:] if sizes[name] == size]
        return rng.choice(old) if old and rng.random() < 0.4 else new_pool(size)

    for k in range(substrates):
        substrate, size = f"S{k}", rng.randint(1, largest)
        sizes[substrate] = size
        kinds = {"".join(rng.choices("01", k=size)) for _ in range(2)}
        labels[substrate] = {pattern: 1 / len(kinds) for pattern in sorted(kinds)}
        react_from = {substrate: rng.uniform(1, 5)}
        stock.update(react_from)
        react([substrate], [new_pool(size)], react_from[substrate])
        del stock[substrate]
    for _ in range(steps):
        left = rng.sample(list(stock)[-NEAR:], min(2, len(stock)))
        if sum(sizes[name] for name in left) > largest or rng.random() < 0.5:
            left = left[:1]
        total = sum(sizes[name] for name in left)
        first = rng.randint(1, total)
        right = [pool_of(size) for size in (first, total - first) if size]
        flux = rng.uniform(0.2, 0.8) * min(stock[name] for name in left)
        react(left, right, flux, both=rng.random() < 0.4)
    ends = []
    for pool in sorted(stock):
        ends.append(new_pool(sizes[pool]))
        react([pool], ends[-1:], stock[pool])
    return "\n".join(lines), fluxes, labels, ends


def more_flux_vectors(
    fluxes: dict[str, float], count: int, seed: int = 0
) -> dict[str, Tensor]:
    """Return `count` flux vectors, (count,) each, that balance as the `fluxes` do.

    What flows back and forth is drawn anew, and all of a vector scaled.
    """
    generator = torch.Generator().manual_seed(seed)

    def draw():
        return torch.rand(count, generator=generator, dtype=torch.float64)

    scale, vectors = 0.5 + draw(), {}
    for name, flux in fluxes.items():
        if not name.endswith("_b"):
            net = flux - fluxes.get(f"{name}_b", 0)
            back = 3 * net * draw() if f"{name}_b" in fluxes else 0
            vectors[name] = (net + back) * scale
            if f"{name}_b" in fluxes:
                vectors[f"{name}_b"] = back * scale
    return vectors

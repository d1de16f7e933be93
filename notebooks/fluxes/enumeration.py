"""A second simulator, slow and simple: it knows no units and solves no equations.

It has the table of reactions in common with the first, and nothing else. So the two can
check each other.
"""

from collections.abc import Mapping
from itertools import product

import torch
from torch import Tensor

from .reactions import Reaction, count_atoms


def enumerate_patterns(
    reactions: list[Reaction],
    fluxes: Mapping[str, float],
    labels: Mapping[str, Mapping[str, float]],
) -> dict[str, Tensor]:
    """Return each metabolite's share of every pattern, float64 (2, ..., 2).

    Every pool is mixed from what flows into it, until nothing changes any more. The
    `labels` are mixtures, a dict of pattern -> share for each substrate.
    """
    pools = {
        name: torch.zeros([2] * k, dtype=torch.float64)
        for name, k in count_atoms(reactions).items()
    }
    for name, pool in pools.items():
        for pattern, share in labels.get(name, {"0" * pool.ndim: 1}).items():
            pool[tuple(map(int, pattern))] += share
    change = 1.0
    while change > 1e-14:
        inflow = {name: torch.zeros_like(pool) for name, pool in pools.items()}
        for r in reactions:
            left = ",".join(atoms for _, atoms in r.left)
            given = [pools[name] for name, _ in r.left]
            for name, atoms in r.right:
                made = torch.einsum(f"{left}->{atoms}", *given)
                inflow[name] += fluxes[r.name] * r.share * made
        mixed = {n: flow / flow.sum() for n, flow in inflow.items() if n not in labels}
        change = max(float((mixed[n] - pools[n]).abs().max()) for n in mixed)
        pools |= mixed
    return pools


def count_heavy(shares: Tensor) -> Tensor:
    """Return the mass distribution (atoms + 1,) of a molecule from its patterns'.

    `shares` is of (2, ..., 2), an axis an atom, as `enumerate_patterns` returns them.
    """
    heavy = torch.tensor([sum(p) for p in product((0, 1), repeat=shares.ndim)])
    masses = torch.zeros(shares.ndim + 1, dtype=shares.dtype)
    return masses.index_add(0, heavy, shares.flatten())

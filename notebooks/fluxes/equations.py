"""Blocks: which units are solved together, in which order, by which equations."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from .tracing import MadeOf, Unit


class Block(NamedTuple):
    """Units of one size that feed each other, and what their balance is made of.

    For K units, S sources and R reactions, a flux vector (R,) times `within` (R, K, K)
    gives the matrix of the balance; times `inflow` (R, K, S), what each source brings;
    both are float64. A source is a tuple of units solved before: one, or several that
    join, the last to the others. `joins` are the sources, and parts of them, that no
    block before has.
    """

    units: list[Unit]
    sources: list[tuple[Unit, ...]]
    joins: list[tuple[Unit, ...]]
    within: torch.Tensor
    inflow: torch.Tensor


def make_blocks(made_of: MadeOf, names: Sequence[str]) -> list[Block]:
    """Return the blocks of all units, in the order in which they can be solved.

    `made_of` is what `trace` returns; `names` are those of the reactions, in the order
    of a flux vector.
    """
    blocks, joined = [], set()
    for size in sorted({len(unit.atoms) for unit in made_of}):
        for units in _that_feed_each_other(made_of, size):
            blocks.append(_block(units, made_of, names, joined))
            joined.update(blocks[-1].joins)
    return blocks


def _that_feed_each_other(made_of, size):
    """Return lists of the units of a size, those first that feed the others.

    These are a graph's strongly connected components; a library for graphs would be one
    more to install, for the two lines after Warshall's name.
    """
    units = [unit for unit in made_of if len(unit.atoms) == size]
    needs = torch.eye(len(units), dtype=torch.bool)  # a row for each that is fed
    for k, unit in enumerate(units):
        for _, parts, _ in made_of[unit]:
            if parts[0] in units:
                needs[k, units.index(parts[0])] = True
    for k in range(len(units)):  # Warshall: whoever needs k needs what k needs
        needs |= needs[:, k, None] & needs[k]
    together = [tuple(row.nonzero().flatten().tolist()) for row in needs & needs.T]
    in_order = sorted(set(together), key=lambda block: (needs[block[0]].sum(), block))
    return [[units[k] for k in block] for block in in_order]


def _block(units, made_of, names, joined):
    made = [(unit, *way) for unit in units for way in made_of[unit]]
    sources = sorted({parts for *_, parts, _ in made if parts[0] not in units})
    steps = {parts[:k] for parts in sources for k in range(2, len(parts) + 1)}
    joins = sorted(steps - joined, key=lambda parts: (len(parts), parts))
    R, K, S = len(names), len(units), len(sources)
    within = torch.zeros(R, K, K, dtype=torch.float64)
    inflow = torch.zeros(R, K, S, dtype=torch.float64)
    for unit, name, parts, count in made:
        r, k = names.index(name), units.index(unit)
        within[r, k, k] += count
        if parts[0] in units:  # then alone: units that join are smaller
            within[r, k, units.index(parts[0])] -= count
        else:
            inflow[r, k, sources.index(parts)] += count
    return Block(units, sources, joins, within, inflow)

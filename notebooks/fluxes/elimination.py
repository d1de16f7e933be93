"""The fast way: the same balances, solved column by column, batch last.

Where a unit's flow comes from is a dict of few places, not a row of zeros; and each
number is a column (B,), one for each flux vector, that torch works on at a stretch. To
solve, one unit after the other is taken out and its flow rerouted: who got something
from it now gets it from where it came from. That is Gauss's elimination for a matrix
whose diagonal is what flows in and whose other numbers are what flows on. It adds,
multiplies and divides, and never subtracts, so it needs no pivots and loses no digits.

Source: W. K. Grassmann, M. I. Taksar and D. P. Heyman, Operations Research 33 (1985)
1107-1116, doi:10.1287/opre.33.5.1107. The order is that of least degree: H. M.
Markowitz, Management Science 3 (1957) 255-269, doi:10.1287/mnsc.3.3.255.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .equations import Block
from .tracing import MadeOf, Unit

Terms = list[tuple[int, float]]  # the reactions that bring a flow, and how much of each
Flows = dict[int, dict[int, Tensor]]  # a fragment -> where its flow is from -> (B,)


class Step(NamedTuple):
    """What it takes to solve a block. Fragments, single or joined, are numbered.

    `joins` are (whole, left, right); `flows` has for each unit, in the order in which
    they are taken out, a dict of where its flow is from -> `Terms`; `done` are the
    fragments that no later step needs.
    """

    joins: list[tuple[int, int, int]]
    flows: dict[int, dict[int, Terms]]
    done: list[int]


class Rerouted(NamedTuple):
    """What is left of the flows of a block when all of its units are taken out.

    `shares` has for each unit where its flow is from, as shares of it (B,) that sum up
    to 1: from units behind it, and from what is known before. `passed` has for each the
    units behind it that got something from it, and how much; `once` is 1 over all that
    flowed into it. All are in the order of elimination.
    """

    shares: Flows
    passed: Flows
    once: dict[int, Tensor]


def plan(
    blocks: Sequence[Block],
    made_of: MadeOf,
    names: Sequence[str],
    measured: Sequence[Unit],
) -> tuple[dict[tuple[Unit, ...], int], list[Step]]:
    """Return the number of each fragment, and the steps that solve the `blocks`."""
    numbers, steps = {}, []

    def number(parts):
        return numbers.setdefault(tuple(parts), len(numbers))

    for block in blocks:
        joins = [
            (number(parts), number(parts[:-1]), number(parts[-1:]))
            for parts in block.joins
        ]
        flows = {}
        for unit in block.units:
            row = flows[number([unit])] = {}
            for name, parts, count in made_of[unit]:
                if parts != (unit,):  # what it gives itself cancels
                    terms = row.setdefault(number(parts), [])
                    terms.append((names.index(name), count))
        steps.append(Step(joins, {k: flows[k] for k in least_degree(flows)}, []))
    last = {}
    for step in steps:
        for whole, left, right in step.joins:
            last[whole] = last[left] = last[right] = step
        for unit, row in step.flows.items():
            last |= dict.fromkeys([unit, *row], step)
    for unit in measured:
        last.pop(number([unit]), None)
    for fragment, step in last.items():
        step.done.append(fragment)
    return numbers, steps


def least_degree(flows: Mapping[int, Mapping[int, object]]) -> list[int]:
    """Return the units in the order of elimination that seems to make fewest flows."""
    rows = {unit: set(row) for unit, row in flows.items()}
    order = []
    while rows:

        def new_flows(unit):
            return len(rows[unit]) * sum(unit in row for row in rows.values())

        unit = min(rows, key=new_flows)
        row = rows.pop(unit)
        order.append(unit)
        for other, its in rows.items():
            if unit in its:
                its |= row
                its -= {unit, other}
    return order


def solve_columns(
    steps: Sequence[Step], v: Sequence[Tensor], known: dict[int, Tensor]
) -> None:
    """Solve the `steps` in order, into `known`, a dict of fragment -> (atoms + 1, B).

    `v` are the fluxes, a column (B,) for each reaction. The substrates' fragments are
    known before, (atoms + 1, 1). What no later step needs is forgotten: memory that is
    used again is still in the processor's cache.
    """
    for step in steps:
        solve_step(step, v, known)
        for fragment in step.done:
            del known[fragment]


def solve_step(step: Step, v: Sequence[Tensor], known: dict[int, Tensor]) -> Rerouted:
    """Solve a step into `known`, see `solve_columns`; return how it was rerouted."""
    for whole, left, right in step.joins:
        known[whole] = join(known[left], known[right])
    flows = {
        unit: {source: total(v, terms) for source, terms in row.items()}
        for unit, row in step.flows.items()
    }
    rerouted = reroute(flows)
    for unit, shares in reversed(rerouted.shares.items()):
        known[unit] = mix(shares, known)
    return rerouted


def total(v: Sequence[Tensor], terms: Terms) -> Tensor:
    """Return the flow (B,) that the `terms` bring."""
    flows = [v[r] if count == 1 else count * v[r] for r, count in terms]
    return sum(flows[1:], start=flows[0])


def reroute(flows: Flows) -> Rerouted:
    """Take one unit after the other out, in the order of `flows`, which it empties."""
    rerouted = Rerouted({}, {}, {})
    for unit in list(flows):
        row = flows.pop(unit)
        first, *others = row.values()
        once = sum(others, start=first).reciprocal()
        shares = {source: flow * once for source, flow in row.items()}
        passed = {o: its.pop(unit) for o, its in flows.items() if unit in its}
        for other, flow in passed.items():
            its = flows[other]
            for source, share in shares.items():
                if source in its:
                    its[source] = torch.addcmul(its[source], flow, share)
                elif source != other:  # what comes back is left out
                    its[source] = flow * share
        rerouted.shares[unit] = shares
        rerouted.passed[unit] = passed
        rerouted.once[unit] = once
    return rerouted


def mix(shares: Mapping[int, Tensor], known: Mapping[int, Tensor]) -> Tensor:
    """Return the masses (atoms + 1, B) of what is mixed from `known` in `shares`."""
    (first, share), *others = shares.items()
    mixed = share * known[first]
    for source, share in others:
        mixed.addcmul_(share, known[source])
    return mixed


def join(a: Tensor, b: Tensor) -> Tensor:
    """Return the full convolution of (m, B) and (n, B), column by column."""
    if len(a) < len(b):
        a, b = b, a
    shape = torch.broadcast_shapes(a.shape[1:], b.shape[1:])
    joined = a.new_zeros(len(a) + len(b) - 1, *shape)
    for k, row in enumerate(b):
        joined[k : k + len(a)].addcmul_(a, row)
    return joined

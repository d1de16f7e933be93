"""How the masses change with the fluxes, in one way back for each unit measured.

Which mass k of what is measured changes with which mass i of a unit behind it? Only
their difference k - i counts: it is the number of labelled atoms that come from
elsewhere. So the derivatives of all masses by all masses of a unit are *one* row of
numbers, a polynomial, and one way back through the steps gives a measured unit's
derivatives by everything: as autograd does it, for all masses at once.
"""

from collections.abc import Iterator, Sequence

from torch import Tensor

from .elimination import Rerouted, Step, join, solve_step


def flux_jacobians(
    steps: Sequence[Step], v: Tensor, known: dict[int, Tensor], measured: Sequence[int]
) -> Iterator[Tensor]:
    """Yield for each `measured` its derivatives by all fluxes, float64 (R, masses, B).

    `v` are the fluxes (R, B); the substrates' fragments are `known`, (atoms + 1, 1).
    """
    rerouted = [solve_step(step, v.unbind(), known) for step in steps]
    for unit in measured:
        slopes = v.new_zeros(len(v), len(known[unit]), v.shape[1])
        weights = {unit: v.new_ones(1, v.shape[1])}
        for step, its in zip(reversed(steps), reversed(rerouted), strict=True):
            _go_back(step, its, known, weights, slopes)
        yield slopes


def _go_back(step, rerouted: Rerouted, known, weights, slopes):
    """Add to `slopes` (R, masses, B) what a step gives, and weigh what it is made of.

    `weights` is a dict of fragment -> (masses - its atoms, B), the derivatives by it.
    """
    for unit, shares in rerouted.shares.items():
        for source, share in shares.items() if unit in weights else ():
            _add(weights, source, share * weights[unit])
    by_inflow = {}  # the derivatives by what flows into a unit besides
    for unit, once in reversed(rerouted.once.items()):
        weight = {unit: weights[unit]} if unit in weights else {}
        for other, flow in rerouted.passed[unit].items():
            if other in by_inflow:
                _add(weight, unit, flow * by_inflow[other])
        if weight:
            by_inflow[unit] = weight[unit] * once
    for unit, weight in by_inflow.items():
        for source, terms in step.flows[unit].items():
            longer, shorter = weight, known[source] - known[unit]
            if len(longer) < len(shorter):
                longer, shorter = shorter, longer
            for r, count in terms:
                for k, row in enumerate(shorter):  # they join, in place
                    slopes[r, k : k + len(longer)].addcmul_(longer, row, value=count)
    for whole, left, right in reversed(step.joins):
        if whole in weights:
            _add(weights, left, join(weights[whole], known[right]))
            _add(weights, right, join(weights[whole], known[left]))


def _add(weights, fragment, weight):
    weights[fragment] = weights[fragment] + weight if fragment in weights else weight

"""Fluxes: how they follow from the balances, and which are refused.

In a steady state nothing piles up: what flows into a metabolite flows out of it. With
the stoichiometric matrix S and a flux vector v that is S v = 0.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from .reactions import Reaction, find_balanced

Fluxes = Mapping[str, float | Tensor]  # reaction -> a number or (B,), float64


def complete_fluxes(reactions: Sequence[Reaction], given: Fluxes) -> dict[str, Tensor]:
    """Return all fluxes (B,), float64: those given, and those that follow from them.

    Raises ValueError: as `flux_vectors`, and naming the fluxes that don't follow.
    """
    names = _names(reactions, given)
    rest = [name for name in names if name not in given]
    S = _stoichiometric_matrix(reactions)
    known = S[:, [names.index(name) for name in names if name in given]]
    unknown = S[:, [names.index(name) for name in rest]]
    inverse = torch.linalg.pinv(unknown)  # of known @ given + unknown @ rest = 0
    fixed = (inverse @ unknown).diagonal() > 1 - 1e-9
    if not fixed.all():
        open_ = [n for n, is_fixed in zip(rest, fixed, strict=True) if not is_fixed]
        raise ValueError(f"give more fluxes: {', '.join(open_)} don't follow")
    v = _stack([given[name] for name in names if name in given])
    follow = -v @ (inverse @ known).T
    every = dict(given) | dict(zip(rest, follow.unbind(1), strict=True))
    v = flux_vectors(reactions, every)
    return dict(zip(names, v.unbind(1), strict=True))


def flux_vectors(reactions: Sequence[Reaction], fluxes: Fluxes) -> Tensor:
    """Return the fluxes of all R reactions as float64 (B, R), checked.

    Raises ValueError: a name that no reaction has, a flux that is missing, negative or
    not finite, shapes that aren't one (B,), a metabolite whose inflow isn't its
    outflow.
    """
    names = _names(reactions, fluxes)
    missing = [name for name in names if name not in fluxes]
    if missing:
        raise ValueError(f"no flux is given for {', '.join(missing)}")
    v = _stack([fluxes[name] for name in names])
    rounding = 1e-9 * v.abs().nansum(1, keepdim=True)
    wrong = ~((v >= -rounding) & (v < torch.inf))
    if wrong.any():
        row, r = wrong.nonzero()[0].tolist()
        raise ValueError(
            f"{names[r]} is {v[row, r].item():g} in flux vector {row}: "
            "a flux is finite and not negative"
        )
    gain = v @ _stoichiometric_matrix(reactions).T
    off = gain.abs() > rounding
    if off.any():
        row, k = off.nonzero()[0].tolist()
        metabolite, much = find_balanced(reactions)[k], gain[row, k].item()
        raise ValueError(f"{metabolite} gains {much:g} in flux vector {row}")
    return v


def _names(reactions: Iterable[Reaction], fluxes):
    """Return the names of the reactions; refuse fluxes of any other name."""
    names = [reaction.name for reaction in reactions]
    unknown = sorted(fluxes.keys() - set(names))
    if unknown:
        raise ValueError(f"no reaction has the name {', '.join(unknown)}")
    return names


def _stoichiometric_matrix(reactions):
    """Return how much of each balanced metabolite each reaction makes."""
    balanced = find_balanced(reactions)
    S = torch.zeros(len(balanced), len(reactions), dtype=torch.float64)
    for r, reaction in enumerate(reactions):
        for side, sign in [(reaction.left, -1), (reaction.right, 1)]:
            for metabolite, _ in side:
                if metabolite in balanced:
                    S[balanced.index(metabolite), r] += sign
    return S


def _stack(fluxes):
    """Return `fluxes`, numbers and batches (B,), as (B, len(fluxes))."""
    fluxes = [torch.atleast_1d(torch.as_tensor(x, dtype=torch.float64)) for x in fluxes]
    shapes = {tuple(flux.shape) for flux in fluxes} - {(1,)}
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        found = " and ".join(map(str, sorted(shapes)))
        raise ValueError(f"fluxes are numbers or all of one shape (B,), not {found}")
    return torch.stack(torch.broadcast_tensors(*fluxes), dim=1)

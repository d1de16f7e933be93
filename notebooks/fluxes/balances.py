"""Fluxes: how they follow from the balances, and which are refused.

In a steady state nothing piles up: what flows into a metabolite flows out of it. With
the stoichiometric matrix S and a flux vector v that is S v = 0.
"""

from collections.abc import Container, Mapping, Sequence

import torch
from torch import Tensor

from .reactions import Reaction, find_balanced, names_of

Fluxes = Mapping[str, float | Tensor]  # reaction -> a number or (B,), float64
ROUNDING = 1e-9  # what rounding may do to a flux, as a share of all fluxes together


def complete_fluxes(reactions: Sequence[Reaction], given: Fluxes) -> dict[str, Tensor]:
    """Return all fluxes (B,), float64: those given, and those that follow from them.

    Raises ValueError: as `flux_columns`, and naming the fluxes that don't follow.
    """
    names = _names(reactions, given)
    follow_from = _follow_from(reactions, given)
    columns = _stack([given[name] for name in names if name in given])
    follow = -follow_from @ columns
    rest = [name for name in names if name not in given]
    every = dict(given) | dict(zip(rest, follow, strict=True))
    return dict(zip(names, flux_columns(reactions, every), strict=True))


def flux_slopes(reactions: Sequence[Reaction], given: Fluxes) -> Tensor:
    """Return how all R fluxes change with those given, float64 (R, given).

    The rows are in the order of the reactions, the columns in that of `given`. Raises
    ValueError: as `complete_fluxes`.
    """
    names = _names(reactions, given)
    rest = [name for name in names if name not in given]
    in_order = [name for name in names if name in given]
    slopes = torch.zeros(len(names), len(given), dtype=torch.float64)
    columns = [list(given).index(name) for name in in_order]
    slopes[[names.index(name) for name in in_order], columns] = 1
    places = torch.tensor([names.index(name) for name in rest], dtype=torch.long)
    slopes[places[:, None], columns] = -_follow_from(reactions, given)
    return slopes


def _follow_from(reactions: Sequence[Reaction], given: Container[str]) -> Tensor:
    """Return M, float64 (rest, given): the other fluxes are -M @ those given.

    Both are in the order of the reactions. Raises ValueError: the names of those that
    don't follow.
    """
    names = names_of(reactions)
    rest = [name for name in names if name not in given]
    S = stoichiometric_matrix(reactions)
    known = S[:, [names.index(name) for name in names if name in given]]
    unknown = S[:, [names.index(name) for name in rest]]
    inverse = torch.linalg.pinv(unknown)  # of known @ given + unknown @ rest = 0
    fixed = (inverse @ unknown).diagonal() > 1 - 1e-9
    if not fixed.all():
        open_ = [n for n, is_fixed in zip(rest, fixed, strict=True) if not is_fixed]
        raise ValueError(f"give more fluxes: {', '.join(open_)} don't follow")
    return inverse @ known


def flux_columns(
    reactions: Sequence[Reaction], fluxes: Fluxes, S: Tensor | None = None
) -> Tensor:
    """Return the fluxes of all R reactions as float64 (R, B), checked.

    `S` is their stoichiometric matrix, if it is at hand. What rounding made negative is
    set to zero. Raises TypeError: no dict. Raises ValueError: a name that no reaction
    has, a flux that is missing, negative or not finite, shapes that aren't one (B,), a
    metabolite whose inflow isn't its outflow.
    """
    names = _names(reactions, fluxes)
    missing = [name for name in names if name not in fluxes]
    if missing:
        raise ValueError(f"no flux is given for {', '.join(missing)}")
    v = _stack([fluxes[name] for name in names])
    S = stoichiometric_matrix(reactions) if S is None else S
    # A row of ones adds the fluxes up in the same go.
    every = torch.cat([S, torch.ones(1, len(names), dtype=torch.float64)])
    gain, sums = (every @ v.detach()).split([len(S), 1])
    if v.numel() and not (v.detach().min() >= 0 and sums.max() < torch.inf):
        v = _without_rounding(v, names)
    off = gain.abs() > ROUNDING * sums
    if off.any():
        row, k = off.T.nonzero()[0].tolist()
        metabolite, much = find_balanced(reactions)[k], gain[k, row].item()
        raise ValueError(
            f"{metabolite} gains {much:g} in flux vector {row}: in a steady state what "
            "flows in flows out (`balance` completes fluxes so)"
        )
    return v


def _without_rounding(v, names):
    wrong = ~((v >= -ROUNDING * v.abs().nansum(0)) & (v < torch.inf))
    if wrong.any():
        row, r = wrong.T.nonzero()[0].tolist()
        raise ValueError(
            f"{names[r]} is {v[r, row].item():g} in flux vector {row}: "
            "a flux is finite and not negative"
        )
    return v.clamp(min=0)


def _names(reactions, fluxes):
    """Return the names of the reactions; refuse fluxes of any other name."""
    if not isinstance(fluxes, Mapping):
        shape = f" of shape {tuple(fluxes.shape)}" if hasattr(fluxes, "shape") else ""
        raise TypeError(
            "fluxes are a dict of a reaction's name -> flux, "
            f"not a {type(fluxes).__name__}{shape}"
        )
    names = names_of(reactions)
    unknown = sorted(map(str, fluxes.keys() - set(names)))
    if unknown:
        raise ValueError(f"no reaction has the name {', '.join(unknown)}")
    return names


def stoichiometric_matrix(reactions: Sequence[Reaction]) -> Tensor:
    """Return how much of each balanced metabolite each reaction makes.

    It is float64 (balanced, R).
    """
    columns = {name: k for k, name in enumerate(names_of(reactions))}
    rows = {name: [0.0] * len(columns) for name in find_balanced(reactions)}
    for reaction in reactions:
        for side, sign in [(reaction.left, -1), (reaction.right, 1)]:
            for metabolite, _ in side:
                if metabolite in rows:
                    rows[metabolite][columns[reaction.name]] += sign * reaction.share
    S = torch.tensor(list(rows.values()), dtype=torch.float64)
    return S.reshape(len(rows), len(columns))


def _stack(fluxes):
    """Return `fluxes`, numbers and batches (B,), as (len(fluxes), B)."""
    fluxes = [torch.atleast_1d(torch.as_tensor(x, dtype=torch.float64)) for x in fluxes]
    shapes = {tuple(flux.shape) for flux in fluxes} - {(1,)}
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        found = " and ".join(map(str, sorted(shapes)))
        raise ValueError(f"fluxes are numbers or all of one shape (B,), not {found}")
    return torch.stack(torch.broadcast_tensors(*fluxes))

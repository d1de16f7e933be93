"""Fit: the fluxes that explain measured masses best, and how sure they are."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .labelling import Labels
from .simulator import Network


def fit_fluxes(
    network: Network,
    data: Tensor,
    labels: Labels,
    known: Mapping[str, float],
    start: Mapping[str, float],
    limits: Mapping[str, tuple[float, float]],
    steps: int = 50,
) -> Tensor:
    """Return the fluxes that explain each row of `data` best, float64 (B, F).

    `data` are masses as `simulate` returns them, (B, masses). The fluxes in `known` are
    given; the F in `start` are fitted from there, within `limits`, a dict of flux ->
    (least, most); the others follow. All rows are fitted at once, by least squares, in
    the steps of Levenberg and Marquardt: draw straight lines through the present
    masses, and go toward where those fit best; `damping` says how cautiously. A flux at
    its limit that would go further stays. Source: D. W. Marquardt, SIAM Journal on
    Applied Mathematics 11 (1963) 431-441, doi:10.1137/0111030. Raises what `simulate`
    raises.
    """
    low, high = torch.tensor([limits[name] for name in start]).double().T
    free = torch.tensor(list(start.values())).double().expand(len(data), -1)
    damping = torch.full((len(data), 1, 1), 1e-3, dtype=torch.float64)
    off = data - _masses(network, labels, known, start, free)
    for _ in range(steps):
        J = _slopes(network, labels, known, start, free)
        uphill = (J.mT @ off.unsqueeze(2)).squeeze(2)
        stays = (free <= low) & (uphill < 0) | (free >= high) & (uphill > 0)
        J = J * ~stays.unsqueeze(1)
        normal = J.mT @ J + torch.diag_embed(stays.double())
        damped = normal + damping * torch.diag_embed(normal.diagonal(0, 1, 2))
        step = torch.linalg.solve(damped, J.mT @ off.unsqueeze(2)).squeeze(2)
        tried = (free + step).clamp(low, high)
        off_there = data - _masses(network, labels, known, start, tried)
        better = (off_there.square().sum(1) < off.square().sum(1)).unsqueeze(1)
        free = torch.where(better, tried, free)
        off = torch.where(better, off_there, off)
        damping = damping * torch.where(better, 0.1, 10.0).unsqueeze(2)
        damping = damping.clamp(1e-9, 1e9)
    return free


def covariance(
    network: Network,
    labels: Labels,
    known: Mapping[str, float],
    free: Mapping[str, float],
    noise: float,
) -> Tensor:
    """Return the covariance of fitted fluxes, float64 (F, F), by the slopes at `free`.

    `noise` is the standard deviation of each mass's own error. It holds as far as the
    masses follow straight lines. Raises ValueError: masses that can't tell the fluxes
    apart.
    """
    values = torch.tensor([list(free.values())]).double()
    [J] = _slopes(network, labels, known, free, values)
    if torch.linalg.matrix_rank(J, rtol=1e-6) < len(free):
        names = " from ".join(free)
        raise ValueError(f"these masses can't tell {names}: measure or label otherwise")
    return noise**2 * torch.linalg.inv(J.T @ J)


def _given(known, names, free):
    return dict(known) | dict(zip(names, free.unbind(1), strict=True))


def _masses(network, labels, known, names, free):
    return network.simulate(network.balance(_given(known, names, free)), labels)


def _slopes(network, labels, known, names, free):
    """Return the derivatives of the masses by the fluxes of `names`, (B, masses, F)."""
    J = network.jacobian(_given(known, names, free), labels)
    return J[:, :, len(known) :]

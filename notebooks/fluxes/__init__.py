"""Simulate 13C metabolic fluxes: how labelled atoms spread through a network.

Data flows one way: `reactions` are read, units traced back (`tracing`) and ordered
(`equations`); fluxes are completed (`balances`), labels read (`labelling`); the
`simulator` solves all that, the plain way or the fast one (`elimination`), and says how
the result changes (`sensitivities`), so that `fitting` finds the fluxes behind masses.

All that needs torch alone. Pictures are imported from `fluxes.pictures` and
`fluxes.zero_pictures`, which need matplotlib and `workshop`.
"""

from .enumeration import count_heavy, enumerate_patterns
from .example_networks import (
    CENTRAL,
    TOY,
    TOY_FLUXES,
    central_network,
    draw_central,
)
from .fitting import covariance, fit_fluxes
from .labelling import NATURAL
from .reactions import read_reactions
from .simulator import Network
from .tracing import Unit

__all__ = [
    "CENTRAL",
    "NATURAL",
    "TOY",
    "TOY_FLUXES",
    "Network",
    "Unit",
    "central_network",
    "count_heavy",
    "covariance",
    "draw_central",
    "enumerate_patterns",
    "fit_fluxes",
    "read_reactions",
]

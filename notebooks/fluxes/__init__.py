"""Simulate 13C metabolic fluxes: how labelled atoms spread through a network.

Data flows one way: `reactions` are read, units traced back (`tracing`) and ordered
(`equations`); fluxes are completed (`balances`), labels read (`labelling`); the
`simulator` solves all that, the plain way or the fast one (`elimination`), and says how
the result changes (`sensitivities`), so that `fitting` finds the fluxes behind masses.
"""

from .enumeration import count_heavy, enumerate_patterns
from .example_networks import (
    CENTRAL,
    TOY,
    TOY_FLUXES,
    draw_central,
)
from .fitting import covariance, fit_fluxes
from .labelling import NATURAL
from .pictures import draw_estimates, draw_masses, draw_network, draw_ways
from .reactions import read_reactions
from .simulator import Network
from .tracing import Unit
from .zero_pictures import draw_zeros

__all__ = [
    "CENTRAL",
    "NATURAL",
    "TOY",
    "TOY_FLUXES",
    "Network",
    "Unit",
    "count_heavy",
    "covariance",
    "draw_central",
    "draw_estimates",
    "draw_masses",
    "draw_network",
    "draw_ways",
    "draw_zeros",
    "enumerate_patterns",
    "fit_fluxes",
    "read_reactions",
]

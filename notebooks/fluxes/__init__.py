"""Simulate 13C metabolic fluxes: how labelled atoms spread through a network.

Data flows one way: `reactions` are read, units traced back (`tracing`) and ordered
(`equations`); fluxes are completed (`balances`); the `simulator` solves them.
"""

from .enumeration import count_heavy, enumerate_patterns
from .example_networks import CENTRAL, CENTRAL_RANGES, TOY, TOY_FLUXES
from .pictures import draw_estimates, draw_masses, draw_network, draw_ways
from .reactions import read_reactions
from .simulator import Network
from .tracing import Unit

__all__ = [
    "CENTRAL",
    "CENTRAL_RANGES",
    "TOY",
    "TOY_FLUXES",
    "Network",
    "Unit",
    "count_heavy",
    "draw_estimates",
    "draw_masses",
    "draw_network",
    "draw_ways",
    "enumerate_patterns",
    "read_reactions",
]

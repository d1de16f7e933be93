"""Simulate 13C metabolic fluxes: how labelled atoms spread through a network."""

from .pictures import draw_estimates, draw_masses, draw_network, draw_ways
from .simulator import (
    CENTRAL,
    CENTRAL_RANGES,
    TOY,
    TOY_FLUXES,
    Network,
    Reaction,
    Unit,
    read_reactions,
)

__all__ = [
    "CENTRAL",
    "CENTRAL_RANGES",
    "TOY",
    "TOY_FLUXES",
    "Network",
    "Reaction",
    "Unit",
    "draw_estimates",
    "draw_masses",
    "draw_network",
    "draw_ways",
    "read_reactions",
]

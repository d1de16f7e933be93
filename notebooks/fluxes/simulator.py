"""The simulator: from fluxes to the mass distributions of what is measured.

What a mass spectrometer sees of a fragment of a molecule is its mass distribution: the
fractions with 0, 1, 2, … labelled carbons. The simulator solves the balances of the
units behind it, from the smallest up. Source: Antoniewicz, Kelleher, Stephanopoulos,
Metabolic Engineering 9 (2007) 68-86, doi:10.1016/j.ymben.2006.09.001.
"""

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.linalg import solve_ex

from .balances import Fluxes, complete_fluxes, flux_vectors
from .equations import make_blocks
from .reactions import count_atoms, find_substrates, read_reactions
from .tracing import Unit, find_unit, trace

Convolve = Callable[[Tensor, Tensor], Tensor]
Known = dict[tuple[Unit, ...], Tensor]  # units that join -> masses (B, atoms + 1)


class Network:
    """The units behind what is measured, in the order in which they are solved.

    Args:
        reactions: a table, see `fluxes.reactions`.
        measured: what the spectrometer sees: each a `Unit`, or a metabolite's name for
            all of its atoms.

    Attributes:
        reactions: the `Reaction`s of the table; `names` are theirs.
        sizes: a dict of metabolite -> number of atoms.
        substrates: the set of metabolites that the cell is fed with.
        measured: the `Unit`s measured.
        made_of: a dict of unit -> its ways, each (reaction's name, units that join).
        blocks: the `Block`s, in the order in which they are solved.

    Raises ValueError: see `read_reactions`; a metabolite or an atom that isn't there; a
    loop that no substrate reaches.
    """

    def __init__(self, reactions: str, *measured: str | Unit):
        self.reactions = read_reactions(reactions)
        self.names = [reaction.name for reaction in self.reactions]
        self.sizes = count_atoms(self.reactions)
        self.substrates = find_substrates(self.reactions)
        self.measured = [find_unit(self.reactions, one) for one in measured]
        self.made_of = trace(self.reactions, self.measured)
        self.blocks = make_blocks(self.made_of, self.names)

    def joins(self) -> list[tuple[Unit, ...]]:
        """Return the tuples of units that join, each a convolution of a simulation."""
        return [parts for block in self.blocks for parts in block.joins]

    def balance(self, fluxes: Fluxes) -> dict[str, Tensor]:
        """Return all fluxes (B,), float64: those given, and those that follow.

        `fluxes` is a dict as in `simulate`, without those that follow from the balances
        of the metabolites. Raises ValueError: as there, and naming the fluxes that
        don't follow.
        """
        return complete_fluxes(self.reactions, fluxes)

    def simulate(
        self, fluxes: Fluxes, labels: Mapping[str, str], convolve: Convolve
    ) -> Tensor:
        """Return the mass distributions of what is measured, side by side.

        Args:
            fluxes: a dict of reaction's name -> flux, a number or float64 (B,).
            labels: a dict of substrate -> pattern such as "010": its second carbon is
                labelled.
            convolve: takes (B, m) and (B, n), returns their full convolution.

        Returns float64 (B, masses), atoms + 1 of them for each that is measured. Raises
        ValueError: a flux or a label that is missing or can't be, a metabolite whose
        inflow isn't its outflow, units that no flux feeds.
        """
        v = flux_vectors(self.reactions, fluxes)
        known = self._substrate_units(labels, len(v))
        self.solve(v, known, convolve)
        return torch.cat([known[(unit,)] for unit in self.measured], dim=1)

    def solve(self, v: Tensor, known: Known, convolve: Convolve) -> None:
        """Solve the blocks in order, into `known`; v is (B, reactions)."""
        for block in self.blocks:
            for *left, right in block.joins:
                pair = known[(*left,)], known[(right,)]
                known[(*left, right)] = convolve(*pair)
            sources = [known[s] for s in block.sources]
            inflow = torch.tensordot(v, block.inflow, 1)
            inflow = inflow @ torch.stack(sources, 1)
            within = torch.tensordot(v, block.within, 1)
            solved, failed = solve_ex(within, inflow)
            _check_solved(failed, block.units)
            for k, unit in enumerate(block.units):
                known[(unit,)] = solved[:, k]

    def _substrate_units(self, labels, B) -> Known:
        """Return the units of the substrates: each has one mass, for certain."""
        self._check_labels(labels)
        parts = {
            p for made in self.made_of.values() for _, parts in made for p in parts
        }
        known = {}
        for unit in parts.union(self.measured):
            if unit.metabolite in self.substrates:
                heavy = sum(labels[unit.metabolite][atom] == "1" for atom in unit.atoms)
                row = torch.zeros(len(unit.atoms) + 1, dtype=torch.float64)
                row[heavy] = 1
                known[(unit,)] = row.expand(B, -1)
        return known

    def _check_labels(self, labels):
        for name in sorted(self.substrates):
            if name not in labels:
                raise ValueError(f"say which atoms of {name} are labelled")
            size, label = self.sizes[name], labels[name]
            if not re.fullmatch(f"[01]{{{size}}}", label):
                raise ValueError(
                    f"the label of {name} must be {size} of 0 and 1, not {label!r}"
                )


def _check_solved(failed, units):
    if failed.any():
        names = ", ".join(map(str, units))
        raise ValueError(f"with these fluxes no substrate reaches all of {names}")

"""The simulator: from fluxes to the mass distributions of what is measured.

What a mass spectrometer sees of a fragment of a molecule is its mass distribution: the
fractions with 0, 1, 2, … labelled carbons. The simulator solves the balances of the
units behind it, from the smallest up. Source: Antoniewicz, Kelleher, Stephanopoulos,
Metabolic Engineering 9 (2007) 68-86, doi:10.1016/j.ymben.2006.09.001.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.linalg import solve_ex

from .balances import (
    Fluxes,
    complete_fluxes,
    flux_columns,
    flux_slopes,
    stoichiometric_matrix,
)
from .elimination import plan, solve_columns
from .equations import make_blocks
from .labelling import Labels, masses_of, read_labels
from .reactions import count_atoms, find_substrates, names_of, read_reactions
from .sensitivities import flux_jacobians
from .tracing import Unit, find_unit, find_unreached, trace

Convolve = Callable[[Tensor, Tensor], Tensor]
Known = dict[tuple[Unit, ...], Tensor]  # units that join -> masses (B, atoms + 1)


class Network:
    """The units behind what is measured, in the order in which they are solved.

    Args:
        reactions: a table, see `fluxes.reactions`.
        measured: what the spectrometer sees: each a `Unit`, or a metabolite's name for
            all of its atoms.

    Attributes:
        reactions: the `Reaction`s of the table; `names` are theirs, each once.
        stoichiometry: how much of each inner metabolite each of them makes.
        sizes: a dict of metabolite -> number of atoms.
        substrates: the set of metabolites that the cell is fed with.
        measured: the `Unit`s measured.
        made_of: a dict of unit -> its ways, see `fluxes.tracing`.
        fed: the `Unit`s of substrates that are asked for.
        blocks: the `Block`s, in the order in which they are solved the plain way.
        steps: the `Step`s of the fast one; `numbers` are those of its fragments.

    Raises ValueError: see `read_reactions`; a metabolite or an atom that isn't there; a
    loop that no substrate reaches.
    """

    def __init__(self, reactions: str, *measured: str | Unit):
        self.reactions = read_reactions(reactions)
        self.names = names_of(self.reactions)
        self.stoichiometry = stoichiometric_matrix(self.reactions)
        self.sizes = count_atoms(self.reactions)
        self.substrates = find_substrates(self.reactions)
        self.measured = [find_unit(self.reactions, one) for one in measured]
        self.made_of = trace(self.reactions, self.measured)
        self.blocks = make_blocks(self.made_of, self.names)
        parts = [
            p for ways in self.made_of.values() for _, parts, _ in ways for p in parts
        ]
        units = {*parts, *self.measured}
        self.fed = sorted(u for u in units if u.metabolite in self.substrates)
        self.numbers, self.steps = plan(
            self.blocks, self.made_of, self.names, [*self.fed, *self.measured]
        )

    def joins(self) -> list[tuple[Unit, ...]]:
        """Return the tuples of units that join, each a convolution of a simulation."""
        return [parts for block in self.blocks for parts in block.joins]

    def describe(self) -> list[str]:
        """Return a line for each unit: the reactions that fill it, and from what."""
        names = {k: " and ".join(map(str, parts)) for parts, k in self.numbers.items()}
        return [
            f"{names[unit]:5} gets "
            + ", ".join(
                f"{self.names[r]} from {names[source]}"
                for source, terms in row.items()
                for r, _ in terms
            )
            for step in self.steps
            for unit, row in step.flows.items()
        ]

    def balance(self, fluxes: Fluxes) -> dict[str, Tensor]:
        """Return all fluxes (B,), float64: those given, and those that follow.

        `fluxes` is a dict as in `simulate`, without those that follow from the balances
        of the metabolites. Raises ValueError: as there, and naming the fluxes that
        don't follow.
        """
        return complete_fluxes(self.reactions, fluxes)

    def simulate(
        self,
        fluxes: Fluxes,
        labels: Labels,
        convolve: Convolve | None = None,
        natural: float = 0.0,
    ) -> Tensor:
        """Return the mass distributions of what is measured, side by side.

        Args:
            fluxes: a dict of reaction's name -> flux, a number or float64 (B,).
            labels: a dict of substrate -> pattern such as "010": its second carbon is
                labelled. A mixture is a dict of pattern -> share.
            convolve: takes (B, m) and (B, n), returns their full convolution. With it
                the blocks are solved the plain way; without it, the fast one.
            natural: the chance that a carbon marked 0 is labelled by nature.

        Returns float64 (B, masses), atoms + 1 of them for each that is measured. Raises
        TypeError: fluxes or labels of a wrong type. Raises ValueError: a flux or a
        label that is missing or can't be, a metabolite whose inflow isn't its outflow,
        units that no flux feeds, nothing measured.
        """
        self.refuse_unmeasured()
        v = flux_columns(self.reactions, fluxes, self.stoichiometry)
        fed = self.substrate_masses(labels, natural)
        if convolve is None:
            masses = self.solve_fast(v, [known[:, None] for known in fed.values()])
        else:
            known = {parts: row.expand(v.shape[1], -1) for parts, row in fed.items()}
            self.solve(v.T.contiguous(), known, convolve)
            masses = torch.cat([known[(unit,)] for unit in self.measured], dim=1)
        # What no flux feeds has masses that don't sum up to 1, or aren't numbers.
        self.refuse_unreached(v, self.is_fed(masses))
        return masses

    def jacobian(self, free: Fluxes, labels: Labels, natural: float = 0.0) -> Tensor:
        """Return how the masses change with the `free` fluxes, float64 (B, masses, F).

        `free` are fluxes as `balance` takes them, F of them; the others follow, and
        change with them. The rest, and what it raises, is as in `simulate`.
        """
        self.refuse_unmeasured()
        slopes = flux_slopes(self.reactions, free)
        v = flux_columns(self.reactions, self.balance(free), self.stoichiometry)
        fed = self.substrate_masses(labels, natural)
        known = {self.numbers[parts]: row[:, None] for parts, row in fed.items()}
        measured = [self.numbers[(unit,)] for unit in self.measured]
        by_flux = flux_jacobians(self.steps, v, known, measured)
        found = torch.cat([torch.einsum("rmb,rf->bmf", J, slopes) for J in by_flux], 1)
        self.refuse_unreached(v, ~found.isnan().flatten(1).any(1))
        return found

    def compile(self, **options) -> None:
        """Compile the fast way; `options` are those of `torch.compile`.

        The first simulation then takes its time, once for all batches but those of one.
        """
        # The plan never changes, so no call need compare its thousands of numbers.
        unguarded = {"guard_filter_fn": _but_for_the_plan}
        options = {"fullgraph": True, "dynamic": True, "options": unguarded} | options
        self.solve_fast = torch.compile(self.solve_fast, **options)

    def substrate_masses(self, labels: Labels, natural: float = 0.0) -> Known:
        """Return the masses (atoms + 1,) of the substrates' units; see `simulate`."""
        sizes = {name: self.sizes[name] for name in self.substrates}
        mixtures = read_labels(labels, sizes)
        return {
            (unit,): masses_of(unit, mixtures[unit.metabolite], natural)
            for unit in self.fed
        }

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
            solved, _ = solve_ex(within, inflow)
            for k, unit in enumerate(block.units):
                known[(unit,)] = solved[:, k]

    def solve_fast(self, v: Tensor, fed: Sequence[Tensor]) -> Tensor:
        """Return the masses (B, masses), solved the fast way.

        `v` is (R, B); `fed` are the substrates' masses, each (atoms + 1, 1).
        """
        known = {self.numbers[(u,)]: row for u, row in zip(self.fed, fed, strict=True)}
        solve_columns(self.steps, v.unbind(), known)
        masses = [known[self.numbers[(unit,)]] for unit in self.measured]
        return torch.cat([mass.expand(-1, v.shape[1]) for mass in masses]).T

    def refuse_unmeasured(self) -> None:
        """Raise ValueError where nothing is measured."""
        if not self.measured:
            raise ValueError("nothing is measured: Network(reactions, 'F') measures F")

    def is_fed(self, masses: Tensor) -> Tensor:
        """Return which rows of `masses` (B, masses) some flux feeds, bool (B,)."""
        return (masses.sum(1) - len(self.measured)).abs() < 1e-3

    def refuse_unreached(self, v: Tensor, is_fed: Tensor) -> None:
        """Raise ValueError unless all `is_fed` (B,): name the first of v (R, B)."""
        if is_fed.all():
            return
        row = (~is_fed).nonzero()[0].item()
        fluxes = zip(self.names, v[:, row].tolist(), strict=True)
        running = [name for name, flux in fluxes if flux > 0]
        lost = find_unreached(self.made_of, self.substrates, running)
        if not lost:
            raise ValueError(
                f"the masses of flux vector {row} don't sum up to 1: are its fluxes "
                "too small, or does `convolve` return no full convolution?"
            )
        named = ", ".join(map(str, lost))
        raise ValueError(f"with flux vector {row} no substrate reaches {named}")


def _but_for_the_plan(guards):
    return ["L['self']" not in guard.name for guard in guards]

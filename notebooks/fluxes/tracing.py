"""Units: how they are traced from what is measured back to the substrates.

An elementary metabolite unit is any choice of a metabolite's atoms. Most are never
needed: begin with what is measured, and ask what each unit is made of. Source:
Antoniewicz, Kelleher, Stephanopoulos, Metabolic Engineering 9 (2007) 68-86,
doi:10.1016/j.ymben.2006.09.001.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .reactions import Reaction, count_atoms, find_substrates


class Unit(NamedTuple):
    """An elementary metabolite unit: some atoms of a metabolite, counted from 0."""

    metabolite: str
    atoms: tuple[int, ...]

    def __str__(self) -> str:
        """Return the paper's name, with atoms counted from 1: `B23`."""
        return self.metabolite + "".join(str(atom + 1) for atom in self.atoms)


# Of each unit its ways: a reaction's name, and the units that it joins.
MadeOf = dict[Unit, list[tuple[str, tuple[Unit, ...]]]]


def find_unit(reactions: Iterable[Reaction], measured: str | Unit) -> Unit:
    """Return what is `measured` as a unit; a metabolite's name means all of its atoms.

    Raises ValueError: a metabolite or an atom that isn't there, no atoms at all.
    """
    sizes = count_atoms(reactions)
    name = measured if isinstance(measured, str) else measured.metabolite
    if name not in sizes:
        raise ValueError(f"no reaction names {name}")
    every = tuple(range(sizes[name]))
    atoms = every if isinstance(measured, str) else tuple(sorted({*measured.atoms}))
    if not atoms or not set(atoms) <= set(every):
        raise ValueError(f"{name} has the atoms {every}, not {atoms}")
    return Unit(name, atoms)


def trace(reactions: Sequence[Reaction], measured: Iterable[Unit]) -> MadeOf:
    """Return what the units behind `measured` are made of, but for the substrates'.

    Raises ValueError: units that no substrate reaches, such as loops without a source.
    """
    substrates = find_substrates(reactions)
    made_of, waiting = {}, list(measured)
    while waiting:
        unit = waiting.pop()
        if unit in made_of or unit.metabolite in substrates:
            continue
        made_of[unit] = list(_made_by(reactions, unit))
        waiting += [part for _, parts in made_of[unit] for part in parts]
    _check_reach(made_of, substrates)
    return made_of


def _made_by(reactions, unit):
    for reaction in reactions:
        for metabolite, letters in reaction.right:
            if metabolite == unit.metabolite:
                wanted = {letters[atom] for atom in unit.atoms}
                yield reaction.name, tuple(_parts(reaction.left, wanted))


def _parts(left, wanted):
    """Yield the units of a reaction's left side that hold the `wanted` letters."""
    for metabolite, letters in left:
        atoms = tuple(k for k, letter in enumerate(letters) if letter in wanted)
        if atoms:
            yield Unit(metabolite, atoms)


def _check_reach(made_of, substrates):
    reached = set()

    def is_reached(unit):
        return unit in reached or unit.metabolite in substrates

    while new := {
        unit
        for unit in made_of.keys() - reached
        if any(all(map(is_reached, parts)) for _, parts in made_of[unit])
    }:
        reached |= new
    lost = sorted(str(unit) for unit in made_of.keys() - reached)
    if lost:
        raise ValueError(f"no substrate reaches {', '.join(lost)}")

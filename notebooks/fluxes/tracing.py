"""Units: how they are traced from what is measured back to the substrates.

An elementary metabolite unit is any choice of a metabolite's atoms. Most are never
needed: begin with what is measured, and ask what each unit is made of. Source:
Antoniewicz, Kelleher, Stephanopoulos, Metabolic Engineering 9 (2007) 68-86,
doi:10.1016/j.ymben.2006.09.001.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from .reactions import Reaction, count_atoms, find_substrates


class Unit(NamedTuple):
    """An elementary metabolite unit: some atoms of a metabolite, counted from 0."""

    metabolite: str
    atoms: tuple[int, ...]

    def __str__(self) -> str:
        """Return the paper's name, with atoms counted from 1: `B23`."""
        return self.metabolite + "".join(str(atom + 1) for atom in self.atoms)


# Of each unit its ways: a reaction's name, the units that it joins, and how many such
# units it makes: one, a half where a molecule may turn either way, or two.
MadeOf = dict[Unit, list[tuple[str, tuple[Unit, ...], float]]]


def find_unit(reactions: Iterable[Reaction], measured: str | Unit) -> Unit:
    """Return what is `measured` as a unit; a metabolite's name means all of its atoms.

    Raises ValueError: a metabolite or an atom that isn't there, no atoms at all, or
    what is neither a name nor a unit.
    """
    sizes = count_atoms(reactions)
    name, atoms = measured if _is_unit(measured) else (measured, None)
    if not isinstance(name, str) or (atoms is None and not isinstance(measured, str)):
        raise ValueError(
            "what is measured is a metabolite's name, or a Unit with a tuple of atoms "
            f"such as Unit('F', (1, 2)), not {measured!r}"
        )
    if name not in sizes:
        raise ValueError(f"no reaction names {name}")
    every = tuple(range(sizes[name]))
    atoms = every if atoms is None else tuple(sorted({*atoms}))
    if not atoms or not set(atoms) <= set(every):
        raise ValueError(f"{name} has the atoms {every}, not {atoms}")
    return Unit(name, atoms)


def _is_unit(measured):
    """Is it a pair of a name and some whole numbers?"""
    pair = isinstance(measured, tuple) and len(measured) == 2
    return pair and isinstance(measured[1], tuple | list | range)


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
        made_of[unit] = _made_by(reactions, unit)
        waiting += [part for _, parts, _ in made_of[unit] for part in parts]
    lost = find_unreached(made_of, substrates)
    if lost:
        raise ValueError(f"no substrate reaches {', '.join(map(str, lost))}")
    return made_of


def _made_by(reactions, unit):
    ways = Counter()
    for reaction in reactions:
        for metabolite, letters in reaction.right:
            if metabolite == unit.metabolite:
                wanted = {letters[atom] for atom in unit.atoms}
                parts = tuple(_parts(reaction.left, wanted))
                ways[reaction.name, parts] += reaction.share
    return [(*way, count) for way, count in ways.items()]


def _parts(left, wanted):
    """Yield the units of a reaction's left side that hold the `wanted` letters."""
    for metabolite, letters in left:
        atoms = tuple(k for k, letter in enumerate(letters) if letter in wanted)
        if atoms:
            yield Unit(metabolite, atoms)


def find_unreached(
    made_of: MadeOf, substrates: Container[str], running: Container[str] | None = None
) -> list[Unit]:
    """Return the units that no substrate reaches, sorted.

    `running` are the names of the reactions that carry a flux; by default all do.
    """
    reached = set()

    def is_reached(unit):
        return unit in reached or unit.metabolite in substrates

    while new := {
        unit
        for unit in made_of.keys() - reached
        for name, parts, _ in made_of[unit]
        if running is None or name in running
        if all(map(is_reached, parts))
    }:
        reached |= new
    return sorted(made_of.keys() - reached)

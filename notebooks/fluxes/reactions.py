"""Reactions: how a table of them is read, and what makes it refuse one.

A table has a reaction a line: its name, the metabolites, and where each carbon goes, a
letter an atom. Two blanks at least stand between the metabolites and the letters.

    v1: A -> B                abc -> abc
    v5: B + C -> D + E + E    abc + de -> bcd + a + e
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Reaction(NamedTuple):
    """A reaction; each side holds (metabolite, letters of its atoms)."""

    name: str
    left: list[tuple[str, str]]
    right: list[tuple[str, str]]


def read_reactions(table: str) -> list[Reaction]:
    """Return the reactions of a `table`, in its order, checked atom by atom.

    Raises ValueError: a line that can't be read, an atom that appears from nowhere, is
    lost or is used twice, a metabolite with two numbers of atoms, a name used twice.
    """
    reactions, sizes = [], {}
    for line in filter(None, map(str.strip, table.splitlines())):
        reaction = _read(line)
        _check_atoms(*reaction)
        for metabolite, letters in reaction.left + reaction.right:
            one, other = sizes.setdefault(metabolite, len(letters)), len(letters)
            if one != other:
                raise ValueError(
                    f"{reaction.name}: {metabolite} has {one} atoms, here {other}"
                )
        if reaction.name in {other.name for other in reactions}:
            raise ValueError(f"{reaction.name} is the name of two reactions")
        reactions.append(reaction)
    return reactions


def _read(line):
    found = re.fullmatch(r"(\w+): *(.+?) *-> *(.+?)  +(.+?) *-> *(.+)", line)
    if not found:
        raise ValueError(f"can't read {line!r}: write 'v1: A -> B  abc -> abc'")
    name, *sides = found.groups()
    left, right, *atoms = (re.split(r" *\+ *", side) for side in sides)
    try:
        left = list(zip(left, atoms[0], strict=True))
        right = list(zip(right, atoms[1], strict=True))
    except ValueError:
        raise ValueError(f"{name}: letters for each metabolite, in order") from None
    return Reaction(name, left, right)


def _check_atoms(name, left, right):
    before, after = (Counter("".join(t for _, t in side)) for side in (left, right))
    for atom, count in (before | after).items():
        if count > 1:
            raise ValueError(f"{name}: atom {atom} is used {count} times on a side")
        if not before[atom]:
            raise ValueError(f"{name}: atom {atom} appears from nowhere")
        if not after[atom]:
            raise ValueError(f"{name}: atom {atom} is lost")


def count_atoms(reactions: Iterable[Reaction]) -> dict[str, int]:
    """Return each metabolite's number of atoms."""
    sides = [side for r in reactions for side in r.left + r.right]
    return {metabolite: len(letters) for metabolite, letters in sides}


def find_substrates(reactions: Iterable[Reaction]) -> set[str]:
    """Return the metabolites that are used and never made: what a cell is fed with."""
    return _names(reactions, "left") - _names(reactions, "right")


def find_balanced(reactions: Iterable[Reaction]) -> list[str]:
    """Return the metabolites both made and used, sorted: their fluxes must balance."""
    return sorted(_names(reactions, "left") & _names(reactions, "right"))


def _names(reactions, side):
    return {name for reaction in reactions for name, _ in getattr(reaction, side)}

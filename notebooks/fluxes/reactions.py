"""Reactions: how a table of them is read, and what makes it refuse one.

A table has a reaction a line: its name, the metabolites, and where each carbon goes, a
letter an atom. What has no carbon is left out; behind a # anything may stand.

    v1: A -> B                abc -> abc
    v5: B + C -> D + E + E    abc + de -> bcd + a + e
    pgi: G6P <-> F6P          abcdef <-> abcdef             # two: pgi, and back pgi_b
    sdh: Suc -> Fum           abcd -> abcd|dcba             # half of them either way

The last line is how to write a symmetric molecule, which has no front and no back.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple


class Reaction(NamedTuple):
    """A reaction; each side holds (metabolite, letters of its atoms).

    Where a molecule may turn either way, each way is a `Reaction` of the same name and
    carries its `share` of the flux.
    """

    name: str
    left: list[tuple[str, str]]
    right: list[tuple[str, str]]
    share: float = 1.0


def read_reactions(table: str) -> list[Reaction]:
    """Return the reactions of a `table`, in its order, checked atom by atom.

    Raises ValueError: a line that can't be read, an atom that appears from nowhere, is
    lost or is used twice, a metabolite with two numbers of atoms, a name used twice.
    """
    lines = [line.partition("#")[0].strip() for line in table.splitlines()]
    reactions, sizes = [], {}
    for line in filter(None, lines):
        found = list(_read(line))
        for reaction in found:
            _check_atoms(reaction)
            _check_sizes(reaction, sizes)
        for name in {reaction.name for reaction in found}:
            if name in names_of(reactions):
                raise ValueError(f"{name} is the name of two reactions")
        reactions += found
    return reactions


def _read(line):
    """Yield the reactions of a line: both directions, and each way round."""
    found = re.fullmatch(r"(\w+):(.+?)(<?->)(.+?)(<?->)(.+)", line)
    middle = found and re.fullmatch(
        r"(\S+(?: \+ \S+)*) (\S+(?: \+ \S+)*)", _spaced(found[4])
    )
    if not found:
        raise ValueError(f"can't read {line!r}: write 'v1: A -> B  abc -> abc'")
    name, before, arrow, _, second, after = found.groups()
    _refuse_numbers(name, before, found[4])
    if not middle or arrow != second:
        raise ValueError(
            f"can't read {line!r}: write 'v1: A -> B  abc -> abc', "
            "and <-> twice for both directions"
        )
    left = list(_ways_round(name, before, middle[2]))
    right = list(_ways_round(name, middle[1], after))
    share = 1 / (len(left) * len(right))
    for one, other in product(left, right):
        yield Reaction(name, one, other, share)
    for one, other in product(left, right) if arrow == "<->" else ():
        yield Reaction(f"{name}_b", other, one, share)


def _spaced(side):
    return " ".join(side.replace("+", " + ").split())


def _refuse_numbers(name, *sides):
    for side in sides:
        if found := re.search(r"(?<!\S)\d+ [A-Za-z]\w*", _spaced(side)):
            metabolite = found[0].split()[1]
            raise ValueError(
                f"{name}: write '{metabolite} + {metabolite}', and letters for each, "
                f"in place of {found[0]!r}"
            )


def _ways_round(name, metabolites, letters):
    """Yield a side of a reaction for each choice of its molecules' ways round."""
    metabolites, letters = (
        _spaced(side).split(" + ") for side in (metabolites, letters)
    )
    if len(metabolites) != len(letters):
        raise ValueError(
            f"{name}: a side has ({', '.join(metabolites)}) and letters for "
            f"{len(letters)} ({', '.join(letters)}): leave out what has no carbon, "
            "such as ATP"
        )
    for found in letters:
        if not re.fullmatch(r"[A-Za-z]+(\|[A-Za-z]+)*", found):
            raise ValueError(f"{name}: atoms are letters, not {found!r}")
    for ways in product(*[found.split("|") for found in letters]):
        yield list(zip(metabolites, ways, strict=True))


def _check_atoms(reaction):
    before, after = (
        Counter("".join(letters for _, letters in side))
        for side in (reaction.left, reaction.right)
    )
    for atom, count in (before | after).items():
        if count > 1:
            raise ValueError(
                f"{reaction.name}: atom {atom} is used {count} times on a side"
            )
        if not before[atom]:
            raise ValueError(f"{reaction.name}: atom {atom} appears from nowhere")
        if not after[atom]:
            raise ValueError(f"{reaction.name}: atom {atom} is lost")


def _check_sizes(reaction, sizes):
    for metabolite, letters in reaction.left + reaction.right:
        one, other = sizes.setdefault(metabolite, len(letters)), len(letters)
        if one != other:
            raise ValueError(
                f"{reaction.name}: {metabolite} has {one} atoms, here {other}"
            )


def names_of(reactions: Iterable[Reaction]) -> list[str]:
    """Return the names of the reactions, each once, in their order."""
    return list(dict.fromkeys(reaction.name for reaction in reactions))


def count_atoms(reactions: Iterable[Reaction]) -> dict[str, int]:
    """Return each metabolite's number of atoms."""
    sides = [side for r in reactions for side in r.left + r.right]
    return {metabolite: len(letters) for metabolite, letters in sides}


def find_substrates(reactions: Iterable[Reaction]) -> set[str]:
    """Return the metabolites that are used and never made: what a cell is fed with."""
    return _metabolites(reactions, "left") - _metabolites(reactions, "right")


def find_balanced(reactions: Iterable[Reaction]) -> list[str]:
    """Return the metabolites both made and used, sorted: their fluxes must balance."""
    return sorted(_metabolites(reactions, "left") & _metabolites(reactions, "right"))


def _metabolites(reactions, side):
    return {name for reaction in reactions for name, _ in getattr(reaction, side)}

"""Simulate 13C metabolic fluxes: how labelled atoms spread through a network.

A network is a table, one reaction a line: its name, the metabolites, and where each
carbon goes, a letter an atom.

    v1: A -> B                abc -> abc
    v5: B + C -> D + E + E    abc + de -> bcd + a + e

What a mass spectrometer sees of a fragment of a molecule is its mass distribution: the
fractions with 0, 1, 2, … labelled carbons. The simulator follows elementary metabolite
units (fragments) backwards to the substrates, and solves their balances from the
smallest up. Source: Antoniewicz, Kelleher, Stephanopoulos, Metabolic Engineering 9
(2007) 68-86, doi:10.1016/j.ymben.2006.09.001.
"""

import re
from collections import Counter, defaultdict
from typing import NamedTuple

import torch

# The example of the paper, and its fluxes.
TOY = """
v1: A -> B                abc -> abc
v2: B -> D                abc -> abc
v3: D -> B                abc -> abc
v4: B -> C + E            abc -> bc + a
v5: B + C -> D + E + E    abc + de -> bcd + a + e
v6: D -> F                abc -> abc
"""
TOY_FLUXES = {"v1": 100, "v2": 110, "v3": 50, "v4": 20, "v5": 20, "v6": 80}


class Unit(NamedTuple):
    """An elementary metabolite unit: some atoms of a metabolite, counted from 0."""

    metabolite: str
    atoms: tuple[int, ...]

    def __str__(self):
        return self.metabolite + "".join(str(atom + 1) for atom in self.atoms)


class Reaction(NamedTuple):
    """A reaction; each side holds (metabolite, letters of its atoms)."""

    name: str
    left: list[tuple[str, str]]
    right: list[tuple[str, str]]


def read_reactions(table):
    """Return the `Reaction`s of a `table`, checked atom by atom.

    Raises ValueError: a line that can't be read, an atom that appears from nowhere, is
    lost or is used twice, a metabolite with two numbers of atoms.
    """
    reactions, sizes = [], {}
    for line in filter(None, map(str.strip, table.splitlines())):
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
        _check_atoms(name, left, right)
        for metabolite, letters in left + right:
            if sizes.setdefault(metabolite, len(letters)) != len(letters):
                one, other = sizes[metabolite], len(letters)
                raise ValueError(f"{name}: {metabolite} has {one} atoms, here {other}")
        reactions.append(Reaction(name, left, right))
    return reactions


def _check_atoms(name, left, right):
    before, after = (Counter("".join(t for _, t in side)) for side in (left, right))
    for atom, count in (before | after).items():
        if count > 1:
            raise ValueError(f"{name}: atom {atom} is used {count} times on a side")
        if not before[atom]:
            raise ValueError(f"{name}: atom {atom} appears from nowhere")
        if not after[atom]:
            raise ValueError(f"{name}: atom {atom} is lost")


class Network:
    """The units behind a measured fragment, in the order in which they are solved.

    Args:
        reactions: a table, see the module.
        measured: the `Unit` that the spectrometer sees, or a metabolite's name for all
            of its atoms.
    """

    def __init__(self, reactions, measured):
        self.reactions = read_reactions(reactions)
        produced = {name for r in self.reactions for name, _ in r.right}
        consumed = {name for r in self.reactions for name, _ in r.left}
        self.substrates = consumed - produced
        self.inner = consumed & produced
        sides = [side for r in self.reactions for side in r.left + r.right]
        self.sizes = {metabolite: len(letters) for metabolite, letters in sides}
        if isinstance(measured, str):
            if measured not in self.sizes:
                raise ValueError(f"no reaction names {measured}")
            measured = Unit(measured, tuple(range(self.sizes[measured])))
        self.measured = measured
        self.sources = self._trace(measured)
        self._check_reach()

    def _trace(self, measured):
        """Return a dict of unit -> [(reaction, units that it is made of)]."""
        sources, waiting = {}, [measured]
        while waiting:
            unit = waiting.pop()
            if unit in sources or unit.metabolite in self.substrates:
                continue
            sources[unit] = list(self._made_by(unit))
            waiting += [part for _, parts in sources[unit] for part in parts]
        return sources

    def _made_by(self, unit):
        for reaction in self.reactions:
            for metabolite, letters in reaction.right:
                if metabolite == unit.metabolite:
                    wanted = {letters[atom] for atom in unit.atoms}
                    yield reaction.name, list(_parts(reaction.left, wanted))

    def _check_reach(self):
        """Refuse units that no substrate reaches: loops without a source."""
        known = set()
        while True:
            new = {
                unit
                for unit, made in self.sources.items()
                if unit not in known
                and any(all(self._known(p, known) for p in parts) for _, parts in made)
            }
            if not new:
                break
            known |= new
        lost = sorted(str(unit) for unit in self.sources.keys() - known)
        if lost:
            raise ValueError(f"no substrate reaches {', '.join(lost)}")

    def _known(self, unit, known):
        return unit in known or unit.metabolite in self.substrates

    def convolutions(self):
        """Return the pairs of units that join, as [(unit, unit), ...]."""
        made = [parts for sources in self.sources.values() for _, parts in sources]
        return sorted({tuple(parts) for parts in made if len(parts) > 1})

    def simulate(self, fluxes, labels, convolve):
        """Return the mass distribution of the measured unit, (B, atoms + 1), float64.

        Args:
            fluxes: a dict of reaction's name -> flux (B,), float64, or a number.
            labels: a dict of substrate -> pattern such as "010": its second carbon is
                labelled.
            convolve: takes (B, m) and (B, n), returns their full convolution.

        Raises ValueError: a flux or a label that is missing, a metabolite whose inflow
        isn't its outflow, a loop without a source.
        """
        fluxes = self._batch(fluxes)
        self._check_balance(fluxes)
        self._check_labels(labels)
        B = len(next(iter(fluxes.values())))
        solved = {}

        def distribution(unit):
            if unit not in solved:
                heavy = sum(labels[unit.metabolite][atom] == "1" for atom in unit.atoms)
                row = torch.zeros(len(unit.atoms) + 1, dtype=torch.float64)
                row[heavy] = 1
                solved[unit] = row.expand(B, -1)
            return solved[unit]

        def joined(parts):
            first, *others = map(distribution, parts)
            for other in others:
                first = convolve(first, other)
            return first

        by_size = defaultdict(list)
        for unit in self.sources:
            by_size[len(unit.atoms)].append(unit)
        for size in sorted(by_size):
            units = by_size[size]
            place = {unit: k for k, unit in enumerate(units)}
            matrix = torch.zeros(B, len(units), len(units), dtype=torch.float64)
            known = torch.zeros(B, len(units), size + 1, dtype=torch.float64)
            for unit, k in place.items():
                for name, parts in self.sources[unit]:
                    flux = fluxes[name]
                    matrix[:, k, k] += flux
                    if len(parts) == 1 and parts[0] in place:
                        matrix[:, k, place[parts[0]]] -= flux
                    else:
                        known[:, k] += flux.unsqueeze(1) * joined(parts)
            found, failed = torch.linalg.solve_ex(matrix, known)
            if failed.any():
                names = ", ".join(map(str, units))
                raise ValueError(
                    f"with these fluxes no substrate reaches all of {names}"
                )
            solved |= dict(zip(units, found.unbind(1), strict=True))
        return solved[self.measured]

    def _batch(self, fluxes):
        names = [reaction.name for reaction in self.reactions]
        missing = [name for name in names if name not in fluxes]
        if missing:
            raise ValueError(f"no flux is given for {', '.join(missing)}")
        values = [torch.as_tensor(fluxes[n], dtype=torch.float64) for n in names]
        values = torch.broadcast_tensors(*[torch.atleast_1d(value) for value in values])
        return dict(zip(names, values, strict=True))

    def _check_labels(self, labels):
        for name in sorted(self.substrates):
            if name not in labels:
                raise ValueError(f"say which atoms of {name} are labelled")
            size, label = self.sizes[name], labels[name]
            if not re.fullmatch(f"[01]{{{size}}}", label):
                wanted = f"{size} of 0 and 1, not {label!r}"
                raise ValueError(f"the label of {name} must be {wanted}")

    def _check_balance(self, fluxes):
        net = Counter()
        total = Counter()
        for reaction in self.reactions:
            for metabolite, _ in reaction.right:
                net[metabolite] = net[metabolite] + fluxes[reaction.name]
                total[metabolite] = total[metabolite] + fluxes[reaction.name]
            for metabolite, _ in reaction.left:
                net[metabolite] = net[metabolite] - fluxes[reaction.name]
        for metabolite in sorted(self.inner):
            off = net[metabolite].abs() > 1e-9 * total[metabolite].abs()
            if off.any():
                row = int(off.nonzero()[0])
                much = net[metabolite][row].item()
                raise ValueError(f"{metabolite} gains {much:g} in flux vector {row}")


def _parts(left, wanted):
    """Yield the units of a reaction's left side that hold the `wanted` atoms."""
    for metabolite, letters in left:
        atoms = tuple(k for k, letter in enumerate(letters) if letter in wanted)
        if atoms:
            yield Unit(metabolite, atoms)

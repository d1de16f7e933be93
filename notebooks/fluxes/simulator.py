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
from collections import Counter
from typing import NamedTuple

import torch
from torch.linalg import solve_ex

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

# From glucose to four amino acids, as bacteria make them; `_b` is a way back. The atoms
# go as in textbooks, and as in the model of the asker's public code where it has the
# same reactions (github.com/Patrickens/sbmfi). Succinate has no front and no back, so
# `sdh` and `sdh_r` carry the same flux.
CENTRAL = """
upt: Glc -> G6P              abcdef -> abcdef
pgi: G6P -> F6P              abcdef -> abcdef
pgi_b: F6P -> G6P            abcdef -> abcdef
pfk: F6P -> FBP              abcdef -> abcdef
fba: FBP -> DHAP + GAP       abcdef -> cba + def
fba_b: DHAP + GAP -> FBP     cba + def -> abcdef
tpi: DHAP -> GAP             abc -> abc
tpi_b: GAP -> DHAP           abc -> abc
gap: GAP -> PGA              abc -> abc
gap_b: PGA -> GAP            abc -> abc
eno: PGA -> PEP              abc -> abc
eno_b: PEP -> PGA            abc -> abc
pyk: PEP -> Pyr              abc -> abc
zwf: G6P -> Ru5P + CO2       abcdef -> bcdef + a
rpe: Ru5P -> X5P             abcde -> abcde
rpe_b: X5P -> Ru5P           abcde -> abcde
rpi: Ru5P -> R5P             abcde -> abcde
rpi_b: R5P -> Ru5P           abcde -> abcde
tk1: X5P -> C2 + GAP         abcde -> ab + cde
tk1_b: C2 + GAP -> X5P       ab + cde -> abcde
tk2: F6P -> C2 + E4P         abcdef -> ab + cdef
tk2_b: C2 + E4P -> F6P       ab + cdef -> abcdef
tk3: S7P -> C2 + R5P         abcdefg -> ab + cdefg
tk3_b: C2 + R5P -> S7P       ab + cdefg -> abcdefg
ta1: F6P -> C3 + GAP         abcdef -> abc + def
ta1_b: C3 + GAP -> F6P       abc + def -> abcdef
ta2: S7P -> C3 + E4P         abcdefg -> abc + defg
ta2_b: C3 + E4P -> S7P       abc + defg -> abcdefg
pdh: Pyr -> AcCoA + CO2      abc -> bc + a
cs: OAA + AcCoA -> Cit       abcd + ef -> dcbfea
icd: Cit -> AKG + CO2        abcdef -> abcde + f
sdh: AKG -> Mal + CO2        abcde -> bcde + a
sdh_r: AKG -> Mal + CO2      abcde -> edcb + a
mdh: Mal -> OAA              abcd -> abcd
mdh_b: OAA -> Mal            abcd -> abcd
ppc: PEP + CO2 -> OAA        abc + d -> abcd
pck: OAA -> PEP + CO2        abcd -> abc + d
ser: PGA -> Ser              abc -> abc
shm: Ser -> Gly + C1         abc -> ab + c
shm_b: Gly + C1 -> Ser       ab + c -> abc
sik: PEP + E4P -> Shik       abc + defg -> abcdefg
cho: PEP + Shik -> Chor      abc + defghij -> abcdefghij
phe: Chor -> Phe + CO2       abcdefghij -> abcefghij + d
ind: Chor + R5P -> Ind + Pyr + CO2 + GAP  abcdefghij + klmno -> efghijkl + abc + d + mno
trp: Ind + Ser -> Trp        abcdefgh + ijk -> ijkabcdefgh
glu: AKG -> Glu              abcde -> abcde
asp: OAA -> Asp              abcd -> abcd
ac: AcCoA -> Ac              ab -> ab
co2: CO2 -> CO2out           a -> a
gly: Gly -> GlyOut           ab -> ab
c1: C1 -> C1out              a -> a
"""
# Fluxes that leave no other open, and for each a range in which all are positive, if
# `sdh_r` is `sdh` and every way back lies between 30 and 100.
CENTRAL_RANGES = {
    "upt": (100, 100),
    "zwf": (10, 60),
    "sdh": (10, 40),
    "pck": (0, 10),
    "glu": (2, 10),
    "asp": (2, 10),
    "gly": (1, 5),
    "phe": (1, 5),
    "trp": (1, 3),
}


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
    lost or is used twice, a metabolite with two numbers of atoms, a name used twice.
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
        if name in {reaction.name for reaction in reactions}:
            raise ValueError(f"{name} is the name of two reactions")
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


class Block(NamedTuple):
    """Units of one size that feed each other, and what their balance is made of.

    For K units, S sources and R reactions, a flux vector (R,) times `within` (R, K, K)
    gives the matrix of the balance; times `inflow` (R, K, S), what each source brings.
    A source is a tuple of units solved before: one, or several that join, the last to
    the others. `joins` are the sources, and parts of them, that no block before has.
    """

    units: list[Unit]
    sources: list[tuple[Unit, ...]]
    joins: list[tuple[Unit, ...]]
    within: torch.Tensor
    inflow: torch.Tensor


class Network:
    """The units behind what is measured, in the order in which they are solved.

    Args:
        reactions: a table, see the module.
        measured: what the spectrometer sees: each a `Unit`, or a metabolite's name for
            all of its atoms.

    Raises ValueError: see `read_reactions`; a metabolite or an atom that isn't there; a
    loop that no substrate reaches.
    """

    def __init__(self, reactions, *measured):
        self.reactions = read_reactions(reactions)
        self.names = [reaction.name for reaction in self.reactions]
        produced = {name for r in self.reactions for name, _ in r.right}
        consumed = {name for r in self.reactions for name, _ in r.left}
        self.substrates = consumed - produced
        self.inner = sorted(consumed & produced)
        sides = [side for r in self.reactions for side in r.left + r.right]
        self.sizes = {metabolite: len(letters) for metabolite, letters in sides}
        self.measured = [self._unit(one) for one in measured]
        self.made_of = self._trace()
        self._check_reach()
        self.blocks = []
        for size in sorted({len(unit.atoms) for unit in self.made_of}):
            for units in self._that_feed_each_other(size):
                self.blocks.append(self._block(units))

    def _unit(self, measured):
        name = measured if isinstance(measured, str) else measured.metabolite
        if name not in self.sizes:
            raise ValueError(f"no reaction names {name}")
        every = tuple(range(self.sizes[name]))
        atoms = every if isinstance(measured, str) else tuple(sorted({*measured.atoms}))
        if not atoms or not set(atoms) <= set(every):
            raise ValueError(f"{name} has the atoms {every}, not {atoms}")
        return Unit(name, atoms)

    def _trace(self):
        """Return a dict of unit -> [(reaction, units that it is made of)]."""
        made_of, waiting = {}, list(self.measured)
        while waiting:
            unit = waiting.pop()
            if unit in made_of or unit.metabolite in self.substrates:
                continue
            made_of[unit] = list(self._made_by(unit))
            waiting += [part for _, parts in made_of[unit] for part in parts]
        return made_of

    def _made_by(self, unit):
        for reaction in self.reactions:
            for metabolite, letters in reaction.right:
                if metabolite == unit.metabolite:
                    wanted = {letters[atom] for atom in unit.atoms}
                    yield reaction.name, tuple(_parts(reaction.left, wanted))

    def _check_reach(self):
        """Refuse units that no substrate reaches: loops without a source."""
        known = set()
        while True:
            new = {
                unit
                for unit, made in self.made_of.items()
                if unit not in known
                and any(all(self._known(p, known) for p in parts) for _, parts in made)
            }
            if not new:
                break
            known |= new
        lost = sorted(str(unit) for unit in self.made_of.keys() - known)
        if lost:
            raise ValueError(f"no substrate reaches {', '.join(lost)}")

    def _known(self, unit, known):
        return unit in known or unit.metabolite in self.substrates

    def _that_feed_each_other(self, size):
        """Return lists of the units of a size, those first that feed the others."""
        units = [unit for unit in self.made_of if len(unit.atoms) == size]
        needs = torch.eye(len(units), dtype=torch.bool)  # a row for each that is fed
        for k, unit in enumerate(units):
            for _, parts in self.made_of[unit]:
                if parts[0] in units:
                    needs[k, units.index(parts[0])] = True
        for k in range(len(units)):  # Warshall: whoever needs k needs what k needs
            needs |= needs[:, k, None] & needs[k]
        together = [tuple(row.nonzero().flatten().tolist()) for row in needs & needs.T]
        in_order = sorted(
            set(together), key=lambda block: (needs[block[0]].sum(), block)
        )
        return [[units[k] for k in block] for block in in_order]

    def _block(self, units):
        made = [(unit, *way) for unit in units for way in self.made_of[unit]]
        sources = sorted({parts for *_, parts in made if parts[0] not in units})
        steps = {parts[:k] for parts in sources for k in range(2, len(parts) + 1)}
        steps -= set(self.joins())
        R, K, S = len(self.names), len(units), len(sources)
        within = torch.zeros(R, K, K, dtype=torch.float64)
        inflow = torch.zeros(R, K, S, dtype=torch.float64)
        for unit, name, parts in made:
            r, k = self.names.index(name), units.index(unit)
            within[r, k, k] += 1
            if parts[0] in units:  # then alone: units that join are smaller
                within[r, k, units.index(parts[0])] -= 1
            else:
                inflow[r, k, sources.index(parts)] += 1
        joins = sorted(steps, key=lambda parts: (len(parts), parts))
        return Block(units, sources, joins, within, inflow)

    def joins(self):
        """Return the tuples of units that join, each a convolution of a simulation."""
        return [parts for block in self.blocks for parts in block.joins]

    def simulate(self, fluxes, labels, convolve):
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
        v = self._flux_vectors(fluxes)
        known = self._substrate_units(labels, len(v))
        self.solve(v, known, convolve)
        return torch.cat([known[(unit,)] for unit in self.measured], dim=1)

    def solve(self, v, known, convolve):
        """Solve all blocks in order, into `known`."""
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

    def _substrate_units(self, labels, B):
        """Return a dict of (unit,) -> (B, atoms + 1): one mass, for certain."""
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

    def balance(self, fluxes):
        """Return all fluxes: those given, and those that follow from the balances.

        `fluxes` is a dict as in `simulate`, without those that follow. Raises
        ValueError: as there, and naming the fluxes that don't follow.
        """
        self._check_names(fluxes)
        given = [name for name in self.names if name in fluxes]
        rest = [name for name in self.names if name not in fluxes]
        net = self._net()
        known = net[:, [self.names.index(name) for name in given]]
        unknown = net[:, [self.names.index(name) for name in rest]]
        inverse = torch.linalg.pinv(unknown)  # of known @ given + unknown @ rest = 0
        fixed = (inverse @ unknown).diagonal() > 1 - 1e-9
        if not fixed.all():
            open_ = [n for n, is_fixed in zip(rest, fixed, strict=True) if not is_fixed]
            raise ValueError(f"give more fluxes: {', '.join(open_)} don't follow")
        follow = -_stack([fluxes[name] for name in given]) @ (inverse @ known).T
        every = dict(fluxes) | dict(zip(rest, follow.unbind(1), strict=True))
        v = self._flux_vectors(every)
        return dict(zip(self.names, v.unbind(1), strict=True))

    def _net(self):
        """Return how much of each inner metabolite each reaction makes, (inner, R)."""
        net = torch.zeros(len(self.inner), len(self.names), dtype=torch.float64)
        for r, reaction in enumerate(self.reactions):
            for side, sign in [(reaction.left, -1), (reaction.right, 1)]:
                for metabolite, _ in side:
                    if metabolite in self.inner:
                        net[self.inner.index(metabolite), r] += sign
        return net

    def _flux_vectors(self, fluxes):
        """Return the fluxes of all reactions, (B, R), checked."""
        self._check_names(fluxes)
        missing = [name for name in self.names if name not in fluxes]
        if missing:
            raise ValueError(f"no flux is given for {', '.join(missing)}")
        v = _stack([fluxes[name] for name in self.names])
        rounding = 1e-9 * v.abs().nansum(1, keepdim=True)
        wrong = ~((v >= -rounding) & (v < torch.inf))
        if wrong.any():
            row, r = wrong.nonzero()[0].tolist()
            found = f"{self.names[r]} is {v[row, r].item():g} in flux vector {row}"
            raise ValueError(f"{found}: a flux is finite and not negative")
        gain = v @ self._net().T
        off = gain.abs() > rounding
        if off.any():
            row, k = off.nonzero()[0].tolist()
            much = f"{gain[row, k].item():g} in flux vector {row}"
            raise ValueError(f"{self.inner[k]} gains {much}")
        return v

    def _check_names(self, fluxes):
        unknown = sorted(fluxes.keys() - set(self.names))
        if unknown:
            raise ValueError(f"no reaction has the name {', '.join(unknown)}")

    def _check_labels(self, labels):
        for name in sorted(self.substrates):
            if name not in labels:
                raise ValueError(f"say which atoms of {name} are labelled")
            size, label = self.sizes[name], labels[name]
            if not re.fullmatch(f"[01]{{{size}}}", label):
                wanted = f"{size} of 0 and 1, not {label!r}"
                raise ValueError(f"the label of {name} must be {wanted}")


def _stack(fluxes):
    """Return `fluxes`, numbers and batches (B,), as (B, len(fluxes))."""
    fluxes = [torch.atleast_1d(torch.as_tensor(x, dtype=torch.float64)) for x in fluxes]
    shapes = {tuple(flux.shape) for flux in fluxes} - {(1,)}
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        found = " and ".join(map(str, sorted(shapes)))
        raise ValueError(f"fluxes are numbers or all of one shape (B,), not {found}")
    return torch.stack(torch.broadcast_tensors(*fluxes), dim=1)


def _check_solved(failed, units):
    if failed.any():
        names = ", ".join(map(str, units))
        raise ValueError(f"with these fluxes no substrate reaches all of {names}")


def _parts(left, wanted):
    """Yield the units of a reaction's left side that hold the `wanted` letters."""
    for metabolite, letters in left:
        atoms = tuple(k for k, letter in enumerate(letters) if letter in wanted)
        if atoms:
            yield Unit(metabolite, atoms)

"""A third simulator, exact: the units' balances, solved with fractions of integers.

It has the tracing of units in common with the other two ways, and no arithmetic: every
float is a fraction, and from there on nothing is rounded.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from fluxes import Network, Unit

Masses = list[Fraction]  # with 0, 1, 2, … labelled atoms


def exact_masses(
    network: Network,
    fluxes: Mapping[str, float],
    labels: Mapping[str, Mapping[str, float]],
    natural: float = 0.0,
) -> Masses:
    """Return the masses of what is measured, side by side, for one flux vector.

    `labels` are mixtures, a dict of pattern -> share for each substrate. Raises
    StopIteration: units that no flux feeds.
    """
    v = {name: Fraction(float(flux)) for name, flux in fluxes.items()}
    known = {
        unit: _fed(unit, labels[unit.metabolite], Fraction(natural))
        for unit in network.fed
    }
    for size in sorted({len(unit.atoms) for unit in network.made_of}):
        units = [unit for unit in network.made_of if len(unit.atoms) == size]
        rows = [_balance(unit, units, network, v, known) for unit in units]
        known |= dict(zip(units, _solve(rows), strict=True))
    return [share for unit in network.measured for share in known[unit]]


def _fed(unit: Unit, mixture: Mapping[str, float], natural: Fraction) -> Masses:
    """Return the masses of a substrate's unit, atom by atom."""
    every = [Fraction(0)] * (len(unit.atoms) + 1)
    for pattern, share in mixture.items():
        heavy = [{"1": Fraction(1), "0": natural}[pattern[a]] for a in unit.atoms]
        masses = _joined([1 - chance, chance] for chance in heavy)
        pairs = zip(every, masses, strict=True)
        every = [one + Fraction(share) * mass for one, mass in pairs]
    return every


def _balance(unit, units, network, v, known) -> list[Fraction]:
    """Return a unit's balance as a row: a column for each of `units`, then masses."""
    within = dict.fromkeys(units, Fraction(0))
    masses = [Fraction(0)] * (len(unit.atoms) + 1)
    for name, parts, count in network.made_of[unit]:
        flow = v[name] * Fraction(count)
        within[unit] += flow
        if parts[0] in within:
            within[parts[0]] -= flow
        else:
            joined = _joined(known[part] for part in parts)
            masses = [m + flow * share for m, share in zip(masses, joined, strict=True)]
    return [*within.values(), *masses]


def _joined(parts: Iterable[Masses]) -> Masses:
    """Return the full convolution of the masses of `parts`."""
    joined = [Fraction(1)]
    for part in parts:
        longer = [Fraction(0)] * (len(joined) + len(part) - 1)
        for i, one in enumerate(joined):
            for k, other in enumerate(part):
                longer[i + k] += one * other
        joined = longer
    return joined


def _solve(rows: list[list[Fraction]]) -> list[Masses]:
    """Return what is right of the matrix in `rows` when Gauss and Jordan are done."""
    for k in range(len(rows)):
        pivot = next(r for r in range(k, len(rows)) if rows[r][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for r in range(len(rows)):
            if r != k and (factor := rows[r][k]):
                pairs = zip(rows[r], rows[k], strict=True)
                rows[r] = [x - factor * y if y else x for x, y in pairs]
    return [row[len(rows) :] for row in rows]

"""Labels: what the cell is fed with, as mass distributions of the substrates' units."""

import re
from collections.abc import Mapping
from math import comb

import torch
from torch import Tensor

from .tracing import Unit

# A substrate -> its pattern, "010" where the second carbon is labelled; or patterns and
# the share of each, such as {"100000": 0.8, "111111": 0.2}.
Labels = Mapping[str, str | Mapping[str, float]]

# The share of 13C among carbon in nature: M. Berglund and M. E. Wieser, Pure and
# Applied Chemistry 83 (2011) 397-410, doi:10.1351/PAC-REP-10-06-02; 0.0107(8).
NATURAL = 0.0107


def read_labels(
    labels: Labels, sizes: Mapping[str, int]
) -> dict[str, dict[str, float]]:
    """Return the shares of its patterns for each substrate.

    `sizes` is a dict of substrate -> number of atoms. Raises TypeError: what is no dict
    or no pattern. Raises ValueError: a substrate without a label or a label without a
    substrate, a pattern that can't be, shares that are negative or don't sum up to 1.
    """
    if not isinstance(labels, Mapping):
        raise TypeError(
            f"labels are a dict such as {{'A': '010'}}, not {type(labels).__name__}"
        )
    unknown = sorted(map(str, labels.keys() - sizes.keys()))
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)} can't be labelled: "
            f"the cell is fed with {', '.join(sorted(sizes))}"
        )
    mixtures = {}
    for name, size in sorted(sizes.items()):
        if name not in labels:
            raise ValueError(f"say which atoms of {name} are labelled")
        label = labels[name]
        if not isinstance(label, str | Mapping):
            raise TypeError(
                f"the label of {name} is {'0' * size!r}, say, or a dict of such "
                f"patterns and their shares, not {label!r}"
            )
        mixture = label if isinstance(label, Mapping) else {label: 1.0}
        for pattern in mixture:
            if not re.fullmatch(f"[01]{{{size}}}", str(pattern)):
                raise ValueError(
                    f"the label of {name} must be {size} of 0 and 1, not {pattern!r}"
                )
        shares = [float(share) for share in mixture.values()]
        if min(shares, default=0) < 0 or not abs(sum(shares) - 1) < 1e-9:
            raise ValueError(
                f"the shares of {name} are at least 0 and sum up to 1, not {mixture}"
            )
        mixtures[name] = dict(zip(mixture, shares, strict=True))
    return mixtures


def masses_of(unit: Unit, mixture: Mapping[str, float], natural: float) -> Tensor:
    """Return the mass distribution of a substrate's unit, float64 (atoms + 1,).

    `mixture` is a dict of pattern -> share; an atom that a pattern marks 0 is 13C with
    the chance `natural` all the same. Raises ValueError: a chance outside of 0 to 1.
    """
    if not 0 <= natural <= 1:
        raise ValueError(f"natural is a share between 0 and 1, not {natural}")
    masses = torch.zeros(len(unit.atoms) + 1, dtype=torch.float64)
    for pattern, share in mixture.items():
        labelled = sum(pattern[atom] == "1" for atom in unit.atoms)
        rest = len(unit.atoms) - labelled
        for k in range(rest + 1):
            chance = comb(rest, k) * natural**k * (1 - natural) ** (rest - k)
            masses[labelled + k] += share * chance
    return masses

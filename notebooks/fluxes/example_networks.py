"""The networks that come with the simulator: the paper's example, and a larger one."""

from functools import cache

import torch
from torch import Tensor

from .reactions import names_of, read_reactions
from .simulator import Network
from .tracing import Unit

# The example of Antoniewicz, Kelleher and Stephanopoulos (2007), and its fluxes.
TOY = """
v1: A -> B                abc -> abc
v2: B -> D                abc -> abc
v3: D -> B                abc -> abc
v4: B -> C + E            abc -> bc + a
v5: B + C -> D + E + E    abc + de -> bcd + a + e
v6: D -> F                abc -> abc
"""
TOY_FLUXES = {"v1": 100, "v2": 110, "v3": 50, "v4": 20, "v5": 20, "v6": 80}

# From glucose to four amino acids, as bacteria make them. The atoms go as in textbooks,
# and as in the model of the asker's public code where it has the same reactions
# (github.com/Patrickens/sbmfi). On the way of `sdh` lies succinate, which has no front
# and no back.
CENTRAL = """
upt: Glc -> G6P                 abcdef -> abcdef
pgi: G6P <-> F6P                abcdef <-> abcdef
pfk: F6P -> FBP                 abcdef -> abcdef
fba: FBP <-> DHAP + GAP         abcdef <-> cba + def
tpi: DHAP <-> GAP               abc <-> abc
gap: GAP <-> PGA                abc <-> abc
eno: PGA <-> PEP                abc <-> abc
pyk: PEP -> Pyr                 abc -> abc
zwf: G6P -> Ru5P + CO2          abcdef -> bcdef + a
rpe: Ru5P <-> X5P               abcde <-> abcde
rpi: Ru5P <-> R5P               abcde <-> abcde
tk1: X5P <-> C2 + GAP           abcde <-> ab + cde
tk2: F6P <-> C2 + E4P           abcdef <-> ab + cdef
tk3: S7P <-> C2 + R5P           abcdefg <-> ab + cdefg
ta1: F6P <-> C3 + GAP           abcdef <-> abc + def
ta2: S7P <-> C3 + E4P           abcdefg <-> abc + defg
pdh: Pyr -> AcCoA + CO2         abc -> bc + a
cs: OAA + AcCoA -> Cit          abcd + ef -> dcbfea
icd: Cit -> AKG + CO2           abcdef -> abcde + f
sdh: AKG -> Mal + CO2           abcde -> bcde|edcb + a
mdh: Mal <-> OAA                abcd <-> abcd
ppc: PEP + CO2 -> OAA           abc + d -> abcd
pck: OAA -> PEP + CO2           abcd -> abc + d
ser: PGA -> Ser                 abc -> abc
shm: Ser <-> Gly + C1           abc <-> ab + c
sik: PEP + E4P -> Shik          abc + defg -> abcdefg
cho: PEP + Shik -> Chor         abc + defghij -> abcdefghij
phe: Chor -> Phe + CO2          abcdefghij -> abcefghij + d
ind: Chor + R5P -> Ind + Pyr + CO2 + GAP  abcdefghij + klmno -> efghijkl + abc + d + mno
trp: Ind + Ser -> Trp           abcdefgh + ijk -> ijkabcdefgh
glu: AKG -> Glu                 abcde -> abcde
asp: OAA -> Asp                 abcd -> abcd
ac: AcCoA -> Ac                 ab -> ab
co2: CO2 -> CO2out              a -> a
gly: Gly -> GlyOut              ab -> ab
c1: C1 -> C1out                 a -> a
"""
# Fluxes that leave no other open, and for each a range in which all are positive, if
# every way back (`_b`) lies between 30 and 100.
CENTRAL_RANGES = {
    "upt": (100, 100),
    "zwf": (10, 60),
    "sdh": (20, 80),
    "pck": (0, 10),
    "glu": (2, 10),
    "asp": (2, 10),
    "gly": (1, 5),
    "phe": (1, 5),
    "trp": (1, 3),
}


@cache
def central_network() -> Network:
    """Return `CENTRAL` with four amino acids measured, built once in each process."""
    return Network(CENTRAL, "Trp", Unit("Phe", tuple(range(1, 9))), "Glu", "Asp")


def draw_central(count: int, seed: int = 0) -> dict[str, Tensor]:
    """Return fluxes of `CENTRAL` that leave no other open, at random in their ranges.

    Each is float64 (count,).
    """
    generator = torch.Generator().manual_seed(seed)
    names = names_of(read_reactions(CENTRAL))
    ranges = CENTRAL_RANGES | {n: (30, 100) for n in names if n.endswith("_b")}
    return {
        name: low
        + (high - low) * torch.rand(count, generator=generator, dtype=torch.float64)
        for name, (low, high) in ranges.items()
    }

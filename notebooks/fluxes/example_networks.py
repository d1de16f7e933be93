"""The networks that come with the simulator: the paper's example, and a larger one."""

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

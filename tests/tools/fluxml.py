"""FluxML: how a network is written in the format of 13CFLUX.

It has other words for the same. The two directions of a reaction, ours of two names,
are one with a net flux and an exchange flux; the ways that the atoms of a symmetric
molecule go are its variants, each with a share of the flux. Source: Beyß et al.,
Frontiers in Microbiology 10 (2019) 1022, doi:10.3389/fmicb.2019.01022.
"""

from typing import NamedTuple

import paths  # noqa: F401  it puts what follows on Python's path
import torch
from torch import Tensor

from fluxes import Network
from fluxes.balances import Fluxes
from fluxes.labelling import Labels
from fluxes.reactions import Reaction

FLUXML = """<?xml version="1.0" encoding="utf-8"?>
<fluxml xmlns="http://www.13cflux.net/fluxml">
<reactionnetwork>
<metabolitepools>
{pools}
</metabolitepools>
{reactions}
</reactionnetwork>
<configuration name="default">
{inputs}
<measurement>
<model><labelingmeasurement>
{groups}
</labelingmeasurement></model>
<data>
{data}
</data>
</measurement>
<simulation><variables>
{values}
</variables></simulation>
</configuration>
</fluxml>
"""


class Step(NamedTuple):
    """A reaction of FluxML: one of ours or several of a name, and what goes back."""

    name: str
    ways: list[Reaction]  # which differ in their atoms
    back: str | None  # the name of the other direction

    def ids(self) -> list[str]:
        """Return the engine's name of each way."""
        several = [f"{self.name}__{k}" for k in range(len(self.ways))]
        return several if len(self.ways) > 1 else [self.name]

    def share(self, k: int = 0) -> float:
        """Return the share of the flux that goes the way `k`."""
        return self.ways[k].share


def find_steps(network: Network, free: Fluxes) -> list[Step]:
    """Return the steps of a network, each in the direction of its net flux.

    So each metabolite has a step that makes it: the engine takes one that only ways
    back make for a substrate. The first vector of `free` decides.
    """
    v, named, steps = network.balance(free), {}, []
    for reaction in network.reactions:
        named.setdefault(reaction.name, []).append(reaction)
    for name, ways in named.items():
        back = name.removesuffix("_b") if name.endswith("_b") else f"{name}_b"
        reverse = [(way.right, way.left) for way in named.get(back, [])]
        if reverse != [(way.left, way.right) for way in ways]:
            back = None
        if back is None or (v[name][0], back) > (v[back][0], name):
            steps.append(Step(name, ways, back))
    return steps


def write_fluxml(
    network: Network, free: Fluxes, labels: Labels, natural: bool = False
) -> str:
    """Return a network, what is measured and a flux vector, the first, as FluxML.

    With `natural`, unlabelled carbon is as in nature. Raises ValueError: as
    `Network.balance`; several metabolites with variants in one reaction.
    """
    v, steps = network.balance(free), find_steps(network, free)
    inputs, groups, data, values = [], [], [], []
    ends = network.sizes.keys() - {m for r in network.reactions for m, _ in r.left}
    for name in sorted(network.substrates):
        mixture, purity = labels[name], ' purity="1"' if natural else ""
        mixture = {mixture: 1.0} if isinstance(mixture, str) else mixture
        told = (f'<label cfg="{k}"{purity}>{x}</label>' for k, x in mixture.items())
        inputs.append(f'<input pool="{name}">{"".join(told)}</input>')
    for k, (metabolite, atoms) in enumerate(network.measured):
        masses = range(len(atoms) + 1)
        told = ",".join(str(a + 1) for a in atoms), ",".join(map(str, masses))
        told = "{}[{}]#M{}".format(metabolite, *told)
        groups.append(f'<group id="m{k}"><textual>{told}</textual></group>')
        datum = f'<datum id="m{k}" weight="{{}}" stddev="1">0</datum>'
        data += map(datum.format, masses)  # none is known, but the format wants some
    for step in steps:
        value = f'<fluxvalue flux="{step.ids()[0]}" type="{{}}">{{}}</fluxvalue>'
        kinds = ["n"] * (step.name in free and (step.back or step.name) in free)
        for kind in kinds + ["x"] * bool(step.back):
            told = {"n": "net", "x": "xch"}[kind]
            values.append(value.format(told, engine_flux(step, kind, v)[0].item()))
    pools = (f'<pool id="{m}" atoms="{k}"/>' for m, k in network.sizes.items())
    reactions = [_reaction(s.ids(), s.back, *_sides(s)) for s in steps]
    for name in sorted(ends):  # the engine balances them, too
        atoms = "abcdefghijklmnopqrstuvwxyz"[: network.sizes[name]]
        out = f'<reduct id="{name}" cfg="{atoms}"/>'
        reactions.append(_reaction([f"{name}__out"], None, out))
    lists = pools, reactions, inputs, groups, data, values
    names = "pools", "reactions", "inputs", "groups", "data", "values"
    told = zip(names, map("\n".join, lists), strict=True)
    return FLUXML.format(**dict(told))


def _reaction(ids, back, *sides):
    ids, both = ", ".join(ids), "true" if back else "false"
    told = f'<reaction id="{ids}" bidirectional="{both}">'
    return "\n".join([told, *sides, "</reaction>"])


def _sides(step):
    """Return the lines of what a step takes and makes."""
    lines, varied = [], []
    for tag, side in [("reduct", "left"), ("rproduct", "right")]:
        for k, (name, cfg) in enumerate(getattr(step.ways[0], side)):
            cfgs = [getattr(way, side)[k][1] for way in step.ways]
            if len(set(cfgs)) == 1:
                lines.append(f'<{tag} id="{name}" cfg="{cfg}"/>')
                continue
            lines.append(f'<{tag} id="{name}">')  # without a line's end after it, the
            for j, cfg in enumerate(cfgs):  # engine's parser skips the first variant
                lines.append(f'<variant cfg="{cfg}" ratio="{step.share(j)}"/>')
            lines.append(f"</{tag}>")
            varied.append(name)
    if len(varied) > 1:
        raise ValueError(f"{step.name}: FluxML has variants of one of {varied} only")
    return lines


def engine_flux(step: Step, kind: str, v: dict[str, Tensor]) -> Tensor:
    """Return the net (kind "n") or exchange ("x") flux (B,) of a step's first way.

    `v` has all of our fluxes, each (B,): the two directions of a step are its exchange
    flux, and one of them the net flux more.
    """
    there, again = v[step.name], v[step.back] if step.back else 0 * v[step.name]
    found = there - again if kind == "n" else torch.minimum(there, again)
    return found * step.share()

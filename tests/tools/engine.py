"""Compare the simulator with 13CFLUX, a published engine in C++, number by number.

    python tests/tools/engine.py            masses, derivatives, and the time of both
    python tests/tools/engine.py --record   writes what `test_engine.py` reads, too

It needs `pip install --no-deps x3cflux`, and no more: only the compiled part is loaded.
The package around it imports what its fits need, such as Ipopt. Source: Stratmann et
al., Bioinformatics 2025, doi:10.1093/bioinformatics/btaf630.
"""

import argparse
import json
from datetime import date
from functools import cache, partial
from importlib.machinery import PathFinder
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import paths  # it puts what follows on Python's path
import torch
from fluxml import engine_flux, find_steps, write_fluxml
from torch import Tensor

from fluxes import CENTRAL, Network, Unit, draw_central
from fluxes.balances import Fluxes
from fluxes.labelling import Labels
from workshop import format_time, least_times

MISSING = "13CFLUX isn't installed: pip install --no-deps x3cflux"
RECORD = paths.ROOT / "tests" / "engine.json"
MEASURED = ["Trp", Unit("Phe", tuple(range(1, 9))), "Glu", "Asp"]
# The chance that a carbon marked 0 is 13C, if the label states a purity: a constant of
# libFluxML (data/InputPool.cc), which shows in the engine's `simulator.configurations`.
# If it states none, such a carbon is 12C for certain.
NATURAL = 0.01055
EXPERIMENTS = [
    ({"Glc": "110000"}, 0.0),
    ({"Glc": {"100000": 0.8, "111111": 0.2}}, NATURAL),
]


@cache
def load_engine() -> ModuleType:
    """Return the compiled part of 13CFLUX, set to one thread.

    Raises ImportError: it isn't installed.
    """
    package = find_spec("x3cflux")
    if package is None:
        raise ImportError(MISSING)
    spec = PathFinder.find_spec("core", [str(Path(package.origin).parent / "lib")])
    core = module_from_spec(spec)
    spec.loader.exec_module(core)
    core.omp.num_threads = 1
    return core


class Engine:
    """13CFLUX, ready to simulate a network with any fluxes.

    Args: as of `write_fluxml`. Attributes: `simulator` is its own object; `names` are
    those of its P free fluxes, such as `pgi.x`. Raises ImportError: see `load_engine`.
    """

    def __init__(
        self, network: Network, free: Fluxes, labels: Labels, natural: bool = False
    ):
        self.steps = {step.ids()[0]: step for step in find_steps(network, free)}
        with TemporaryDirectory() as folder:
            path = Path(folder) / "network.fml"
            path.write_text(write_fluxml(network, free, labels, natural), "utf-8")
            create = load_engine().create_simulator_from_fml
            self.simulator = create(str(path), "default", "emu")
        self.names = self.simulator.parameter_space.free_parameter_names
        sizes = {f"m{k}": len(u.atoms) + 1 for k, u in enumerate(network.measured)}
        theirs = self.simulator.measurement_names[0]  # not in the order of the document
        rows = torch.arange(sum(sizes.values())).split([sizes[m] for m in theirs])
        self._order = torch.cat([rows[theirs.index(m)] for m in sizes])

    def parameters(self, fluxes: dict[str, Tensor]) -> Tensor:
        """Return its free fluxes, float64 (B, P), for all of ours, each (B,)."""
        split = [name.rsplit(".", 1) for name in self.names]
        found = [engine_flux(self.steps[id_], kind, fluxes) for id_, kind in split]
        return torch.stack(found, 1)

    def simulate(self, parameters: Tensor) -> Tensor:
        """Return the masses (B, masses), as ours are ordered, of parameters (B, P)."""
        rows = [self.simulator.compute_measurements(p)[0] for p in parameters.numpy()]
        found = [torch.cat([*map(torch.from_numpy, row)]) for row in rows]
        return torch.stack(found)[:, self._order]

    def jacobian(self, parameters: Tensor) -> Tensor:
        """Return the derivatives (B, masses, P) of the masses by the parameters."""
        rows = [self.simulator.compute_jacobian(p) for p in parameters.numpy()]
        return torch.stack([*map(torch.from_numpy, rows)])[:, self._order]


def compare(
    network: Network, engine: Engine, free: Fluxes, labels: Labels, natural: float
) -> tuple[float, float]:
    """Return by how much masses, and derivatives by `free`, differ at most.

    `engine` was made for the same network and labels; `free` is of batches (B,).
    """
    fluxes = network.balance(free)
    parameters = engine.parameters(fluxes)
    masses = network.simulate(fluxes, labels, natural=natural)

    def of_free(x):  # one vector (F,) -> (P,)
        fluxes = network.balance(dict(zip(free, x, strict=True)))
        return engine.parameters(fluxes)[0]

    vectors = torch.stack([*free.values()], 1)
    chain = torch.stack([torch.func.jacrev(of_free)(x) for x in vectors])
    slopes = network.jacobian(free, labels, natural=natural)
    off = masses - engine.simulate(parameters)
    off_slopes = slopes - engine.jacobian(parameters) @ chain
    return off.abs().max().item(), off_slopes.abs().max().item()


def report_times(
    network: Network, engine: Engine, free: Fluxes, labels: Labels
) -> None:
    """Print the least time a flux vector of masses and of derivatives, on one thread.

    13CFLUX takes one at a time; ours takes one, or a batch.
    """
    vectors = cycle(engine.parameters(network.balance(free)).numpy())
    simulator = engine.simulator
    calls = {
        "13CFLUX, masses": lambda: simulator.compute_measurements(next(vectors)),
        "13CFLUX, derivatives": lambda: simulator.compute_jacobian(next(vectors)),
    }
    each = dict.fromkeys(calls, 1)
    for count in (1, 1000):
        some, name = draw_central(count), f"ours, {count:,} together"
        fluxes = network.balance(some)
        calls[f"{name}, masses"] = partial(network.simulate, fluxes, labels)
        calls[f"{name}, derivatives"] = partial(network.jacobian, some, labels)
        each |= dict.fromkeys([*calls][-2:], count)
    for name, seconds in least_times(calls).items():
        print(f"{name:32} {format_time(seconds / each[name]):>10} a flux vector")
    print(f"derivatives are by {len(engine.names)} free fluxes, ours by {len(free)}")


def record(network: Network, count: int = 2) -> None:
    """Write the engine's masses of a few flux vectors, and all that they need."""
    free, cases = draw_central(count), []
    fluxes = network.balance(free)
    for labels, natural in EXPERIMENTS:
        engine = Engine(network, free, labels, natural > 0)
        masses = engine.simulate(engine.parameters(fluxes)).tolist()
        cases.append({"labels": labels, "natural": natural, "masses": masses})
    told = {
        "engine": f"13CFLUX {version('x3cflux')}",
        "date": str(date.today()),
        "free": {name: flux.tolist() for name, flux in free.items()},
        "cases": cases,
    }
    RECORD.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Print the comparison, or how to install the engine."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--record", action="store_true", help=f"write {RECORD.name}")
    chosen = parser.parse_args()
    try:
        load_engine()
    except ImportError as error:
        parser.exit(1, f"{error}\n")
    print(f"13CFLUX {version('x3cflux')}, torch {torch.__version__}, {date.today()}")
    network = Network(CENTRAL, *MEASURED)
    free = draw_central(20)
    for labels, natural in EXPERIMENTS:
        engine = Engine(network, free, labels, natural > 0)
        masses, slopes = compare(network, engine, free, labels, natural)
        print(f"{labels}, 13C in nature {natural}, {len(free['upt'])} flux vectors:")
        print(f"masses differ by {masses:.1e} at most, derivatives by {slopes:.1e}")
    report_times(network, engine, free, labels)
    if chosen.record:
        record(network)


if __name__ == "__main__":
    main()

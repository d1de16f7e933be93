"""Time the simulator on two networks, in microseconds a flux vector.

    python tests/tools/flux_benchmark.py             the plain way, the fast one, slopes
    python tests/tools/flux_benchmark.py --compile   the compiled one, too: minutes

One thread, the least of interleaved blocks. The networks are the larger one of the
notebooks, and a generated one of 127 reactions and 166 masses.
"""

import argparse
from collections.abc import Callable
from functools import partial
from time import perf_counter

import networks
import torch
from engine import MEASURED

from fluxes import CENTRAL, Network, draw_central
from SO_CONVOLVE_QUESTION import convolve_shift_add
from workshop import format_time, least_times

COUNT = 10_000  # flux vectors
FEWER = 1_000  # for what takes long


def central() -> tuple[Callable, dict, dict]:
    """Return what makes the notebooks' larger network, its fluxes and labels."""
    make = partial(Network, CENTRAL, *MEASURED)
    return make, make().balance(draw_central(COUNT)), {"Glc": "110000"}


def generated() -> tuple[Callable, dict, dict]:
    """Return the same of the generated network."""
    table, fluxes, labels, ends = networks.generated_network(**networks.LARGE)
    fluxes = networks.more_flux_vectors(fluxes, COUNT)
    return partial(Network, table, *ends), fluxes, labels


def report(make: Callable, fluxes: dict, labels: dict, compiled: bool) -> None:
    """Print the times of a network; `compiled`: compile it, too."""
    network = make()
    fewer = {name: flux[:FEWER] for name, flux in fluxes.items()}
    calls = {
        "plain": (partial(network.simulate, fewer, labels, convolve_shift_add), FEWER),
        "fast": (partial(network.simulate, fluxes, labels), COUNT),
    }
    if compiled:
        other = make()
        other.compile()
        start = perf_counter()
        other.simulate(fluxes, labels)
        print(f"{'compiling, once':20} {format_time(perf_counter() - start):>10}")
        calls["compiled"] = partial(other.simulate, fluxes, labels), COUNT
    times = least_times({name: call for name, (call, _) in calls.items()})
    for name, (_, count) in calls.items():
        print(f"{name:20} {format_time(times[name] / count):>10} a flux vector")


def main() -> None:
    """Print the times of both networks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--compile", action="store_true", help="compile, too: minutes")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    for name, given in [("the larger network", central()), ("generated", generated())]:
        print(f"{name}, {COUNT:,} flux vectors")
        report(*given, chosen.compile)


if __name__ == "__main__":
    main()

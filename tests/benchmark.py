"""Compare `convolve_fast` with every answer and every installed peer, in one run.

    python tests/benchmark.py            the whole grid
    python tests/benchmark.py --answers  the whole grid, without peers and loops
    python tests/benchmark.py --quick    a coarse grid, within a minute

The native operator runs along where there is a compiler, also into a result that it is
given; so does a copy of the result, as the least that writing it can cost. Peers are
optional: `pip install -r tests/requirements-benchmark.txt`. They give results only, no
gradients. A ratio says how many times as long as `convolve_fast` a contestant
takes: medians of one run on one thread, in which all take turns. Who is 50 times
behind, or five times and slow, gets one call; who is 200 times behind, none on more
rows.
"""

import argparse
import os
import statistics
import sys
from functools import cache, partial
from itertools import product
from pathlib import Path

import numpy as np
import torch

os.environ["XLA_FLAGS"] = (  # one thread for jax, too
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]

import native  # noqa: E402
import SO_CONVOLVE_QUESTION as question  # noqa: E402
from workshop import (  # noqa: E402
    Point,
    is_stopped,
    ready_calls,
    sweep,
    time_together,
)

FAST, NATIVE, INTO, COPY = "convolve_fast", "convolve_native", "into_a_result", "copy"
EAGER = [
    question.convolve_shift_add,
    question.convolve_antidiagonals,
    question.convolve_windows,
    question.convolve_grouped,
    question.convolve_transposed,
    question.convolve_vmap,
    question.convolve_fft,
]


def conv1d_by_row(a, v):
    return torch.stack([question.conv1d(*pair) for pair in zip(a, v, strict=True)])


# ---- peers: each takes numpy's arrays and returns a call -------------------------


def numpy_by_row(a, v):
    return lambda: np.stack([np.convolve(*pair) for pair in zip(a, v, strict=True)])


def scipy_fftconvolve(a, v):
    from scipy.signal import fftconvolve

    return partial(fftconvolve, a, v, axes=-1)


def scipy_oaconvolve(a, v):
    from scipy.signal import oaconvolve

    return partial(oaconvolve, a, v, axes=-1)


def numba_guvectorize(a, v):
    shape, kernel = (len(a), a.shape[1] + v.shape[1] - 1), numba_kernel()

    def call():
        out = np.empty(shape, a.dtype)
        kernel(a, v, out)
        return out

    return call


@cache
def numba_kernel():
    from numba import guvectorize

    types = ["(f4[:], f4[:], f4[:])", "(f8[:], f8[:], f8[:])"]

    @guvectorize(types, "(m),(n),(k)", writable_args=(2,))
    def convolve(a, v, out):
        out[:] = 0
        for i in range(a.size):
            for j in range(v.size):
                out[i + j] += a[i] * v[j]

    return convolve


def jax_vmap(a, v):
    convolve, asarray = jax_function()
    a, v = asarray(a), asarray(v)
    return lambda: convolve(a, v).block_until_ready()


@cache
def jax_function():
    import jax

    jax.config.update("jax_enable_x64", True)  # before any array is made
    return jax.jit(jax.vmap(jax.numpy.convolve)), jax.numpy.asarray


PEERS = [
    numpy_by_row,
    scipy_fftconvolve,
    scipy_oaconvolve,
    numba_guvectorize,
    jax_vmap,
]


def installed_peers():
    """Return the peers that are installed, and say which are not."""
    found = []
    for peer in PEERS:
        try:
            peer(np.ones((2, 3)), np.ones((2, 3)))
            found.append(peer)
        except ImportError as error:
            print(f"{peer.__name__} is left out: {error}")
    return found


def calls_at(point, answers, peers):
    calls = ready_calls([question.convolve_fast, *answers], point)
    if not point.backward:
        a, v = calls[FAST].args
        if native.convolve_native in answers:
            out, result = a.new_empty(2, point.rows, point.m + point.n - 1)
            calls[INTO] = partial(native.convolve_native, a, v, out=out)
            calls[COPY] = partial(out.copy_, result)
        calls |= {peer.__name__: peer(a.numpy(), v.numpy()) for peer in peers}
    return calls


# ---- the report -----------------------------------------------------------------


def ratios_of(measured):
    """Return a dict of contestant -> times as long as `convolve_fast`."""
    fast = measured[FAST].median
    return {name: m.median / fast for name, m in measured.items() if name != FAST}


def describe(point):
    dtype = str(point.dtype).removeprefix("torch.")
    gradients = " and gradients" if point.backward else ""
    return f"{point.rows:,} rows, {point.m} x {point.n}, {dtype}{gradients}"


def report_names(names):
    print("* one call only, being far behind; - not run again, or gives no gradients")
    print(f"{'':44}", *(name.removeprefix("convolve_")[:9].rjust(9) for name in names))


def report_point(names, point, measured):
    ratios, cells = ratios_of(measured), []
    for name in names:
        mark = "*" if name in ratios and is_stopped(measured[name]) else " "
        cells.append(f"{ratios[name]:.3g}{mark}" if name in ratios else "- ")
    print(f"{describe(point):44}", *(cell.rjust(9) for cell in cells), flush=True)


def report_means(results, names):
    for dtype, backward in product([torch.float32, torch.float64], [False, True]):
        print(f"\n{dtype}, {'forward and backward' if backward else 'forward'}:")
        some = [p for p in results if (p.dtype, p.backward) == (dtype, backward)]
        print(f"{'':24} geometric mean     least      most    points  not run")
        for name in names:
            found = [ratios_of(results[p]).get(name) for p in some]
            ratios = [ratio for ratio in found if ratio]
            if ratios:  # peers give no gradients
                mean = statistics.geometric_mean(ratios)
                numbers = f"{mean:14.2f} {min(ratios):9.2f} {max(ratios):9.2f}"
                missing = len(found) - len(ratios)
                print(f"{name:24} {numbers} {len(ratios):9} {missing:8}")


def report_bounds(results):
    print()
    dtypes, rivals = [torch.float32, torch.float64], ["grouped", "shift_add"]
    for dtype, rival in product(dtypes, rivals):
        ratios = [
            ratios_of(measured).get(f"convolve_{rival}")
            for point, measured in results.items()
            if point.dtype == dtype
        ]
        mean = statistics.geometric_mean(ratio for ratio in ratios if ratio)
        print(f"{rival} in {dtype}: {mean:.1f} times as long, over all points that ran")
    names = [answer.__name__ for answer in EAGER]
    behind = {}
    for point, measured in results.items():
        ratios = {n: r for n, r in ratios_of(measured).items() if n in names}
        best = min(ratios, key=ratios.get)
        behind[point] = 1 / ratios[best], best
    for bound in (1.25, 1.6):
        within = sum(ratio <= bound for ratio, _ in behind.values())
        print(f"At most {bound} times the best answer: {within} of {len(behind)}")
    print("The worst points, as multiples of the best answer there:")
    for point in sorted(behind, key=behind.get, reverse=True)[:12]:
        ratio, best = behind[point]
        print(f"{ratio:6.2f}  {describe(point):44} {best}")


def report_native(results):
    """Set the native operator beside the copy, torch's answers and numba."""
    names = [FAST, *(answer.__name__ for answer in EAGER)]
    ahead, behind_numba = {}, {}
    print()
    for point, measured in results.items():
        if NATIVE not in measured:
            return
        own = measured[NATIVE].median
        ahead[point] = min(measured[n].median for n in names if n in measured) / own
        if "numba_guvectorize" in measured and point.rows >= 100:
            behind_numba[point] = own / measured["numba_guvectorize"].median
    first = sum(ratio > 1 for ratio in ahead.values())
    print(
        f"convolve_native is faster than all of torch at {first} of {len(ahead)} points"
    )
    for point in sorted(ahead, key=ahead.get)[:5]:
        print(f"{ahead[point]:6.2f}  {describe(point)}")
    if behind_numba:
        first = sum(ratio < 1 for ratio in behind_numba.values())
        print(f"and than numba from 100 rows on at {first} of {len(behind_numba)}")
    for rows in (10_000, 1_000_000):
        ratios = {
            point: measured[INTO].median / measured[COPY].median
            for point, measured in results.items()
            if point.rows == rows and INTO in measured
        }
        if ratios:
            worst = max(ratios, key=ratios.get)
            mean = statistics.geometric_mean(ratios.values())
            print(
                f"{rows:,} rows into a given result: {mean:.2f} times the copy, at most"
            )
            print(f"{ratios[worst]:6.2f}  {describe(worst)}")


def report_checks():
    a, v = torch.ones(1, 5), torch.ones(1, 7)
    measured = time_together(
        {
            "checks": lambda: question._check_any(a, v, "full"),
            "call": lambda: question.convolve_fast(a, v),
        }
    )
    share = measured["checks"].median / measured["call"].median
    print(f"\nThe checks of the arguments take {share:.0%} of a call for one row")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a coarse grid")
    parser.add_argument("--answers", action="store_true", help="the eager answers only")
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # some peers know no other way to one thread
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}, {capability}, one thread")

    lengths, batches = (2, 5, 7, 8, 9), [10**k for k in range(7)]
    batches[1] = 5
    if chosen.quick:
        lengths, batches = (2, 9), [1, 100, 1_000, 10_000]
    points = [
        Point(m, n, rows, dtype, backward)
        for dtype in (torch.float32, torch.float64)
        for backward in (False, True)
        for m, n in product(lengths, lengths)
        for rows in batches
        if not (backward and rows > 100_000)
    ]
    loops = [] if chosen.answers else [question.convolve, conv1d_by_row]
    peers = [] if chosen.answers else installed_peers()
    contestants, names = [*EAGER, *loops], [answer.__name__ for answer in EAGER]
    if native.has_compiler():
        native.operators()  # built now, not in a measurement
        contestants.append(native.convolve_native)
        names += [NATIVE, INTO, COPY]
    else:
        print(native.NO_COMPILER)
    names += [contestant.__name__ for contestant in [*loops, *peers]]
    pace = {"rounds": 7, "block": 1e-3, "budget": 0.15}
    if chosen.quick:
        pace = {"rounds": 5, "block": 2e-4, "budget": 0.02}
    for backward in (False, True):  # what is made once, such as torch's late imports
        first = Point(2, 2, 1, backward=backward)
        for call in calls_at(first, contestants, peers).values():
            call()
    report_names(names)
    results = sweep(
        points,
        lambda point: calls_at(point, contestants, peers),
        keep=FAST,
        tell=partial(report_point, names),
        **pace,
    )
    report_means(results, names)
    report_bounds(results)
    report_native(results)
    report_checks()


if __name__ == "__main__":
    main()

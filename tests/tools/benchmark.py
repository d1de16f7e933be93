"""Compare `convolve_fast` with every answer and every installed peer, in one run.

    python tests/tools/benchmark.py            the whole grid
    python tests/tools/benchmark.py --answers  the whole grid, without peers and loops
    python tests/tools/benchmark.py --quick    a coarse grid, within a minute
    python tests/tools/benchmark.py --as-used  first calls and unseen numbers of rows

The native operators run along where there is a compiler, each fed its own layout, also
into a result that they are given; so does a copy of the result, the yardstick for them.
At a million rows they run on two threads, too. Peers are optional:
`pip install -r tests/requirements-benchmark.txt`. They give results only, no gradients.

A ratio says how many times as long as `convolve_fast` a contestant takes, by the least
of blocks of one run on one thread, in which all take turns. `convolve_fast` runs twice:
what the two differ by is noise, and what others differ by less is a tie. Who is 50
times behind, or five times and slow, gets a few calls; who is 200 times behind, none on
more rows.

All that is warm. The second table is not: the first call of a process, and numbers of
rows that nobody has used before.
"""

import argparse
import json
import os
import statistics
from functools import cache, partial
from itertools import product

import numpy as np
import paths  # noqa: F401  it puts what follows on Python's path
import torch

import native
import SO_CONVOLVE_QUESTION as question
from workshop import (
    Point,
    clear_ratio,
    format_time,
    least,
    least_times,
    ready_calls,
    run_fresh,
    sweep,
)
from workshop.measure.sweeping import COPY as AGAIN
from workshop.measure.sweeping import winner
from workshop.measure.timing import is_stopped

os.environ["XLA_FLAGS"] = (  # one thread for jax, too
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
FAST, COPY = "convolve_fast", "copy"
# The operators, and what they are called with a result to write to.
NATIVE = {"convolve_native": "into_rows", "convolve_columns": "into_columns"}
EAGER = [
    question.convolve_shift_add,
    question.convolve_antidiagonals,
    question.convolve_windows,
    question.convolve_grouped,
    question.convolve_transposed,
    question.convolve_vmap,
    question.convolve_fft,
]
# Those that keep the contract: no zero of a padding meets an infinity.
TRUSTED = ["convolve_shift_add", "convolve_antidiagonals", "convolve_transposed"]


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


def numba_columns(a, v):
    """Let the same kernel take columns: views, whose numbers lie far apart."""
    kernel = numba_kernel()
    return columns_call(a, v, lambda a, v, out: kernel(a.T, v.T, out.T))


def numba_lines(a, v):
    """Take all columns at once, so that numba's inner loop is along a line."""
    return columns_call(a, v, numba_kernel_of_lines())


def columns_call(a, v, function):
    """Return a call of `function(a, v, out)` on columns, which returns rows."""
    shape = a.shape[1] + v.shape[1] - 1, len(a)
    a, v = np.ascontiguousarray(a.T), np.ascontiguousarray(v.T)

    def call():
        out = np.empty(shape, a.dtype)
        function(a, v, out)
        return out.T

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


@cache
def numba_kernel_of_lines():
    from numba import guvectorize

    lines = ["f4[:, ::1]", "f8[:, ::1]"]  # told so, numba makes vectors of them
    types = [f"({kind}, {kind}, {kind})" for kind in lines]

    @guvectorize(types, "(m,b),(n,b),(k,b)", writable_args=(2,))
    def convolve(a, v, out):
        out[:] = 0
        for i in range(a.shape[0]):
            for j in range(v.shape[0]):
                for b in range(a.shape[1]):
                    out[i + j, b] += a[i, b] * v[j, b]

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
    numba_columns,
    numba_lines,
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
    if native.convolve_native in answers:
        calls |= native_calls(point, calls["convolve_native"])
    if not point.backward:
        a, v = calls[FAST].args
        calls |= {peer.__name__: peer(a.numpy(), v.numpy()) for peer in peers}
    return calls


def native_calls(point, call):
    """Return what to run beside `call`, a partial function of `convolve_native`."""
    columns = native.convolve_columns
    if point.backward:
        _, *given = call.args  # the gradient of the result, and the inputs
        return {"convolve_columns": partial(call.func, columns, *turned(*given))}
    a, v = call.args
    turned_a, turned_v = turned(a, v)
    width = point.m + point.n - 1
    # Written to, or the copy would read one page of zeros again and again.
    out, result = a.new_ones(2, point.rows, width)
    # Both write to the same memory, to which the copy goes, too.
    lines = out.view(width, point.rows)
    return {
        "convolve_columns": partial(columns, turned_a, turned_v),
        "into_rows": partial(native.convolve_native, a, v, out=out),
        "into_columns": partial(columns, turned_a, turned_v, out=lines),
        COPY: partial(out.copy_, result),
    }


def turned(*tensors):
    """Return rows as columns, and leaves as leaves."""
    return [t.detach().T.contiguous().requires_grad_(t.requires_grad) for t in tensors]


# ---- the report -----------------------------------------------------------------


def ratios_of(measured):
    """Return a dict of contestant -> times as long as `convolve_fast`."""
    fast = least(measured[FAST])
    return {name: least(m) / fast for name, m in measured.items() if name != FAST}


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
        print(f"\n{dtype}{', with gradients' * backward}:")
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


def report_bounds(results, pace):
    """Report how far `convolve_fast` is behind the best answer that can be trusted."""
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
    behind = {point: behind_best(measured) for point, measured in results.items()}
    worst = sorted(behind, key=behind.get, reverse=True)
    worst = [p for k, p in enumerate(worst) if k < 12 or behind[p][0] > 1.25]
    trusted = partial(
        calls_at, answers=[getattr(question, n) for n in TRUSTED], peers=[]
    )
    again = [sweep(worst, trusted, keep=FAST, **pace) for _ in range(3)]
    repeats = {point: [behind_best(run[point])[0] for run in again] for point in worst}
    for bound in (1.25, 1.5):
        above = [point for point in behind if behind[point][0] > bound]
        share = f"{1 - len(above) / len(behind):.1%}"
        lasting = sum(min(repeats[point]) > bound for point in above)
        ever = sum(max(*repeats[point], behind[point][0]) > bound for point in worst)
        print(
            f"Above {bound} times the best trusted answer: {len(above)} of "
            f"{len(behind)} ({share} within);\n"
            f"in all three repeats too: {lasting}; in any run: {ever}"
        )
    print("The worst points, as multiples of the best answer; then three repeats:")
    for point in worst:
        ratio, best = behind[point]
        told = "".join(f"{ratio:6.2f}" for ratio in repeats[point])
        print(f"{ratio:6.2f}  {describe(point):44} {best:24} {told}")


def behind_best(measured):
    """Return `convolve_fast`'s time over the best trusted answer's, and its name."""
    best, _ = winner(measured, TRUSTED, clear=1)
    return least(measured[FAST]) / least(measured[best]), best


def report_native(results, clear):
    """Set the native operators beside torch's answers, numba and the copy."""
    torch_answers = [FAST, *(answer.__name__ for answer in EAGER)]
    large = {p: measured for p, measured in results.items() if p.rows >= 100}
    one = ["numba_guvectorize", "numba_columns"]
    for name in NATIVE:
        for backward in (False, True):
            some = {p: m for p, m in results.items() if p.backward == backward}
            whom = f"all of torch{', with gradients' * backward}"
            report_ahead(name, whom, torch_answers, some, clear)
        report_ahead(name, "numba, pair by pair, from 100 rows on", one, large, clear)
        whom = "numba, line by line, from 100 rows on"
        report_ahead(name, whom, ["numba_lines"], large, clear)
    for rows in (10_000, 1_000_000):
        report_copies(results, rows)


def report_ahead(name, whom, rivals, results, clear):
    """Report where `name` is ahead of all `rivals`, and where it isn't."""
    ahead = {}
    for point, measured in results.items():
        others = [least(measured[rival]) for rival in rivals if rival in measured]
        if name in measured and others:
            ahead[point] = min(others) / least(measured[name])
    if not ahead:
        return
    first = sum(ratio > clear for ratio in ahead.values())
    lost = sum(ratio < 1 / clear for ratio in ahead.values())
    print(
        f"\n{name}, {whom}:\nclearly ahead at {first} of {len(ahead)} points, clearly "
        f"behind at {lost}; the closest:"
    )
    for point in sorted(ahead, key=ahead.get)[: min(max(3, lost), 12)]:
        print(f"{ahead[point]:6.2f}  {describe(point)}")


def report_copies(results, rows):
    """Report how many copies of its result an operator takes, if given where to."""
    for (name, into), dtype in product(NATIVE.items(), [torch.float32, torch.float64]):
        ratios = {
            point: least(measured[into]) / least(measured[COPY])
            for point, measured in results.items()
            if (point.rows, point.dtype) == (rows, dtype)
            and {point.m, point.n} <= {2, 5, 7, 9}
            and into in measured
        }
        if ratios:
            worst = max(ratios, key=ratios.get)
            mean = statistics.geometric_mean(ratios.values())
            print(
                f"\n{name}, {dtype}, {rows:,} rows into a given result: {mean:.2f} "
                f"copies,\nat most\n{ratios[worst]:6.2f}  {describe(worst)}"
            )


def report_threads(pairs, rows, pace):
    """Report how much faster two threads are than one, for large batches."""
    points = [
        Point(m, n, rows, dtype)
        for dtype in (torch.float32, torch.float64)
        for m, n in pairs
    ]
    names = [*NATIVE.values(), COPY]
    print(f"\nTwo threads, times as fast as one, into a given result:\n{'':44}", *names)
    ratios = {name: [] for name in names}
    for point in points:
        calls = calls_at(point, [native.convolve_native], [])
        calls = {
            (name, threads): partial(call_on, threads, calls[name])
            for name in names
            for threads in (1, 2)
        }
        seconds = least_times(calls, **pace)
        for name in names:
            ratios[name].append(seconds[name, 1] / seconds[name, 2])
        cells = [f"{ratios[name][-1]:{len(name)}.2f}" for name in names]
        print(f"{describe(point):44}", *cells, flush=True)
    means = map(statistics.geometric_mean, ratios.values())
    cells = [f"{mean:{len(name)}.2f}" for name, mean in zip(names, means, strict=True)]
    print(f"{'geometric mean':44}", *cells)


def call_on(threads, call):
    torch.set_num_threads(threads)
    call()


def report_checks():
    a, v = torch.ones(1, 5), torch.ones(1, 7)
    seconds = least_times(
        {
            "checks": lambda: question._check_any(a, v, "full"),
            "call": lambda: question.convolve_fast(a, v),
        }
    )
    share = seconds["checks"] / seconds["call"]
    print(f"\nThe checks of the arguments take {share:.0%} of a call for one row")


# ---- as used: nothing is warm ---------------------------------------------------

UNSEEN = """
import json, random
from time import perf_counter
import torch
import SO_CONVOLVE_QUESTION as question
torch.manual_seed(0)
dtype, function = torch.{dtype}, question.{name}
batches = random.Random(0).sample(range(8_000, 12_001), 200)
given = [(torch.randn(B, {m}, dtype=dtype), torch.randn(B, {n}, dtype=dtype))
         for B in batches]
seconds = []
for pairs in (given[:1], given[1:], given[1:]):
    start = perf_counter()
    for pair in pairs:
        function(*pair)
    seconds.append((perf_counter() - start) / len(pairs))
print(json.dumps(seconds))
"""
USED = ["convolve", "convolve_shift_add", "convolve_grouped", "convolve_transposed"]


def report_as_used(repeats=5):
    """Report first calls and unseen numbers of rows, each contestant in a process."""
    print(
        f"\nAs used, the least of {repeats} fresh processes: the first call, then 199\n"
        "other numbers of rows between 8,000 and 12,000, each for the first time, and\n"
        "all of them once more. Beside the passes: times as long as shift_add.\n"
        f"{'':44}    first call    first pass          second pass"
    )
    for m, n, dtype in [
        (5, 7, "float32"),
        (5, 5, "float32"),
        (9, 9, "float32"),
        (2, 9, "float32"),
        (5, 7, "float64"),
    ]:
        names = [FAST, *USED] if (m, n) == (5, 7) else [FAST, "convolve_shift_add"]
        codes = {k: UNSEEN.format(name=k, m=m, n=n, dtype=dtype) for k in names}
        runs = {name: [] for name in names}
        for name in names * repeats:  # in turns, as ever
            runs[name].append(json.loads(run_fresh(codes[name])))
        best = {k: [min(times) for times in zip(*runs[k], strict=True)] for k in names}
        for name, seconds in best.items():
            first, *passes = map(format_time, seconds)
            ratios = [
                a / b for a, b in zip(seconds, best["convolve_shift_add"], strict=True)
            ]
            told = "".join(
                f"{t:>12} ({r:.2f})" for t, r in zip(passes, ratios[1:], strict=True)
            )
            print(f"{f'{name}, {m} x {n}, {dtype}':44}{first:>14}{told}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a coarse grid")
    parser.add_argument("--answers", action="store_true", help="the eager answers only")
    parser.add_argument("--as-used", action="store_true", help="only what is not warm")
    chosen = parser.parse_args()
    pins = hasattr(
        os, "sched_setaffinity"
    )  # some peers know no other way to one thread
    granted = os.sched_getaffinity(0) if pins else {}
    if pins:
        os.sched_setaffinity(0, {max(granted)})
    torch.set_num_threads(1)
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}, {capability}, one thread")
    if chosen.as_used:
        return report_as_used()

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
        names += [*NATIVE, *NATIVE.values(), COPY]
    else:
        print(native.NO_COMPILER)
    names += [contestant.__name__ for contestant in [*loops, *peers]]
    pace = {"rounds": 5, "block": 1e-3, "budget": 0.15}
    if chosen.quick:
        pace = {"rounds": 3, "block": 2e-4, "budget": 0.02}
    all_calls = partial(calls_at, answers=contestants, peers=peers)
    for backward in (False, True):  # what is made once, such as torch's late imports
        first = Point(2, 2, 1, backward=backward)
        for call in all_calls(first).values():
            call()
    report_names(names)
    tell = partial(report_point, names)
    results = sweep(points, all_calls, keep=FAST, tell=tell, **pace)
    report_means(results, [AGAIN, *names])
    clear = clear_ratio(results, FAST)
    print(f"\nA/A: two copies of convolve_fast agree within {clear:.2f} at 95 %")
    report_bounds(results, pace)
    report_native(results, clear)
    report_checks()
    if pins:
        os.sched_setaffinity(0, granted)
    if native.has_compiler():
        pairs = [(5, 7)] if chosen.quick else list(product([2, 5, 7, 9], repeat=2))
        report_threads(pairs, 1_000_000, pace)
    if not chosen.quick:
        report_as_used()


if __name__ == "__main__":
    main()

"""The notebooks' tools tell the truth."""

import base64
import contextlib
import platform
import random
import re
import subprocess
import sys
from collections import Counter
from functools import partial
from itertools import count, cycle
from math import inf
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from paths import FOLDER

import preflight
import SO_CONVOLVE_QUESTION as question
import workshop
from SO_CONVOLVE_QUESTION import convolve_one_kernel, convolve_shift_add
from workshop import extension
from workshop.lesson import grid_maps
from workshop.measure import timing
from workshop.measure.sweeping import COPY, winner
from workshop.measure.verdicts import NO_VERDICT, speed_up
from workshop.show.style import TINTS


def cross_correlation(a, v):
    return convolve_shift_add(a, v.flip(-1))


def one_axis_more(a, v):
    return convolve_shift_add(a, v).unsqueeze(0)


def always_float32(a, v):
    return convolve_shift_add(a, v).float()


def less_exact(a, v):
    return convolve_shift_add(a.float(), v.float()).to(a.dtype)


def changes_its_input(a, v):
    result = convolve_shift_add(a, v)
    v.zero_()
    return result


def right_for_short_kernels(a, v):
    m, n = a.shape[-1], v.shape[-1]
    result = convolve_shift_add(a, v[..., :m])
    return torch.nn.functional.pad(result, (0, max(0, n - m)))


def a_list(a, v):
    return convolve_shift_add(a, v).tolist()


@pytest.mark.parametrize(
    ("faulty", "m", "n", "dtype", "how"),
    [
        (
            cross_correlation,
            1,
            2,
            "float32",
            "not close.*elements: 2 / 2 .* index (0,)",
        ),
        (one_axis_more, 1, 1, "float32", "'shape' do not match: torch.Size([1, 1]) !="),
        (always_float32, 1, 1, "float64", "'dtype' do not match: torch.float32 !="),
        (less_exact, 1, 1, "float64", "not close.*index (0,) (up to 1e-12 allowed)"),
        (changes_its_input, 1, 1, "float32", "the function changed its input v"),
        (right_for_short_kernels, 1, 2, "float32", "elements: 1 / 2 .* index (1,)"),
        (a_list, 1, 1, "float32", "the result is a list"),
    ],
)
def test_prove_names_the_first_pair_that_differs_and_how(faulty, m, n, dtype, how):
    told = re.escape(f"a ({m},), v ({n},), torch.{dtype}: ")
    told += ".*" + re.escape(how).replace(r"\.\*", ".*")
    with pytest.raises(AssertionError, match=f"(?s){told}"):
        workshop.prove(faulty)


def refuses_long_kernels(a, v):
    if v.shape[-1] > a.shape[-1]:
        raise RuntimeError("the kernel is longer than the signal")
    return convolve_shift_add(a, v)


def test_prove_names_the_pair_on_which_a_function_fails():
    with pytest.raises(RuntimeError) as caught:
        workshop.prove(refuses_long_kernels)
    told = "the function was called with a (1,), v (2,), torch.float32"
    assert caught.value.__notes__ == [told]


@pytest.mark.parametrize(
    ("function", "options"),
    [(convolve_shift_add, {}), (convolve_one_kernel, {"one_kernel": True})],
)
def test_prove_says_what_it_compared(function, options, capsys):
    workshop.prove(function, sizes=range(1, 4), **options)
    said = f"{function.__name__} equals the slow loop in 54 comparisons: 1 × 1 to 3 × 3"
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize(
    ("options", "compared", "told"),
    [
        ({"pair": False}, 36, "in batches of 1 and 5, float32"),
        ({"batch": False}, 18, "as a pair, float32"),
    ],
)
def test_prove_takes_functions_of_batches_or_of_pairs_alone(
    options, compared, told, capsys
):
    def only(a, v):
        assert (a.ndim == v.ndim == 2) is options.get("batch", True)
        return convolve_shift_add(a, v)

    workshop.prove(only, sizes=range(1, 4), **options)
    said = capsys.readouterr().out
    assert f"in {compared} comparisons: " in said
    assert f"\n{told}" in said


def an_exercise(a, v): ...


def test_prove_says_that_an_exercise_is_not_written_yet(capsys):
    workshop.prove(an_exercise)
    said = "an_exercise isn't written yet: nothing to prove.\n"
    assert capsys.readouterr().out == said


def test_prove_refuses_to_compare_nothing():
    with pytest.raises(ValueError, match="needs sizes, and pairs or batches"):
        workshop.prove(convolve_shift_add, pair=False, batch=False)


def too_large(a, v):
    return convolve_shift_add(a, v) + 1


def doubles_its_input(a, v):
    result = convolve_shift_add(a, v)
    a *= 2
    return result


def test_a_race_counts_and_times_what_gives_the_same_and_says_what_does_not(sleep):
    def slow(a, v):
        sleep(0.4)
        return question.convolve(a, v)

    def fast(a, v):
        sleep(0.1)
        return convolve_shift_add(a, v)

    others = [fast, an_exercise, too_large, doubles_its_input, refuses_long_kernels]
    pair = torch.ones(5, 5, dtype=torch.float64), torch.ones(5, 7, dtype=torch.float64)
    [_, _, *rows] = str(workshop.race([slow, *others], *pair)).splitlines()
    assert rows == [
        "| slow | 215 | 1,620 | 400.0\xa0ms | 400.0\xa0ms | 1× |",
        "| fast | 17 | 440 | 100.0\xa0ms | 100.0\xa0ms | 4× |",
        "| an_exercise |  |  |  |  | not written yet |",
        "| too_large |  |  |  |  | wrong, so not raced |",
        "| doubles_its_input |  |  |  |  | changes its arguments, so not raced |",
        "| refuses_long_kernels |  |  |  |  | RuntimeError, so not raced |",
    ]


@pytest.mark.parametrize(
    ("functions", "error", "told"),
    [
        ([], ValueError, "no functions to race"),
        ([too_large, too_large], ValueError, "two functions are called too_large"),
        ([an_exercise], ValueError, "an_exercise isn't written yet"),
        ({"a number": 3}, TypeError, "a number is no function, but int"),
        ([a_list], TypeError, "a_list must return a tensor, not list"),
    ],
)
def test_a_race_that_cannot_be_run_is_refused(functions, error, told):
    with pytest.raises(error, match=told):
        workshop.race(functions, torch.ones(2), torch.ones(3))


PROFILED = """\
Line #      Hits         Time  Per Hit   % Time  Line Contents
==============================================================
     9                                           def f(a):
    10                                               \"\"\"Tell what it does.

    12                                               At length.
    13                                               \"\"\"
    14         1         68.0     68.0      0.7      return {line}
    15         1         68.0     68.0      0.7      return a
"""


@pytest.mark.parametrize("widening", ["", "    "])
def test_a_profile_fits_a_projector_and_is_cut_at_the_same_place(widening):
    InteractiveShell.instance()
    page = PROFILED.format(line="a" * 80).replace("% Time", widening + "% Time")
    page = page.replace("      0.7  ", widening + "      0.7  ")
    with capture_output() as shown:
        extension._publish_page({"text/plain": page})
    [_, _, _, docstring, long, short] = shown.outputs[0].data["text/plain"].splitlines()
    assert docstring.endswith('  """…"""')
    assert long.endswith("  return " + "a" * 42 + "…")
    assert short.endswith("  return a")
    assert len(long) <= 105 + len(widening)


def test_prove_leaves_torchs_default_dtype_and_random_numbers_alone():
    state = torch.get_rng_state()
    workshop.prove(convolve_shift_add, sizes=[2])
    assert torch.get_default_dtype() == torch.float32
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("function", "calls"),
    [
        (lambda t: t, []),
        (lambda t: t * 2, [("mul", 12)]),
        (lambda t: t.double(), [("_to_copy", 24)]),
        (lambda t: t.view(3, 1), [("view", 0)]),
        (lambda t: t.expand(1000, 3), [("expand", 0)]),
        (lambda t: t.add_(1), [("add_", 0)]),
        (lambda t: torch.add(t, 1, out=t), [("add", 0)]),
        (lambda t: t.split(1), [("split", 0)]),
        (lambda t: torch.max(t, 0), [("max", 4 + 8)]),
        (lambda t: (t + 1)[:2], [("add", 12), ("slice", 0)]),
    ],
)
def test_calls_and_bytes_are_those_of_known_functions(function, calls):
    t = torch.ones(3)
    assert workshop.dispatched(function, t) == calls
    assert workshop.count_calls(function, t) == Counter(name for name, _ in calls)
    assert workshop.count_bytes(function, t) == sum(size for _, size in calls)


def halves(x):
    return doubles(x) / 4


def doubles(x):
    add = lambda y: x + y  # noqa: E731
    return sum(add(y) for y in [x])


class Third:
    def of(self, x):
        return halves(doubles(x)) / 3


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (doubles, ["doubles"]),
        (halves, ["halves", "doubles"]),
        (Third().of, ["Third.of", "doubles", "halves"]),
        (convolve_shift_add, ["convolve_shift_add", "_as_batch", "_check_tensors"]),
    ],
)
def test_the_functions_of_its_file_that_a_call_runs_are_named(function, names):
    x = [torch.ones(2)] * 2 if function is convolve_shift_add else [10]
    assert workshop.called(function, *x) == names


def test_another_profiler_goes_on_after_a_call_that_fails():
    before = sys.getprofile()
    events = []

    def other(frame, event, argument):
        events.append(event)

    sys.setprofile(other)
    try:
        with pytest.raises(TypeError):
            workshop.called(halves, "x")
        assert sys.getprofile() is other
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5e-9, "5.0 ns"), (1.23e-5, "12.3 µs"), (4e-3, "4.0 ms"), (0, "0.0 s")],
)
def test_times_are_written_with_a_unit_that_fits(seconds, text):
    assert workshop.format_time(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "digits", "text"),
    [
        (1, 2, "1×"),
        (3.14159, 2, "3.1×"),
        (3.14159, 3, "3.14×"),
        (1234.5, 2, "1,200×"),
        (0.996, 2, "1×"),
        (0.5, 2, "2× slower"),
        (0.37, 1, "3× slower"),
        (1e-3, 2, "1,000× slower"),
    ],
)
def test_ratios_say_how_many_times_faster_or_slower(ratio, digits, text):
    assert workshop.format_ratio(ratio, digits) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(84.2, "84×"), (1, "1×"), (0.869, "0.87×")]
)
def test_multiples_below_one_stay_as_they_are(ratio, text):
    assert workshop.format_multiple(ratio) == text


def test_a_missing_package_is_told_with_what_to_do():
    without = "import sys; sys.modules['line_profiler'] = None; import workshop"
    result = subprocess.run(
        [sys.executable, "-c", without],
        check=False,
        cwd=FOLDER,
        capture_output=True,
        text=True,
    )
    last = result.stderr.splitlines()[-1]
    assert "line_profiler" in last
    assert "run pip install -r requirements.txt" in last


def test_tables_are_markdown_with_numbers_to_the_right():
    rows = [("a", 1234, "5.0 ms"), ("b", 5, "-")]
    table = workshop.table(rows, ["", "calls", "time"])
    assert table._repr_markdown_().splitlines() == [
        "|  | calls | time |",
        "| :-- | --: | :-- |",
        "| a | 1,234 | 5.0\xa0ms |",
        "| b | 5 | - |",
    ]


def test_functions_timed_together_keep_their_names_and_order():
    calls = {"one": lambda: None, "other": lambda: sum(range(100))}
    times = workshop.least_times(calls, rounds=3, block=1e-5)
    assert list(times) == ["one", "other"]
    assert min(times.values()) > 0


def advice(thing):
    """Return what `check_machine` says to do about `thing`."""
    rows = re.findall(
        r"(?m)^\| (.+) \| .+ \| (.+) \|$", workshop.check_machine().markdown
    )
    return dict(rows)[thing]


def test_a_machine_that_is_ready_gets_one_line_and_the_rest_is_folded(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    for check in ("settings", "disk", "cores"):
        row = preflight.Check(f"{check} granted", "3", "")
        monkeypatch.setattr(preflight, f"check_{check}", lambda row=row: [row])
    line, *_, end = workshop.check_machine().markdown.split("\n\n")
    assert line.startswith(f"**✓ Ready:** Python {platform.python_version()}, torch ")
    assert ", cores: 3, threads: 1, GPU: " in line
    assert end == "</details>"


def test_what_is_to_do_comes_first_and_the_table_is_open(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    line, details, *_ = workshop.check_machine().markdown.split("\n\n")
    assert "threads in use: torch.set_num_threads(1)" in line
    assert line.startswith("**✗ To do:** ")
    assert details == "<details open><summary>Details</summary>"


def test_the_table_tells_what_the_preflight_found(monkeypatch):
    monkeypatch.setattr(preflight, "_version", lambda name: None)
    assert advice("jupyterlab") == preflight.install()
    assert advice("Python") == "nothing"


def test_too_many_threads_come_with_the_call_that_mends_it(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    assert advice("threads in use") == "torch.set_num_threads(1)"


# ---- the ruler ------------------------------------------------------------------


@pytest.fixture
def sleep(monkeypatch):
    """Return a `sleep` that moves the workshop's clock, and nothing else does."""
    now = [0.0]
    monkeypatch.setattr(timing, "clock", lambda: now[0])

    def sleep(seconds):
        now[0] += seconds

    return sleep


def test_every_round_times_a_block_of_each(sleep):
    calls = {"slow": lambda: sleep(0.3), "fast": lambda: sleep(0.1)}
    measured = workshop.time_together(calls, rounds=5, block=1)
    assert [m.median for m in measured.values()] == pytest.approx([0.3, 0.1])
    assert [len(m.times) for m in measured.values()] == [5, 5]


def test_whoever_is_far_behind_gets_one_call(sleep):
    calls = {"slow": lambda: sleep(5.1), "fast": lambda: sleep(0.1)}
    measured = workshop.time_together(calls, rounds=4, block=1, stop=50)
    assert [timing.is_stopped(m) for m in measured.values()] == [True, False]
    assert [len(m.times) for m in measured.values()] == [1, 4]


def test_a_budget_ends_the_rounds_after_the_third_and_stops_who_is_behind(sleep):
    calls = {
        "much slower": lambda: sleep(6),
        "slow": lambda: sleep(2),
        "fast": lambda: sleep(0.1),
    }
    measured = workshop.time_together(calls, rounds=8, block=0.1, budget=1)
    assert [len(m.times) for m in measured.values()] == [1, 1, 8]
    measured = workshop.time_together({"alone": calls["slow"]}, rounds=8, budget=1)
    assert len(measured["alone"].times) == 3


def test_more_rounds_follow_until_the_two_halves_agree(sleep):
    disturbed = iter([0, 0, 0, 2])  # the fourth call is the first one that counts
    calls = {
        "steady": lambda: sleep(0.1),
        "disturbed": lambda: sleep(0.1 + 0.1 * next(disturbed, 0)),
    }
    measured = workshop.time_together(calls, rounds=2, block=0.1)
    assert [len(m.times) for m in measured.values()] == [3, 3]
    assert list(map(workshop.least, measured.values())) == pytest.approx([0.1, 0.1])
    assert timing.doubt(measured["disturbed"]) == pytest.approx(0)


@pytest.mark.parametrize(
    ("unit", "rounds"), [(1e-3, [2 * timing.FURTHER, 2]), (1, [2, 2])]
)
def test_the_rounds_end_whatever_the_noise_and_leave_out_who_is_far_behind(
    unit, rounds, sleep
):
    shorter = count(1)  # each call takes less than the one before
    calls = {
        "never the same": lambda: sleep(unit * (0.1 + 9 / next(shorter))),
        "far behind": lambda: sleep(unit * 90),
    }
    measured = workshop.time_together(calls, rounds=2, block=unit / 10, near=9)
    assert [len(m.times) for m in measured.values()] == rounds


def test_every_call_gets_inputs_of_its_own_and_their_making_is_not_timed(sleep):
    made, given = count(), []

    def make():
        sleep(100)
        return (next(made),)

    def function(number):
        given.append(number)
        sleep(1)

    measured = workshop.time_together({"": function}, rounds=3, block=5, inputs=make)
    assert measured[""].times == pytest.approx([1, 1, 1])
    assert len(set(given)) == len(given)


def measured(*times, stopped=False):
    """Return a measurement of these seconds per block."""
    spec = timing.TaskSpec("call()", setup="")
    return timing.Measurement(
        1, list(times), spec, {"stopped": True} if stopped else None
    )


@pytest.mark.parametrize(
    ("times", "share"),
    [([1, 1], 0), ([1, 1.02, 5, 9], 0.02), ([2, 1, 2, 1], 1), ([1], inf)],
)
def test_the_doubt_is_by_how_much_two_halves_of_the_rounds_differ(times, share):
    assert timing.doubt(measured(*times)) == pytest.approx(share)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (measured(3.1416, 3.1416), measured(1, 1), "3.1×"),
        (measured(3.1416, 3.1416), measured(1, 1.1), "3×"),
        (measured(1.45, 1.45), measured(1, 1.1), "1.4×"),
        (measured(1, 1), measured(1.15, 1.15), "1.1× slower"),
        (measured(9, 1, 9, 1, 1), measured(2, 8, 8, 2), "2× slower"),
        (measured(1, 1), measured(57.3, stopped=True), "60× slower"),
        (
            measured(1.02, 1.02),
            measured(1, 1),
            "0.99× to 1.1×: no clear difference",
        ),
        (measured(1.15, 1.15), measured(1, 1.2), "0.96× to 1.4×: no clear difference"),
        (  # a spell of a faster processor that reached one of them only
            measured(1.2, 1.2, 1.2, 1, 1),
            measured(1.2, 1.2, 1.2, 1.2, 1.2),
            "0.81× to 1×: no clear difference",
        ),
        (
            measured(1, 1, 1),
            measured(3, 0.5, 0.5, 3, 3),
            f"0.32× to 2.1×: {NO_VERDICT}",
        ),
        (measured(1.045, 1.046), measured(1, 1.001), "1.04×"),
        (
            measured(3, 4.5),
            measured(1, 1.2),
            "1.7× to 5.4×: too noisy to tell; close other programs, then run it again",
        ),
    ],
)
def test_a_speed_up_has_the_digits_that_the_measurement_bears_or_no_verdict(
    before, after, said
):
    assert speed_up(before, after) == said


def test_a_table_compares_by_the_least_and_shows_what_a_user_feels(sleep):
    disturbed = cycle([0, 1, 1])
    calls = {
        "loop": lambda: sleep(0.6),
        "other": lambda: sleep(0.2 + 0.1 * next(disturbed)),
    }
    [header, _, loop, other] = str(workshop.time_table(calls, block=0.1)).splitlines()
    assert header == (
        "|  | least (to compare) | median (typical) | spread (IQR) | "
        "speed-up over loop |"
    )
    assert loop.startswith("| loop | 600.0\xa0ms | 600.0\xa0ms | ")
    assert loop.endswith(" | 1× |")
    assert other.startswith("| other | 200.0\xa0ms | 300.0\xa0ms | ")
    assert other.endswith(" | 3× |")


def test_parts_are_told_as_shares_of_the_whole(sleep):
    calls = {"whole": lambda: sleep(0.4), "part": lambda: sleep(0.3)}
    assert str(workshop.time_parts(calls, block=0.1)).splitlines()[2:] == [
        "| whole | 400.0\xa0ms | 100\xa0% of the time |",
        "| part | 300.0\xa0ms | 75\xa0% of the time |",
    ]


@pytest.mark.parametrize(
    ("times", "crossed"),
    [
        ([1, 10, 100, 1000], "from somewhere between 45 and 55 rows on"),
        ([60, 10, 100, 1000], "from somewhere between 45 and 55 rows on"),
        ([50, 70, 100, 1000], "from somewhere between 1 and 1.9 rows on"),
        ([60, 70, 100, 1000], "at all of these sizes"),
        ([1, 10, 20, 30], "at none of these sizes"),
        ([60, 60, 60, 52], "at none of these sizes"),
    ],
)
def test_a_crossover_is_where_one_curve_stays_above_another(times, crossed):
    sizes = [1, 10, 100, 1000]
    curves = [{"one": measured(t), "other": measured(50)} for t in times]
    assert workshop.crossover(sizes, curves, "one", "other", "rows") == crossed


def test_short_calls_get_all_rounds_and_long_ones_fewer(sleep):
    for seconds, rounds in [(1e-3, 21), (0.1, timing.ENOUGH)]:
        call = {"steady": lambda seconds=seconds: sleep(seconds)}
        measured = workshop.time_together(call)["steady"]
        assert len(measured.times) == rounds


@pytest.mark.slow
def test_busy_cores_are_busy_meanwhile_and_gone_again_even_after_an_error(monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    with contextlib.suppress(KeyError), workshop.busy_cores(2):
        assert [process.poll() for process in started] == [None, None]
        raise KeyError
    assert len(started) == 2
    assert None not in [process.poll() for process in started]


def test_interruptions_are_those_that_the_system_counts_if_it_does(monkeypatch):
    counted = SimpleNamespace(
        RUSAGE_SELF=0, getrusage=lambda who: SimpleNamespace(ru_nivcsw=7 + who)
    )
    monkeypatch.setitem(sys.modules, "resource", counted)
    assert workshop.count_interruptions() == 7
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    assert workshop.count_interruptions() == 0


# ---- sweeps ---------------------------------------------------------------------


def test_a_sweep_runs_everyone_at_every_point_but_those_hopelessly_behind(sleep):
    def fast(a, v):
        sleep(1e-3)
        return a

    def slow(a, v):
        sleep(1)

    points = [workshop.Point(2, n, rows) for n in (3, 4) for rows in (1, 5)]
    measured = workshop.sweep(points, partial(workshop.ready_calls, [fast, slow]))
    assert [(p.n, p.rows, *names) for p, names in measured.items()] == [
        (3, 1, "fast", "slow", COPY),
        (3, 5, "fast", COPY),
        (4, 1, "fast", "slow", COPY),
        (4, 5, "fast", COPY),
    ]
    calls_at = partial(workshop.ready_calls, [fast, slow])
    for names in workshop.sweep(points, calls_at, keep="slow").values():
        assert list(names) == ["fast", "slow", COPY]


def sweep_of(*pairs):
    """Return what a sweep returns whose contestant and copy took so long."""
    return {
        workshop.Point(2, 3, k): {"f": measured(t), COPY: measured(copy)}
        for k, (t, copy) in enumerate(pairs, start=1)
    }


def test_a_clear_win_is_beyond_a_tenth_and_what_a_copy_shows():
    assert workshop.clear_ratio(sweep_of(*[(1, 1.02)] * 40), "f") == 1.1
    noisy = [(1, 1.3), (1.4, 1), (5, 1)] + 37 * [(1, 1)]  # 95 % of 40 are 38
    assert 1 < workshop.clear_ratio(sweep_of(*noisy), "f") < 1.4
    assert workshop.clear_ratio(sweep_of(*[(1, 1.3)] * 40), "f") == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("results", "clearly"),
    [
        ({"f": measured(1, 1), "g": measured(1.3, 1.3)}, True),
        ({"f": measured(1, 1), "g": measured(1.15, 1.15)}, False),
        ({"f": measured(1, 1), "g": measured(1.3, 1.6)}, False),
        ({"f": measured(1, 1.2), "g": measured(1.3, 1.3)}, False),
        ({"f": measured(1, 1), "g": measured(9, stopped=True)}, True),
        ({"f": measured(1, 1)}, True),
    ],
)
def test_a_winner_is_clear_if_the_next_one_is_behind_even_less_the_doubts(
    results, clearly
):
    found = winner(results | {COPY: measured(0.1, 0.1)}, ["f", "g"], 1.2)
    assert found == ("f", clearly)


def test_copies_of_one_function_win_nothing_on_a_noisy_machine(sleep):
    noise = random.Random(0)
    copies = [f"copy {k}" for k in range(7)]

    def calls_at(point):
        # Every third block is disturbed, by up to twice its time.
        def call():
            sleep(1e-3 + noise.choice([0, 0, 1]) * noise.uniform(0, 2e-3))

        slower = {"slower by half": lambda: sleep(1.5e-3)}
        return dict.fromkeys(copies, call) | slower

    points = [workshop.Point(2, 3, rows) for rows in range(1, 101)]
    swept = workshop.sweep(points, calls_at, rounds=3, block=1e-3)
    clear = workshop.clear_ratio(swept, copies[0])
    wins = [winner(results, copies, clear)[1] for results in swept.values()]
    assert sum(wins) <= 1
    pairs = [winner(m, [copies[0], "slower by half"], clear) for m in swept.values()]
    assert sum(pair == (copies[0], True) for pair in pairs) > 50


TWO_POINTS = {
    workshop.Point(2, 3, 10): {"f": measured(2), "g": measured(1), "h": measured(0.5)},
    workshop.Point(2, 3, 99): {"f": measured(3), "g": measured(9, stopped=True)},
}


@pytest.mark.parametrize(
    ("choose", "ratios"),
    [
        (lambda point: "f", [2, 1]),
        (lambda point: "g", [1, 3]),
        ("g", [1, 3]),
        (lambda point: "f" if point.rows > 50 else "g", [1, 1]),
        (lambda point: "h", [0.5, 200]),  # no contestant, and left out of the second
    ],
)
def test_a_choice_is_a_multiple_of_the_fastest_contestant(choose, ratios):
    found = workshop.times_as_long(TWO_POINTS, choose, ["f", "g"])
    assert found == dict(zip(TWO_POINTS, ratios, strict=True))


def test_a_choice_of_nobody_is_refused():
    with pytest.raises(KeyError, match="nobody"):
        workshop.times_as_long(TWO_POINTS, lambda point: "nobody", ["f", "g"])


def test_a_winner_gets_its_letter_small_and_pale_if_the_lead_does_not_count():
    sure = {"f": measured(2, 2), "g": measured(1, 1)}
    close = {"f": measured(1, 1), "g": measured(1.15, 1.15)}
    points = [workshop.Point(2, 3, rows) for rows in (1, 2)]
    swept = dict(zip(points, [sure, close], strict=True))
    cells = workshop.winner_cells(swept, {"f": "F", "g": "G"}, 1.2)
    first, second, *_ = TINTS
    assert list(cells.values()) == [("G", second), ("f", grid_maps.pale(first))]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_point_makes_its_inputs_the_same_each_time(dtype):
    shapes = []

    def function(a, v):
        shapes.append((a.shape, v.shape, a.dtype))
        return a.sum() + v.sum()

    point = workshop.Point(m=2, n=3, rows=4, dtype=dtype)
    results = [workshop.ready_calls([function], point)["function"]() for _ in range(2)]
    assert shapes == 2 * [((4, 2), (4, 3), dtype)]
    assert torch.equal(*results)


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("name", ["convolve", "convolve_fast"])
def test_a_point_with_gradients_asks_for_both(name, rows):
    point = workshop.Point(m=2, n=3, rows=rows, dtype=torch.float64, backward=True)
    calls = workshop.ready_calls([getattr(question, name)], point)
    of_a, of_v = calls[name]()
    assert (of_a.shape, of_v.shape) == ((rows, 2), (rows, 3))


@pytest.mark.slow
def test_fresh_code_finds_the_series_and_its_environment():
    code = "import os, SO_CONVOLVE_QUESTION, workshop; print(os.environ['MINE'])"
    assert workshop.run_fresh(code, MINE="here") == "here\n"


def test_fresh_code_that_fails_says_how():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        workshop.run_fresh("1 / 0")


TELL = """
from pathlib import Path
folder = Path({folder!r})
print({name!r}, sorted(path.name for path in folder.iterdir()))
(folder / {name!r}).touch()
"""


def test_processes_prepare_together_and_run_in_turns(tmp_path):
    names = ["first", "second", "third"]
    codes = [TELL.format(folder=str(tmp_path), name=name) for name in names]
    printed = workshop.run_in_turns(codes, "import os")
    wanted = [f"{name} {names[:k]}\n" for k, name in enumerate(names)]
    assert printed == wanted


@pytest.mark.parametrize(("code", "first"), [("1 / 0", ""), ("print(1)", "1 / 0")])
def test_a_turn_that_fails_says_how(code, first):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        workshop.run_in_turns([code, "print(2)"], first)


@pytest.mark.slow
def test_torchs_warning_of_a_gpu_that_is_not_there_is_silenced_in_time():
    code = """
import logging, sys
def tell(event, arguments):
    if event == "import" and arguments[0] == "torch.utils.cpp_extension":
        print(logging.getLogger(arguments[0]).level == logging.ERROR)
sys.addaudithook(tell)
import workshop
"""
    assert workshop.run_fresh(code) == "True\n"


def test_a_source_can_be_shown_without_its_docstring():
    InteractiveShell.instance()
    with capture_output() as shown:
        workshop.show(question.convolve_fast, docstring=False)
    (output,) = shown.outputs
    source = output.data["text/markdown"]
    assert source == f"```python\n{output.data['text/plain']}```"
    assert source.startswith("```python\ndef convolve_fast(")
    assert "Args:" not in source
    assert source.count('"""') == 0


def test_what_lies_above_the_copy_is_drawn_inside_the_roofline():
    rates = {"slow": 1, "copying": 10, "streaming": 900}
    figure = workshop.draw_roofline(rates, 0.5, 100, 20, "T", ["streaming"])
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert low < min(rates.values())
    assert high > max(rates.values())
    colors = {text.get_text(): text.get_color() for text in axes.texts}
    assert colors["streaming"] != colors["slow"] == colors["copying"]


POINTS = [workshop.Point(m, n, 10) for m in (2, 5) for n in (2, 5)]
WORDS = [  # what was drawn, and what the figure says of it
    (
        lambda: workshop.draw_curves([1, 9000], {"loop": [1e-6, 2e-3]}, "Race", "rows"),
        "time per call over rows, 1 to 9,000: loop, from 1.0 µs to 2.0 ms",
    ),
    (
        lambda: workshop.draw_series([1e-3, 2e-3, 9e-3], "Calls"),
        "1.0 ms to 9.0 ms; a line at",
    ),
    (
        lambda: workshop.draw_spread({"f": [2, 1], "g": [5]}, "Spread", "ratio", "×"),
        "each: f, from 1× to 2×, median 1.5×; g, from 5× to 5×, median 5×.",
    ),
    (
        lambda: workshop.draw_roofline({"loop": 5}, 0.5, 100, 20),
        "at 0.5, as multiples of the line",
    ),
    (
        lambda: workshop.draw_roofline({"loop": 5}, 0.5, 100, 20),
        "there: loop 0.5×.",
    ),
    (
        lambda: workshop.draw_roofline({"f": 20, "g": 5}, 0.5, 100, 20, "T", ["f"]),
        "there: f 2× (accented), g 0.5×.",
    ),
    (
        lambda: workshop.draw_ladder({"loop": 215, "fft": 7}, "Calls"),
        "loop 215, fft 7.",
    ),
    (
        lambda: workshop.draw_growth([1, 4], [13, 31], [2e-5, 5e-5]),
        "For 1, 4 products: 13, 31 calls, which take 20.0 µs, 50.0 µs.",
    ),
    (
        lambda: workshop.draw_rungs(
            {"loop": 5}, {"loop": 1200}, {"a pair": {"loop": 1e-3}}
        ),
        "loop: 5 calls, 1,200 bytes; 1.0 ms for a pair.",
    ),
    (
        lambda: workshop.draw_map(
            {p: (f"{p.m}×{p.n}", "#FFFFFF") for p in POINTS}, "Map"
        ),
        "float32, 10 rows: [2×2 2×5 / 5×2 5×5]",
    ),
    (lambda: workshop.draw_outer_product([1, 2], [3, 4]), "add up to 3, 10, 8."),
    (
        lambda: workshop.draw_slide([1, 2], [3, 4], step=1),
        "The flipped kernel 4, 3 lies under 1, 2 of the padded signal: 4, 6 add up to",
    ),
    (lambda: workshop.draw_slide([1, 2], [3], 1, flip=False, pad=False), "out[1] = 6."),
    (
        lambda: workshop.draw_shifts([1, 2], [3, 4]),
        "moved by 1, 4, 8. Their sum: 3, 10, 8.",
    ),
    (
        lambda: workshop.draw_skew([1, 2, 3], [4, 5]),
        "in rows of 4, where each antidiagonal",
    ),
    (
        lambda: workshop.draw_block_diagonal([[4, 5], [6, 7], [1, -1]], 3),
        "12 rows and 9 columns. 3 blocks of 4 by",
    ),
]


@pytest.mark.parametrize(("draw", "words"), WORDS, ids=[words for _, words in WORDS])
def test_a_figure_says_in_words_what_was_drawn(draw, words):
    figure = draw()
    assert words in figure.get_label()
    plt.close(figure)


@pytest.mark.parametrize(
    ("xscale", "xlabel"), [("log", "rows, logarithmic"), ("linear", "rows")]
)
def test_axes_say_whether_they_are_logarithmic(xscale, xlabel):
    curves = {"loop": [1e-6, 2e-3]}
    figure = workshop.draw_curves([1, 9000], curves, "Race", "rows", xscale=xscale)
    [axes] = figure.axes
    assert axes.get_xlabel() == xlabel
    assert axes.get_ylabel() == "time per call, logarithmic"
    plt.close(figure)


def test_bars_of_counts_stand_on_a_logarithmic_axis_from_1_and_carry_them():
    figure = workshop.draw_ladder({"loop": 215, "fft": 7}, "Calls")
    [axes] = figure.axes
    assert (axes.get_xscale(), axes.get_xlim()[0]) == ("log", 1)
    assert [text.get_text() for text in axes.texts] == ["215", "7"]
    plt.close(figure)


def test_the_squares_of_a_block_diagonal_are_the_matrix_that_convolves_every_row():
    v, m, B = [[4, 5], [6, 7], [1, -1]], 3, 3
    figure = workshop.draw_block_diagonal(v, m)
    matrix = torch.zeros(12, 9)
    for text in figure.axes[0].texts[:-2]:  # those of the two sides come last
        if "kernel" not in text.get_text():
            x, y = text.get_position()
            matrix[int(y), int(x)] = float(text.get_text())
    plt.close(figure)
    a = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    wanted = convolve_shift_add(a, torch.tensor(v, dtype=torch.float32))
    assert torch.equal((matrix @ a.flatten()).view(B, -1), wanted)


def test_kernels_of_two_lengths_are_no_block_diagonal():
    with pytest.raises(ValueError, match="must have one length, not 1, 2"):
        workshop.draw_block_diagonal([[1], [2, 3]], 3)


def test_a_figure_is_shown_to_every_renderer_and_told_to_who_cannot_see_it():
    InteractiveShell.instance()
    with capture_output() as shown:
        workshop.show_figure(workshop.draw_ladder({"loop": 215}, "Calls < 300"))
    (output,) = shown.outputs
    assert output.data["text/plain"] == "Calls < 300: loop 215."
    png = output.data["image/png"]
    assert base64.b64decode(png).startswith(b"\x89PNG")
    start = '<img alt="Calls &lt; 300: loop 215." style="width: 800px; max-width: 100%"'
    assert output.data["text/html"] == f'{start} src="data:image/png;base64,{png}">'


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="tell in words what the figure shows"):
        workshop.show_figure(plt.figure())


def test_a_map_has_a_panel_for_each_setting_and_batch_and_a_square_for_each_pair():
    points = [
        workshop.Point(m, n, rows, dtype)
        for m in (2, 5)
        for n in (2, 5)
        for rows in (1, 10, 100)
        for dtype in (torch.float32, torch.float64)
    ]
    figure = grid_maps.draw_map({p: ("S", "#FFFFFF") for p in points}, "who")
    texts = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert texts == [["S"] * 4] * 6
    plt.close(figure)


@pytest.mark.parametrize(("lengths", "text"), [(8, "T"), (8, "157×*"), (3, "T")])
def test_no_text_of_a_map_leaves_its_square(lengths, text):
    points = [
        workshop.Point(m, n, 10**k)
        for m in range(lengths)
        for n in range(lengths)
        for k in range(7)
    ]
    figure = grid_maps.draw_map({p: (text, "#FFFFFF") for p in points}, "who")
    figure.draw_without_rendering()
    for axes in figure.axes:
        for told, square in zip(axes.texts, axes.patches, strict=True):
            place, room = told.get_window_extent(), square.get_window_extent()
            assert place.width < room.width
    plt.close(figure)

"""Check a reader's answer to an exercise, and explain what is not right yet."""

import ast
import contextlib
import dis
import functools
import inspect
import io
import itertools
import numbers
import sys
import textwrap
import traceback
from functools import partial
from pathlib import Path

import torch
from line_profiler import LineProfiler

from .counting import count_bytes, count_calls, dispatched
from .diagnosis import Fault, compare, convolve_rows, explain
from .display import image_of
from .drawings import draw_expected
from .profiling import profiled_lines
from .sweeping import Point, ready_calls
from .timing import format_ratio, format_time, least, speed_up, time_together

RIGHT, UNANSWERED = "✓ Right", "Not answered yet"
FAILED = "The check itself failed"
SIZES = [(4, 6, 5), (3, 4, 5), (1, 4, 2), (4, 4, 4), (2, 1, 3), (3, 4, 1)]
SIZES += [(40, 12, 11), (1000, 5, 7)]
LENGTHS = {"too short", "too long", "shifted"}
SLIDES = {"convolution", "constant_pad_nd", "unfold"}  # as torch's dispatcher says
EXAMPLE = [[1.0, 2, 3], [1, 0, 1]], [[4.0, 5], [6, 7]]  # small enough to draw


class Feedback:
    """What a check says, as a box: `name` is RIGHT, UNANSWERED, FAILED or a fault's."""

    def __init__(self, name, text, picture=""):
        self.name, self.text, self.picture = name, text, picture

    def _repr_markdown_(self):
        kinds = {RIGHT: "success", UNANSWERED: "info", FAILED: "info"}
        title = self.name if self.name in kinds else f"✗ Not yet: {self.name}"
        kind = kinds.get(self.name, "danger")
        box = f'<div class="alert alert-{kind}">\n\n**{title}.** {self.text}\n\n</div>'
        return f"{box}\n\n{self.picture}".rstrip()

    def __repr__(self):
        return f"{self.name}. {self.text}"


def _as_feedback(check):
    """Make `check`, which returns a text or raises a `Fault`, return `Feedback`."""

    @functools.wraps(check)
    def checked(*args, **options):
        with contextlib.redirect_stdout(io.StringIO()):  # it calls you many times
            text, error = _attempt(check, *args, **options)
        if error is None:
            return Feedback(RIGHT, text)
        if isinstance(error, Fault):
            return Feedback(error.name, error.text, error.picture)
        # Nobody learns from our own traceback.
        text = f"It stumbled over your answer: {_tell_error(error)}. Please report it."
        return Feedback(FAILED, text)

    return checked


def _attempt(function, *args, **options):
    """Return what `function` returns, and None; or None, and what it raises."""
    try:
        return function(*args, **options), None
    except (Exception, SystemExit) as error:  # noqa: BLE001  it may raise anything
        return None, error


# ---- functions that convolve -----------------------------------------------------


@_as_feedback
def check(
    function,
    before,
    loops=0,
    pair=False,
    one_kernel=False,
    contract=False,
    copies=True,
):
    """Check that `function(a, v)` is the full convolution of each row, without waste.

    It gets random signals (B, m) and kernels (B, n) in eight sizes, float32 and
    float64; with `pair`, vectors (m,) and (n,); with `one_kernel`, kernels (n,). With
    `contract`, infinities, more leading axes and `torch.vmap` are tried as well. It may
    hold so many nested `loops` over the lengths, and none over the rows; it may
    allocate twelve times what inputs and result take, and without `copies` no window
    of the signal may be copied. A right answer is counted and timed beside `before`,
    the rung before. Returns `Feedback`.
    """
    _refuse_what_is_no_answer(function)
    make = partial(_make, pair=pair, one_kernel=one_kernel)
    for dtype in (torch.float32, torch.float64):
        for size in SIZES:
            _check_numbers(function, *make(*size, dtype=dtype))
    if contract:
        _check_infinities(function)
        _check_axes(function)
        _check_vmap(function)
    _check_loops(function, loops, make)
    _check_memory(function, make)
    if not copies:
        _check_copies(function, make)
    if one_kernel:
        before = _with_one_kernel(before)
    return _praise(function, before, make)


def _with_one_kernel(function):
    """Let `function`, which wants a kernel for each row, take one for all."""
    return functools.wraps(function)(lambda a, v: function(a, v.expand(len(a), -1)))


def _make(B, m, n, dtype=torch.float32, pair=False, one_kernel=False):
    """Return random signals and kernels, always the same ones for a size."""
    generator = torch.Generator().manual_seed(m)
    a = torch.randn(B, m, generator=generator, dtype=torch.float64).to(dtype)
    v = torch.randn(B, n, generator=generator, dtype=torch.float64).to(dtype)
    return a[0] if pair else a, v[0] if pair or one_kernel else v


def _refuse_what_is_no_answer(function):
    if function is ... or _attempt(_is_a_stub, function)[0]:
        text = "Write your code in place of the `...`, run that cell, then this one."
        raise Fault(UNANSWERED, text)
    if not callable(function):
        kind = type(function).__name__
        text = f"The check wants your function itself, not a thing of type {kind}."
        raise Fault("wrong type", text)


def _is_a_stub(function):
    """Tell whether the body of `function` is a docstring, `...` or `pass`, no more.

    Not by its bytecode: that of `assert True` is the same. Raises an error if there is
    no source to look at.
    """
    source = textwrap.dedent(inspect.getsource(function))
    return all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in ast.parse(source).body[0].body
    )


def _check_numbers(function, a, v):
    """Check three calls on the same two tensors, with other numbers for the third."""
    given = a.clone(), v.clone()
    with _told(function, a, v):
        first = _run(function, *given)
        _refuse_unwritten_memory(function, first, given)
        compare(first, a, v)
        kept = first.clone()
        second = _run(function, *given)
        if not (isinstance(second, torch.Tensor) and torch.equal(second, kept)):
            text = (
                "Two calls with the same input give two results. Is something left "
                "over from the first? Or does memory not begin with zeros?"
            )
            raise Fault("not the same twice", text)
        for tensor, change in zip(given, (1, -1), strict=True):
            tensor += change
        third = _run(function, *given)
        if isinstance(third, torch.Tensor) and torch.equal(third, kept):
            text = (
                "The numbers in `a` and `v` have changed since the last call, and you "
                "return the last result once more. Don't keep it: compute."
            )
            raise Fault("an old result", text)
        compare(third, *given)
        if not torch.equal(first, kept):
            text = (
                "Your second call wrote into the result of the first, which somebody "
                "may still need: make a new tensor in each call."
            )
            raise Fault("an earlier result changed", text)


@contextlib.contextmanager
def _told(function, a, v, how=""):
    """Add to a `Fault` with what it was found, and what the code itself tells."""
    try:
        yield
    except Fault as fault:
        if fault.name in LENGTHS and _pads(function, a, v):
            fault.name = f"the wrong padding: {fault.name}"
            fault.text += " A kernel that slides needs n - 1 zeros on each side."
        fault.text += f" (Tried: {how}{_tell_input(a, v)}.)"
        fault.text += _tell_names(function) + _tell_constants(function)
        fault.picture = _attempt(_drawn, function, a, v)[0] or ""
        if fault.picture:
            fault.text += " The picture shows a smaller example."
        raise


def _run(function, a, v):
    """Return what `function` returns. It may not change its inputs."""
    before = a.clone(), v.clone()
    with _nan_in_fresh_memory():
        result, error = _attempt(function, a, v)
    if error:
        raise Fault("an error in your code", f"{_tell_error(error, function)}.")
    changed = not (torch.equal(a, before[0]) and torch.equal(v, before[1]))
    if changed and isinstance(result, torch.Tensor):
        text = (
            "After the call `a` or `v` is not what it was. Its owner may still need "
            "it, and so may your own next step: work on a new tensor."
        )
        raise Fault("an input changed", text)
    return result


@contextlib.contextmanager
def _nan_in_fresh_memory():
    """Let torch fill with NaN what `torch.empty` and its like return.

    Otherwise such memory may hold zeros by chance. See
    `torch.utils.deterministic.fill_uninitialized_memory`.
    """
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("warn")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)


def _refuse_unwritten_memory(function, result, given):
    if not _attempt(lambda: bool(result.isnan().any()))[0]:
        return
    calls = _attempt(count_calls, function, *given)[0] or ()
    empty = [name for name in calls if "empty" in name]
    if empty:
        text = (
            f"`{empty[0]}` makes memory that holds whatever was left there, and you "
            "read some of it before you write. (This check puts NaN there, so that it "
            "shows.) `a.new_zeros(…)` begins with zeros."
        )
        raise Fault("memory that doesn't begin with zeros", text)


def _pads(function, a, v):
    """Tell whether `function` slides a kernel over a signal that needs padding."""
    if "conv_transpose1d" in getattr(getattr(function, "__code__", 0), "co_names", ()):
        return False
    calls = _attempt(count_calls, function, a, v)[0] or ()
    return not SLIDES.isdisjoint(calls)


def _tell_input(a, v):
    return f"`a` {tuple(a.shape)}, `v` {tuple(v.shape)}, {a.dtype}"


def _tell_error(error, function=None):
    """Tell `error`, the last line of the reader's own that led to it, what it means."""
    text = f"{type(error).__name__}: {_first_line(error).rstrip('.')}"
    meaning = explain(text)
    if meaning:
        text = f"{text}. {meaning.rstrip('.')}"
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if frame.filename == own]
    if not lines:
        return text
    where = "its cell" if function.__module__ == "__main__" else Path(own).name
    return f"Line {lines[-1].lineno} of {where}, `{lines[-1].line}`, raises {text}"


def _first_line(error):
    return (str(error).strip() or "(no message)").split("\n")[0].replace("<", "&lt;")


def _tell_names(function):
    """Tell which data `function` takes from the notebook, and not from its caller."""
    scope = getattr(function, "__globals__", {})
    data = (torch.Tensor, int, float, list, tuple)
    names = dict.fromkeys(_globals(getattr(function, "__code__", None)))
    found = [f"`{name}`" for name in names if isinstance(scope.get(name), data)]
    if not found:
        return ""
    return f" It reads {', '.join(found)} from the notebook: use `a` and `v` alone."


def _tell_constants(function):
    """Tell the whole numbers in the code that are no axis and no n - 1."""
    constants = getattr(getattr(function, "__code__", None), "co_consts", ())
    found = [f"`{k}`" for k in constants if type(k) is int and k > 2]
    if not found:
        return ""
    return f" Does {' or '.join(found)} in your code belong to the page's example?"


def _globals(code):
    """Yield the names of the globals that `code` reads, comprehensions included."""
    if code is None:
        return
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            yield from _globals(constant)


def _drawn(function, a, v):
    """Return a picture of a small example, expected beside got, if they differ.

    Raises an error if what `function` returns can't be drawn.
    """
    x, y = (torch.tensor(rows, dtype=a.dtype) for rows in EXAMPLE)
    x, y = x[0] if a.ndim == 1 else x, y[0] if v.ndim == 1 else y
    wanted = convolve_rows(x, y).tolist()
    got = torch.atleast_2d(function(x.clone(), y.clone()).detach())
    if got.ndim != 2 or max(got.shape) > 8 or got.is_complex():
        return ""
    got = got.double().round(decimals=4)  # numbers that only rounding sets apart
    if got.tolist() == wanted:
        return ""
    told = [_tell_rows(rows) for rows in (x.tolist(), y.tolist(), wanted, got.tolist())]
    inputs = "a = {}, v = {}".format(*told[:2])
    alt = "{}. Expected: {}. Yours: {}.".format(inputs, *told[2:])
    return image_of(draw_expected(wanted, got.tolist(), inputs), alt)


def _tell_rows(rows):
    if isinstance(rows, list):
        return f"[{', '.join(map(_tell_rows, rows))}]"
    return f"{rows:g}"


def _check_infinities(function):
    for which in (0, 1):
        inputs = torch.ones(3, 5), torch.ones(3, 5)
        inputs[which][1, 2] = torch.inf
        result = _run(function, *inputs)
        wanted = torch.zeros(3, 9, dtype=torch.bool)
        wanted[1, 2:7] = True
        if not torch.equal(result.isposinf(), wanted) or result.isnan().any():
            text = (
                f"An infinity in `{'av'[which]}` meets 5 numbers of the other. In your "
                f"result {int(result.isposinf().sum())} numbers are infinite and "
                f"{int(result.isnan().sum())} are NaN. Do zeros meet it?"
            )
            raise Fault("infinities spread", text)


def _check_axes(function):
    a, v = _make(6, 5, 4)
    inputs = a.view(2, 3, 5), v.view(2, 3, 4)
    with _told(function, *inputs):
        result = _run(function, *inputs)
        shape = tuple(getattr(result, "shape", ()))
        if shape != (2, 3, 8):
            text = (
                f"Batches of batches give {shape}, not (2, 3, 8): the axes in front "
                "must stay, however many there are."
            )
            raise Fault("wrong shape", text)
        compare(result.reshape(6, 8), a, v)


def _check_vmap(function):
    a, v = _make(3, 5, 4)
    cases = [((0, 0), a, v), ((0, None), a, v[0]), ((None, 0), a[0], v)]
    for in_dims, x, y in cases:
        with _told(function, x, y, f"`torch.vmap` with in_dims={in_dims} over "):
            result, error = _attempt(torch.vmap(function, in_dims), x, y)
            if error:
                text = (
                    f"{_tell_error(error, function)}. Under `torch.vmap` your code "
                    "sees single vectors, and can't write into a tensor that all share."
                )
                raise Fault("it fails inside vmap", text)
            compare(result, x.expand(3, -1), y.expand(3, -1))


def _check_loops(function, loops, make):
    """Refuse calls that grow with the rows, or faster than `loops` over the lengths."""
    for count, what in [
        (_count_torch, "calls into torch"),
        (_count_lines, "lines of Python"),
    ]:
        few, many = (count(function, *make(B, 5, 7)) for B in (4, 40))
        if many - few >= (40 - 4) / 2:  # less may be another way for more rows
            text = (
                f"It is right, but takes {few:,} {what} for 4 rows, and {many:,} for "
                "40."
            )
            raise Fault("still looping over the rows", text)
        short, long = (count(function, *make(4, n, n)) for n in (6, 12))
        # Lengths twice as long: a loop makes twice the calls, two loops four times.
        allowed = {0: short + 4, 1: 3 * short}.get(loops, long)
        if long > allowed:
            text = (
                f"It is right, but takes {short:,} {what} for 6 × 6, and {long:,} for "
                f"12 × 12. Here {['no loop', 'one loop'][loops]} is asked."
            )
            raise Fault("still looping over the numbers", text)


def _count_torch(function, a, v):
    return count_calls(function, a, v).total()


def _count_lines(function, a, v):
    """Count the lines of Python that run: loops that call nothing show here, too."""
    function(a, v)  # what is made only once
    # The least of two: a collection of garbage in between may run lines of its own.
    return min(_trace_lines(function, a, v) for _ in range(2))


def _trace_lines(function, a, v):
    lines = 0

    def count(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        function(a, v)
    finally:
        sys.settrace(before)
    return lines


def _check_memory(function, make):
    a, v = make(100, 9, 7)
    size, needed = count_bytes(function, a, v), a.nbytes + v.nbytes + 100 * 15 * 4
    if size > 12 * needed:
        text = (
            f"It is right, but allocates {size:,} bytes for 100 rows, 9 × 7. Inputs "
            f"and result take {needed:,}. Which tensor is larger than needed?"
        )
        raise Fault("too much memory", text)


def _check_copies(function, make):
    """Refuse a call that fills as much memory as all windows take; products may."""
    windows = 100 * 15 * 7 * 4  # rows, places, numbers in a window, bytes
    for name, size in dispatched(function, *make(100, 9, 7)):
        if size >= windows and name != "mul":
            text = (
                f"It is right, but `{name}` fills {size:,} bytes for 100 rows, 9 × 7. "
                f"That is room for every window, {windows:,} bytes: a view takes none."
            )
            raise Fault("windows copied", text)


def _praise(function, before, make):
    """Return what is counted and timed of a right answer, beside the rung before."""
    name = f"`{before.__name__}`"
    small = make(5, 5, 7)
    mine, other = (_count_torch(f, *small) for f in (function, before))
    my_bytes, other_bytes = (count_bytes(f, *small) for f in (function, before))
    unseen = _unseen(make)
    like = function(*next(unseen))
    calls = {
        "mine": function,
        name: before,
        "copy": lambda a, v: like.clone(),  # nobody writes a result in less
    }
    times = time_together(calls, block=1e-3, inputs=partial(next, unseen))
    taken = {who: format_time(least(m)) for who, m in times.items()}
    if least(times["mine"]) < least(times["copy"]):
        raise Fault(
            "too fast to be true",
            f"It takes {taken['mine']}, and copying its result takes {taken['copy']}. "
            "Does it return something that it made before?",
        )
    size = "a pair" if like.ndim == 1 else "1,000 rows"
    return (
        f"Shapes, dtypes and numbers are right at {len(SIZES)} sizes. "
        f"**Calls** into torch for 5 × 7: {mine}; {name} makes {other}. "
        f"**Bytes** that they allocate: {my_bytes:,}; {name} {other_bytes:,}. "
        f"**Time** for {size}, at the least: {taken['mine']}; "
        f"{name} takes {taken[name]}. "
        f"{_compared(speed_up(times[name], times['mine']))}."
    )


def _unseen(make):
    """Yield signals and kernels for ever, no two alike."""
    a, v = make(1000, 5, 7)
    for k in itertools.count(1):
        yield a + k, v - k


def _compared(speed):
    """Make a sentence of what `speed_up` returns."""
    if ": " in speed:  # a range, and why there is no verdict
        return f"Yours is {speed.replace('×: ', '× as fast: ')}"
    return f"Yours is {speed}{'' if speed.endswith('slower') else ' faster'}"


# ---- other answers ---------------------------------------------------------------


@_as_feedback
def check_hits(hits, function, *args):
    """Check `hits`, a dict of how a line begins -> number, against a real profile.

    The profile is that of `function(*args)`; its loops are nested, from the outermost.
    Returns `Feedback`.
    """
    if hits is ... or (
        isinstance(hits, dict) and any(number is ... for number in hits.values())
    ):
        raise Fault(UNANSWERED, "Write a number in place of each `...`.")
    if not isinstance(hits, dict):
        raise Fault("wrong type", f"Keep the dict: a {type(hits).__name__} is none.")
    lines = _profile(function, *args)
    exchanged = _attempt(_profile, function, *reversed(args))[0] or lines
    loops = [k for k, line in enumerate(lines) if line.source.startswith("for ")]
    entered = 1  # how often the next loop is
    for k in [*loops, loops[-1] + 1]:
        source, found = lines[k].source, lines[k].hits
        start = next((start for start in hits if source.startswith(str(start))), None)
        if start is None:
            raise Fault("a line is missing", f"How often is `{source}` hit?")
        body = found - entered if k in loops else None
        guess = _as_number(hits[start])
        if guess != found:
            text = _explain_hits(hits[start], guess, body, exchanged[k].hits)
            raise Fault(f"the hits of `{start}`", text)
        entered = body
    return "The profiler counts the same."


def _profile(function, *args):
    profiler = LineProfiler(function)
    profiler.runcall(function, *args)
    return profiled_lines(profiler, function)


def _as_number(value):
    """Return a number of Python, NumPy or torch as Python's own; None if it is none."""
    if hasattr(value, "item"):
        value, _ = _attempt(value.item)
    return value if isinstance(value, numbers.Real) else None


def _explain_hits(written, guess, body, exchanged):
    """Explain why `guess`, as `written`, is wrong.

    `body` is how often a loop's body runs, `exchanged` the hits for exchanged vectors.
    """
    if body is None:
        return f"Not {written!r}. How often does it run for one number of `a`? For all?"
    if guess == body:
        return f"{guess} times its *body* runs. When does the loop learn that it ends?"
    if guess == exchanged:
        return (
            f"{guess} would be right if the two vectors were exchanged. Which one does "
            "this loop walk over, and how long is that?"
        )
    if guess == body + 1:
        return (
            "One look more than its body runs is right for a loop that is entered "
            "once. How often is this one entered? Each time it looks again."
        )
    return f"Not {written!r}. How often does its body run? How often does the loop end?"


@_as_feedback
def check_slower(point, loser, winner):
    """Check that `loser` is slower than `winner` at `point`. Returns `Feedback`."""
    if point is ...:
        raise Fault(UNANSWERED, "Write a `Point` in place of the `...`.")
    if not isinstance(point, Point):
        raise Fault("wrong type", f"A {type(point).__name__} is no `Point`.")
    sizes, dtypes = (point.m, point.n, point.rows), (torch.float32, torch.float64)
    whole = all(type(size) is int and size >= 1 for size in sizes)
    if not whole or point.dtype not in dtypes or point.device != "cpu":
        text = (
            f"{tuple(point)}: m, n and rows must be whole numbers from 1 on, and the "
            "dtype torch.float32 or torch.float64."
        )
        raise Fault("wrong type", text)
    if max(sizes[:2]) > 100 or point.m * point.n * point.rows > 100_000_000:
        text = (
            f"m = {point.m:,}, n = {point.n:,} and rows = {point.rows:,} take the loop "
            "too long. Are they in this order?"
        )
        raise Fault("out of reach", text)
    measured = time_together(ready_calls([loser, winner], point))
    mine, other = measured[loser.__name__], measured[winner.__name__]
    speed = speed_up(mine, other)
    text = (
        f"`{loser.__name__}` takes {format_time(least(mine))} there, "
        f"`{winner.__name__}` {format_time(least(other))}"
    )
    if ": " in speed:
        raise Fault("nobody can tell", f"{text}. It is faster by {speed}.")
    if speed.endswith("slower"):
        raise Fault("it wins", f"{text}: it wins, {speed_up(other, mine)}.")
    return f"{text}: it loses, {speed}."


@_as_feedback
def check_values(function, wanted):
    """Check that `function(*arguments)` gives what is wanted, to a thousandth of it.

    `wanted` is a dict of arguments, a tuple, -> number. Returns `Feedback`.
    """
    _refuse_what_is_no_answer(function)
    found = {arguments: _number(function, arguments) for arguments in wanted}
    ratios = {arguments: found[arguments] / wanted[arguments] for arguments in wanted}
    wrong = [k for k, ratio in ratios.items() if not abs(ratio - 1) <= 1e-3]
    if not wrong:
        return f"It gives the right number in {len(wanted)} cases."
    first = wrong[0]
    also = ""
    if len(set(found.values())) == 1:
        also = " It gives that for all: does it use its arguments?"
    elif max(ratios.values()) - min(ratios.values()) <= 1e-3:
        also = f" All are {ratios[first]:.3g} times what they should be."
    text = (
        f"`{function.__name__}{first}` gives {found[first]:.4g}, not "
        f"{wanted[first]:.4g}.{also}"
    )
    raise Fault("wrong numbers", text)


def _number(function, arguments):
    called = f"`{function.__name__}{arguments}`"
    value, error = _attempt(function, *arguments)
    if error is not None:
        text = f"With {called}: {_tell_error(error, function)}."
        raise Fault("an error in your code", text)
    number = _as_number(value)
    if number is None:
        text = f"{called} returns a {type(value).__name__}. Wanted is a number."
        raise Fault("wrong type", text)
    return number


@_as_feedback
def check_test(test, right, wrong):
    """Check that `test(f)` passes for each f in `right`, and fails for each in `wrong`.

    To fail is to raise AssertionError. Returns `Feedback`.
    """
    _refuse_what_is_no_answer(test)
    for function in right:
        said = _verdict(test, function)
        if said is not None:
            text = f"`{function.__name__}` is right, and your test fails it: {said}"
            raise Fault("it refuses a right function", text)
    for function in wrong:
        if _verdict(test, function) is None:
            text = (
                f"`{function.__name__}` gets through. Where does it go wrong? And do "
                "you say so by `assert`? (Your test can't see the function's name, "
                "only what it returns.)"
            )
            raise Fault("it lets a wrong function pass", text)
    return f"Right functions that pass: {len(right)}. Wrong ones found: {len(wrong)}."


def _verdict(test, function):
    """Return None if `test(function)` passes, else what its assertion says."""

    def nameless(*args, **options):
        return function(*args, **options)

    _, error = _attempt(test, nameless)
    if error is None:
        return None
    if isinstance(error, AssertionError):
        return _first_line(error) if str(error) else _tell_error(error, test)
    text = (
        f"With `{function.__name__}`: {_tell_error(error, test)}. Say what is wrong by "
        "`assert`, before that."
    )
    raise Fault("an error in your code", text)


def compare_guess(guess, found, unit=""):
    """Print a reader's `guess` beside what was `found`: a number each, or several.

    Whole numbers are counts. A float is a ratio, how many times faster; what is a text
    is told as it stands.
    """
    mine, wanted = (x if isinstance(x, (tuple, list)) else [x] for x in (guess, found))
    told = "nothing down" if guess is ... else " and ".join(map(str, mine))
    print(f"You wrote {told}. It is {' and '.join(map(_tell, wanted))}{unit}.")


def _tell(number):
    if isinstance(number, str):
        return number
    if not isinstance(number, float):
        return f"{number:,}"
    speed = format_ratio(number)
    if speed.endswith("slower"):
        return f"{speed}, a factor of {number:.2g}×"
    return f"{speed} faster"

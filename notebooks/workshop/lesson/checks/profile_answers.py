"""Check what a reader read off the profile of their own function."""

from collections.abc import Callable
from math import isclose
from typing import Any

from line_profiler import LineProfiler

from ...measure.profiling import ProfiledLine, profiled_lines
from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
from .one_number import tell_value
from .readers_code import attempt
from .running import refuse_what_is_no_answer
from .values import as_number

KEYS = ("line", "hits", "at most")


@as_feedback
def check_profile(
    answers: dict[str, float], profiler: LineProfiler, function: Callable
) -> str:
    """Check what `answers` say of the profile of `function` in `profiler`.

    "line" is the number of the slowest line in the table, "hits" are its hits, and "at
    most" is how many times faster the function could get if that line were free, to
    2 %. `profiler` is what `%lprun -r` returns. Returns `Feedback`.
    """
    line, hits, bound = _numbers(answers)
    lines = _lines(profiler, function)
    slowest = _check_line(line, lines)
    if hits != slowest.hits:
        raise Fault("the hits", _explain_hits(hits, lines, slowest))
    total = sum(found.seconds for found in lines)
    share = slowest.seconds / total
    _check_bound(bound, share)
    return (
        f"Line {slowest.number} takes {100 * share:.0f} % of the time, in "
        f"{slowest.hits:,} hits. Without it, `{function.__name__}` would be "
        f"{1 / (1 - share):.3g}× as fast: no change to that line alone can gain more."
    )


def _numbers(answers: Any) -> list[float]:
    """Return the three numbers in `answers`, or raise the `Fault` of what is there."""
    if answers is ... or (isinstance(answers, dict) and ... in answers.values()):
        raise Fault(UNANSWERED, "Write a number in place of each `...`.")
    if not isinstance(answers, dict) or not set(KEYS) <= set(answers):
        keys = ", ".join(f'`"{key}"`' for key in KEYS)
        text = f"Keep the dict with its keys {keys}. You wrote {tell_value(answers)}."
        raise Fault("wrong type", text)
    numbers = [as_number(answers[key]) for key in KEYS]
    for key, number in zip(KEYS, numbers, strict=True):
        if number is None:
            text = f'`"{key}"` needs a number: {tell_value(answers[key])} isn\'t one.'
            raise Fault("wrong type", text)
    return numbers


def _lines(profiler: Any, function: Callable) -> list[ProfiledLine]:
    """Return the profile of `function`, or raise the `Fault` of why there is none."""
    refuse_what_is_no_answer(function)
    name = function.__name__
    lines, error = attempt(profiled_lines, profiler, function)
    if error is not None:
        text = (
            f"The profiler hasn't seen `{name}` run as it stands now. Run the cell "
            f"that defines it, then the one with `%lprun -r -f {name}`, then this one."
        )
        raise Fault("no profile of it", text)
    if len([line for line in lines if line.seconds > 0]) < 2:
        text = (
            f"All the time of `{name}` goes to one line, so the table can't tell what "
            "is slow in it. Give each step its own line, and profile again."
        )
        raise Fault("only one line", text)
    return lines


def _check_line(number, lines):
    """Return the line of this `number`, or raise the `Fault` of a faster one."""
    slowest = max(lines, key=lambda found: found.seconds)
    by_number = {line.number: line for line in lines}
    line = by_number.get(number)
    if line is None:
        text = (
            f"No line {number:g} ran. The numbers of the lines are in the table's "
            "first column, under `Line #`."
        )
        raise Fault("the slowest line", text)
    if line.seconds >= 0.99 * slowest.seconds:  # the table shows no difference
        return line
    text = f"Line {number:g}, `{line.source}`, isn't it: another takes more time."
    if line.hits == max(found.hits for found in lines) > slowest.hits:
        text += " It has the most hits, but each of them is short."
    elif line.seconds / line.hits > slowest.seconds / slowest.hits:
        text += " Each of its hits takes longer, but it has few of them."
    raise Fault("the slowest line", f"{text} Compare the column `% Time`.")


def _explain_hits(hits, lines, slowest):
    others = [line for line in lines if line.hits == hits]
    if others:
        return (
            f"{hits:,} are the hits of line {others[0].number}, `{others[0].source}`. "
            f"You want those of line {slowest.number}."
        )
    return (
        f"Not {hits:g}. Look along line {slowest.number}: its hits are in the column "
        "`Hits`, before the times."
    )


def _check_bound(bound, share):
    """Raise the `Fault` of a `bound` that isn't 1 / (1 - share)."""
    rest = 1 - share
    # The table rounds a share to a tenth of a percent: that may be much of the rest.
    if bound > 0 and abs(1 / bound - rest) <= max(0.02 * rest, 0.0006):
        return
    slips = [
        (100 * share, "That is the line's share of the time, in percent."),
        (share, "That is the line's share of the time."),
        (rest, "That is the share of the time that is left."),
        (100 * rest, "That is the share of the time that is left, in percent."),
        (1 / share, "That would hold if everything *but* the line took no time."),
        (1 / rest - 1, "That is one too few: twice as fast is 2, not 1."),
    ]
    meanings = (f"{why} " for slip, why in slips if isclose(bound, slip, rel_tol=0.02))
    text = (
        f"{next(meanings, '')}Suppose the line took no time at all: what share of the "
        "time is left, and how many times does that go into the whole?"
    )
    raise Fault("the bound", text)

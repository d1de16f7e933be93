"""Check predicted hits of a loop against a real profile."""

from collections.abc import Callable
from typing import Any

from line_profiler import LineProfiler

from ...measure.profiling import ProfiledLine, profiled_lines
from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
from .one_number import tell_value
from .readers_code import attempt
from .values import as_number


@as_feedback
def check_hits(hits: dict[str, int], function: Callable, *args: Any) -> str:
    """Check `hits`, a dict of how a line begins -> number, against a real profile.

    The profile is that of `function(*args)`; its loops are nested, from the outermost.
    Returns `Feedback`.
    """
    if hits is ... or (
        isinstance(hits, dict) and any(number is ... for number in hits.values())
    ):
        raise Fault(UNANSWERED, "Write a number in place of each `...`.")
    if not isinstance(hits, dict):
        text = (
            f"Keep the dict, and change only its numbers. You wrote {tell_value(hits)}."
        )
        raise Fault("wrong type", text)
    lines = _profile(function, *args)
    exchanged = attempt(_profile, function, *reversed(args))[0] or lines
    loops = [k for k, line in enumerate(lines) if line.source.startswith("for ")]
    runs = [1]  # how often the function is called, and then each loop's body
    around = 0  # hits of the line of the loop around
    for k in [*loops, loops[-1] + 1]:
        source, found = lines[k].source, lines[k].hits
        start = next((start for start in hits if source.startswith(str(start))), None)
        if start is None:
            raise Fault("a line is missing", f"How often is `{source}` hit?")
        guess = as_number(hits[start])
        if guess != found:
            if k in loops:
                slips = _slips_in_a_loop(found, runs[-1], around, exchanged[k].hits)
                ask = "How often does its body run? And how often does the loop end?"
            else:
                slips = _slips_in_the_body(found, runs[-2], around)
                ask = "How often does it run for one number of `a`? And for all?"
            text = slips.get(guess, f"Not {tell_value(hits[start])}. {ask}")
            raise Fault(f"the hits of `{start}`", text)
        around = found
        runs.append(found - runs[-1])
    return "The profiler counts the same."


def _profile(function: Callable, *args: Any) -> list[ProfiledLine]:
    profiler = LineProfiler(function)
    profiler.runcall(function, *args)
    return profiled_lines(profiler, function)


def _slips_in_a_loop(found, entered, around, exchanged):
    """Return a dict of typical wrong number for a loop's line -> what it is.

    The line is hit `found` times, the loop entered `entered` times. The line of the
    loop around is hit `around` times, this one `exchanged` for exchanged vectors.
    """
    body, once = found - entered, found // entered
    slips = {
        exchanged: (
            "That would be right if the two vectors were exchanged. Which one does "
            "this loop walk over, and how long is that?"
        ),
        body: (
            f"{body} is how often its *body* runs. How does the loop find out that it "
            "is over?"
        ),
    }
    if entered == 1:
        return slips
    return slips | {
        once: "That is right for entering the loop once. How often is it entered?",
        body + 1: (
            "One more than its body runs: that is right for a loop entered once. How "
            "often is this one entered? It finds its end each time."
        ),
        around * once: (
            "You multiplied by the hits of the loop around it. How often does the "
            "*body* of that loop run?"
        ),
    }


def _slips_in_the_body(found, entered, around):
    """Return a dict of typical wrong number for the innermost line -> what it is.

    Its loop is entered `entered` times, and that loop's line is hit `around` times.
    """
    return {
        found // entered: "That is right for one number of `a`. How many are there?",
        around: (
            "That is how often the line of the loop is hit. Does this line run, too, "
            "when the loop finds that it is over?"
        ),
    }

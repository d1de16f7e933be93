"""Check predicted hits of a loop against a real profile."""

from collections.abc import Callable
from typing import Any

from line_profiler import LineProfiler

from ...measure.profiling import ProfiledLine, profiled_lines
from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
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
        raise Fault("wrong type", f"Keep the dict: a {type(hits).__name__} is none.")
    lines = _profile(function, *args)
    exchanged = attempt(_profile, function, *reversed(args))[0] or lines
    loops = [k for k, line in enumerate(lines) if line.source.startswith("for ")]
    entered = 1  # how often the next loop is
    for k in [*loops, loops[-1] + 1]:
        source, found = lines[k].source, lines[k].hits
        start = next((start for start in hits if source.startswith(str(start))), None)
        if start is None:
            raise Fault("a line is missing", f"How often is `{source}` hit?")
        body = found - entered if k in loops else None
        guess = as_number(hits[start])
        if guess != found:
            text = _explain_hits(hits[start], guess, body, exchanged[k].hits)
            raise Fault(f"the hits of `{start}`", text)
        entered = body
    return "The profiler counts the same."


def _profile(function: Callable, *args: Any) -> list[ProfiledLine]:
    profiler = LineProfiler(function)
    profiler.runcall(function, *args)
    return profiled_lines(profiler, function)


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

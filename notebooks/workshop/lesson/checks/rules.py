"""Check a rule that chooses an answer by the sizes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from statistics import geometric_mean

from ...measure.timing import Measurement
from ...measure.verdicts import format_multiple
from ..diagnosis.fault import Fault
from ..grid_points import Point
from ..scores import times_as_long
from .feedback import as_feedback
from .one_number import tell_value
from .readers_code import attempt, tell_error
from .running import refuse_what_is_no_answer

CLEARLY = 1.05  # so much better than the first of all must a rule be
BETWEEN = " (A rule is tried between the squares of the map, too.)"
LOSS = 1.1  # so far behind the fastest is worth telling


@as_feedback
def check_rule(
    rule: Callable[[Point], str],
    measured: Mapping[Point, Mapping[str, Measurement]],
    among: Sequence[str],
) -> str:
    """Check that choosing by `rule` is clearly better than the first of `among` alone.

    `rule(point)` returns one of the names `among`; `measured` is what `sweep` returned.
    The score is the geometric mean of how many times as long as the fastest the choice
    takes. The rule is tried between the points of `measured`, too. Returns `Feedback`.
    """
    refuse_what_is_no_answer(rule)
    chosen = {point: _choice(rule, point, among) for point in measured}
    for point in _between(measured):
        _choice(rule, point, among, BETWEEN)
    ratios = times_as_long(measured, chosen.get, among)
    always = times_as_long(measured, among[0], among)
    mine, alone = (geometric_mean(found.values()) for found in (ratios, always))
    text = (
        f"On average your choice takes {format_multiple(mine, 3)} as long as the "
        f"fastest, and `{among[0]}` alone {format_multiple(alone, 3)}."
    )
    worst = _worst(ratios, chosen)
    if len(set(chosen.values())) == 1:
        text += f" You return `{next(iter(chosen.values()))}` everywhere. {worst}"
        raise Fault("one answer for everything", text)
    if alone / mine < CLEARLY:
        kinds = {"worse": mine / alone >= CLEARLY, "no better": mine >= alone}
        kind = next((name for name, holds in kinds.items() if holds), "hardly better")
        name = f"{kind} than one answer for everything"
        raise Fault(name, f"{text} {worst}")
    return f"{text} {worst}"


def is_rule(
    rule: Callable[[Point], str], points: Iterable[Point], among: Sequence[str]
) -> bool:
    """Tell whether `rule` is written: it chooses one of `among` at each of `points`."""
    try:
        refuse_what_is_no_answer(rule)
        for point in points:
            _choice(rule, point, among)
    except Fault:
        return False
    return True


def _choice(rule, point, among, where=""):
    """Return what `rule` chooses at `point`, or raise the `Fault` of what it does."""
    chosen, error = attempt(rule, point)
    if error is not None:
        text = f"With {_where(point)}: {tell_error(error, rule)}.{where}"
        raise Fault("an error in your code", text)
    if chosen is None:
        text = f"For {_where(point)} it returns None."
        hint = "Does every path end in a `return`?"
        raise Fault("no answer for some cases", f"{text} {hint}{where}")
    listed = ", ".join(f'`"{name}"`' for name in among)
    if getattr(chosen, "__name__", None) in among:
        text = f"Return the name, a text, and not the function: one of {listed}."
        raise Fault("a function instead of its name", text)
    if not isinstance(chosen, str) or chosen not in among:
        text = f"For {_where(point)} it returns {tell_value(chosen)}, not one of "
        raise Fault("no such answer", f"{text}{listed}.")
    return chosen


def _between(measured):
    """Yield points that were not measured, for each dtype and direction that was."""
    settings = dict.fromkeys((p.dtype, p.backward) for p in measured)
    sizes = [(4, 6, 1), (6, 4, 30), (3, 11, 300), (7, 7, 50_000)]
    for (dtype, backward), size in product(settings, sizes):
        point = Point(*size, dtype, backward)
        if point not in measured:
            yield point


def _worst(ratios, chosen):
    """Name the three points where the choice loses most, if it loses anywhere."""
    worst = sorted(ratios, key=ratios.get, reverse=True)[:3]
    lost = [
        f"{_where(p)} (`{chosen[p]}`, {format_multiple(ratios[p], 3)})"
        for p in worst
        if ratios[p] > LOSS
    ]
    if not lost:
        return "It is within a tenth of the fastest everywhere."
    return f"It loses most at {'; '.join(lost)}."


def _where(point):
    rows = f"{point.rows:,} row{'s' * (point.rows > 1)}"
    gradients = " with gradients" if point.backward else ""
    dtype = str(point.dtype).removeprefix("torch.")
    return f"{rows}, {point.m} × {point.n}, {dtype}{gradients}"

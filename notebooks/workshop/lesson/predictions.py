"""Set what a reader predicted beside what was found."""

from collections.abc import Sequence
from math import inf, isfinite

from ..measure.verdicts import format_multiple, format_ratio

Told = int | float | str


def compare_guess(
    guess: Told | Sequence[Told],
    found: Told | Sequence[Told],
    unit: str = "",
    usual: str = "",
) -> None:
    """Print a reader's `guess` beside what was `found`, how near it is, and `usual`.

    Both are a number, or a list of them. Whole numbers found are counts; a float is a
    ratio, how many times faster, unless the `unit` says of what, as in " as long"; a
    text is told as it stands. `unit` follows the numbers, as in " calls"; `usual` says
    what people usually guess, and why.

    A guess that is `...` or no number is no error: it gets no verdict.
    """
    mine, wanted = map(_as_list, (guess, found))
    written = [number for number in mine if number is not ... and number is not None]
    told = _join(map(_tell, written)) or "nothing down"
    answer = _join([_tell_found(number, unit) for number in wanted])
    print(f"You wrote {told}. It is {answer}{unit}{_verdict(mine, wanted, unit)}.")
    if usual:
        print(usual)


def _verdict(mine, wanted, unit):
    if len(mine) != len(wanted):
        asked = any(map(_is_number, mine))
        return f": write a list of {len(wanted)} numbers" if asked else ""
    factors = list(map(_factor, mine, wanted))
    right = factors.count(1)
    if right == len(wanted):
        return ": exactly right" if right == 1 else ": all exactly right"
    if right:
        return f": {right} of {len(wanted)} exactly right"
    if max(factors) == inf:
        return ""
    if isinstance(wanted[0], float) and (mine[0] - 1) * (wanted[0] - 1) < 0:
        words = ("more", "less") if unit else ("faster", "slower")
        sides = words[::-1] if wanted[0] < 1 else words
        return ", and you were on the wrong side of 1: {}, not {}".format(*sides)
    furthest = "the furthest was" if len(wanted) > 1 else "you were"
    if max(factors) <= 2:
        return f": {'all' if len(wanted) > 1 else 'you were'} within a factor of two"
    return f": {furthest} off by a factor of {float(f'{max(factors):.2g}'):,.15g}"


def _factor(mine, wanted):
    """Return by which factor two numbers differ, or inf where nobody can tell."""
    if not (_is_number(mine) and _is_number(wanted)):
        return inf
    if mine == wanted:
        return 1
    return max(mine / wanted, wanted / mine) if min(mine, wanted) > 0 else inf


def _is_number(thing):
    return isinstance(thing, (int, float)) and isfinite(thing)


def _as_list(thing):
    return list(thing) if isinstance(thing, (tuple, list)) else [thing]


def _join(texts):
    *others, last = [*texts] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _tell(number):
    return f"{number:,}" if isinstance(number, (int, float)) else str(number)


def _tell_found(number, unit):
    if not isinstance(number, float):
        return _tell(number)
    if unit:
        return format_multiple(number)
    speed = format_ratio(number)
    if speed.endswith("slower"):
        return f"{speed}, a factor of {number:.2g}×"
    return f"{speed} faster"

"""Check a number that the reader predicted or worked out."""

import math
from collections.abc import Mapping
from typing import Any

from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
from .values import as_number

NEAR = 0.01  # how far off a number may be that was worked out from others


@as_feedback
def check_number(
    mine: float, found: float, explain: Mapping[float, str] | None = None
) -> str:
    """Check that `mine` is the number `found`: a whole one exactly, others to 1 %.

    `explain` is a dict of typical wrong number -> why somebody may think so, a
    sentence or two. Returns `Feedback`.
    """
    if mine is ...:
        raise Fault(UNANSWERED, "Write a number in place of the `...`.")
    number, found = as_number(mine), as_number(found)
    if number is None:
        raise Fault("wrong type", f"Write a number: {tell_value(mine)} isn't one.")
    if _agree(number, found):
        return f"It is {_tell(found)}."
    text = f"That is too {'small' if number < found else 'large'}."
    if isinstance(found, int) and abs(number - found) == 1:
        text = "You are just one off."
    for wrong, why in (explain or {}).items():
        if _agree(number, wrong):
            text = why
    raise Fault(f"it isn't {_tell(number)}", text)


def tell_value(value: Any) -> str:
    """Write what a reader gave as code, on one short line."""
    text = " ".join(repr(value).split()).replace("`", "'")
    return f"`{text if len(text) <= 60 else f'{text[:57]}...'}`"


def _agree(number, found):
    if isinstance(found, int):
        return number == found
    return math.isclose(number, found, rel_tol=NEAR)


def _tell(number):
    return f"{number:,}" if isinstance(number, int) else f"{number:,.3g}"

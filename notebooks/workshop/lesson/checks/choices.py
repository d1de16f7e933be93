"""Check a choice among options, each of which is tried."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
from .one_number import tell_value


@as_feedback
def check_choice(
    chosen: str | Iterable[str],
    options: Mapping[str, Any],
    holds: Callable[[Any], bool],
    why: Callable[[Any], str] | None = None,
) -> str:
    """Check that `chosen` names just those of `options` for which `holds(option)`.

    `options` is a dict of name -> whatever `holds` takes. `chosen` is a set or list of
    names, or a text: "abd" where names are letters, otherwise "one, another".
    `why(option)` is what is said of an option chosen wrongly. Returns `Feedback`.
    """
    names = _names(chosen, options)
    right = [name for name in options if holds(options[name])]
    wrong = [name for name in options if name in names and name not in right]
    if wrong:
        reason = f" {why(options[wrong[0]])}" if why else ""
        raise Fault(_count(len(wrong), "wrong choice"), f"Not `{wrong[0]}`.{reason}")
    missing = len(right) - len(names)
    if missing:
        text = "What you chose is right, but that isn't all yet."
        if not names:
            text = "You chose none, and some are right."
        raise Fault(f"{missing} still missing", text)
    told = " and ".join(f"`{name}`" for name in right) or "None"
    return f"{told}: I tried all {len(options)}."


def _names(chosen, options):
    """Return the set of the names in `chosen`, or raise the `Fault` of others."""
    several = isinstance(chosen, (set, frozenset, list, tuple))
    if chosen is ... or (several and ... in chosen):
        letters = ", ".join(f"`{name}`" for name in options)
        raise Fault(UNANSWERED, f"Choose among {letters}, in place of the `...`.")
    if isinstance(chosen, str):
        letters = all(len(name) == 1 for name in options)
        chosen = re.findall(r"\w" if letters else r"[^\s,]+", chosen)
    elif not several:
        text = f"Name what you choose, such as {tell_value(next(iter(options)))}."
        raise Fault("wrong type", f"{text} You wrote {tell_value(chosen)}.")
    unknown = [name for name in chosen if name not in options]
    if unknown:
        known = ", ".join(f"`{name}`" for name in options)
        text = f"There is no {tell_value(unknown[0])}. Choose among {known}."
        raise Fault("no such option", text)
    return set(chosen)


def _count(k, what):
    return f"{k} {what}{'s' * (k > 1)}"

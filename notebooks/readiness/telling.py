"""How checks are told: a line for each, what to do, and a last line to photograph."""

import codecs
import os
import platform
import sys
import time
from itertools import groupby

from .cores import granted_cores
from .remedies import again, go

PLAIN = {"\u2717": "NO", "\u2713": "ok", "\u2013": "--", "\u00b7": "|", "\u2026": "..."}
codecs.register_error(
    "plain", lambda e: (PLAIN.get(e.object[e.start], "?"), e.start + 1)
)


def tell(checks, torch):
    """Print all checks; return the exit status: 1 if there is something to mend."""
    todo, fine = {}, {}
    for _, group in groupby(checks, _alike):
        name, found, mend = next(group)
        if not name:
            say(found)
            continue
        names = [name, *(check.name for check in group)]  # noqa: B031  the rest
        if mend:
            todo.setdefault(mend, []).extend(names)
            say(f"\u2717 {few(names)}: {found}", 31)
        elif _tried(found):
            fine[name] = found
            say(f"\u2713 {name}: {found}", 32)
        else:
            say(f"\u2013 {few(names)}: {found}", 33)
    if todo:
        _say_remedy("\nFirst go to the folder of the series", go())
        for mend, names in todo.items():
            _say_remedy(few(list(dict.fromkeys(names))), mend)
        if again() not in todo:
            _say_remedy("Then look again", again())
    things = "1 thing" if len(todo) == 1 else f"{len(todo)} things"
    said = f"{things} to mend." if todo else "Ready."
    say(f"{said} {_machine(torch, fine.get('instruction set'))}")
    return 1 if todo else 0


def _say_remedy(what, mend):
    """Print a remedy, its command on a line of its own, to be copied."""
    say(f"{what}: {mend}".replace("run: ", "run\n    "))


def _alike(check):
    """Return what checks on one line have in common; what is fine has its own."""
    return check if _tried(check.found) and not check.mend else check[1:]


def _tried(found):
    return not found.startswith("not tried")


def _machine(torch, instructions):
    """Return what this machine is."""
    cores = granted_cores()
    parts = [
        f"{platform.system()} {platform.machine()}".replace("Darwin", "macOS"),
        f"Python {platform.python_version()}",
        f"torch {torch}" if torch else "",
        instructions,
        f"{cores:g} core{'' if cores == 1 else 's'}",
        time.strftime("%Y-%m-%d"),
    ]
    return " \u00b7 ".join(filter(None, parts))


def say(text, colour=0):
    """Print a line, as far as the terminal knows its letters and its colours."""
    encoding = sys.stdout.encoding or "ascii"
    text = text.encode(encoding, "plain").decode(encoding)
    if colour and _has_colours():
        text = f"\033[{colour}m{text}\033[0m"
    print(text, flush=True)


def _has_colours():
    known = os.name != "nt" or "WT_SESSION" in os.environ
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return sys.stdout.isatty() and known and wanted


def few(names):
    """Return the first of the names, and how many more there are."""
    more = f" and {len(names) - 4} more" if len(names) > 5 else ""
    return ", ".join(names[:4] if more else names) + more


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]

"""Note which Python functions a call runs: where it goes, not how long it takes."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any


def code_run(function: Callable, *args: Any) -> list[CodeType]:
    """Return the code of each Python function that `function(*args)` enters, in order.

    `sys.setprofile` sees the calls of this thread only; a function written in C hides
    itself, but not the Python functions that it calls.
    """
    found = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            found.append(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function(*args)
    finally:
        sys.setprofile(before)
    return found


def called(function: Callable, *args: Any) -> list[str]:
    """Return which functions of its own file `function(*args)` runs, `function` first.

    Each name stands once, where it is first called; lambdas and comprehensions are left
    out.
    """
    file = function.__code__.co_filename
    codes = [code for code in code_run(function, *args) if code.co_filename == file]
    names = dict.fromkeys(code.co_qualname for code in codes)
    return [name for name in names if not name.endswith(">")]

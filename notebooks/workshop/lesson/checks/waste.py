"""Refuse what is right and wasteful: loops, memory, copies of windows."""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from ...measure.counting import (
    count_bytes,
    count_calls,
    count_multiplications,
    dispatched,
)
from ..diagnosis.fault import Fault


def check_loops(function: Callable, loops: int, make: Callable) -> None:
    """Refuse calls that grow with the rows, or faster than `loops` over the lengths."""
    for count, what in COUNTS:
        few, many = (count(function, *make(B, 5, 7)) for B in (4, 40))
        if many - few >= (40 - 4) / 2:  # less may be another way for more rows
            text = (
                f"It's right, but it takes {few:,} {what} for 4 rows, and {many:,} for "
                "40."
            )
            raise Fault("still looping over the rows", text)
        short, long = (count(function, *make(4, n, n)) for n in (6, 12))
        # Lengths twice as long: a loop makes twice the calls, two loops four times.
        allowed = {0: short + 4, 1: 3 * short}.get(loops, long)
        if long > allowed:
            text = (
                f"It's right, but it takes {short:,} {what} for 6 × 6, and {long:,} "
                f"for 12 × 12. This exercise allows {['no loop', 'one loop'][loops]}."
            )
            raise Fault("still looping over the numbers", text)


def count_torch(function: Callable, *args: Any) -> int:
    """Count the calls into torch."""
    return count_calls(function, *args).total()


def _count_lines(function, *args):
    """Count the lines of Python that run: loops that call nothing show here, too."""
    function(*args)  # what is made only once
    # The least of two: a collection of garbage in between may run lines of its own.
    return min(_trace_lines(function, *args) for _ in range(2))


def _trace_lines(function, *args):
    lines = 0

    def count(frame: FrameType, event: str, argument: Any) -> Callable:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        function(*args)
    finally:
        sys.settrace(before)
    return lines


COUNTS = [(count_torch, "calls into torch"), (_count_lines, "lines of Python")]


def check_memory(function: Callable, make: Callable) -> None:
    """Refuse over twelve times the bytes that inputs and result take."""
    a, v = make(100, 9, 7)
    size, needed = count_bytes(function, a, v), a.nbytes + v.nbytes + 100 * 15 * 4
    if size > 12 * needed:
        text = (
            f"It's right, but it allocates {size:,} bytes for 100 rows of 9 × 7, where "
            f"inputs and result take {needed:,}. Which tensor is larger than it needs "
            "to be?"
        )
        raise Fault("too much memory", text)


def check_copies(function: Callable, make: Callable) -> None:
    """Refuse a call that fills as much memory as all windows take; products may."""
    windows = 100 * 15 * 7 * 4  # rows, places, numbers in a window, bytes
    for name, size in dispatched(function, *make(100, 9, 7)):
        if size >= windows and name != "mul":
            text = (
                f"It's right, but for 100 rows of 9 × 7 `{name}` fills {size:,} bytes, "
                "room for every window. A view of them takes none."
            )
            if name == "clone":
                text += " (`contiguous` and `reshape` may call `clone`, too.)"
            raise Fault("windows copied", text)


def check_calls(function: Callable, most: int, make: Callable) -> None:
    """Refuse over `most` calls into torch for 5 × 7, or for 7 × 5."""
    counts = [count_calls(function, *make(4, m, n)) for m, n in [(5, 7), (7, 5)]]
    found = [count.total() for count in counts]
    if max(found) > most:
        largest = max(counts, key=Counter.total).most_common()
        listed = ", ".join(f"{times} `{name}`" for name, times in largest)
        text = (
            f"It's right, but it makes {found[0]} calls into torch for 5 × 7 and "
            f"{found[1]} for 7 × 5. Neither should make more than {most}. The "
            f"{max(found)} are {listed}."
        )
        raise Fault("too many calls", text)


def check_multiplications(function: Callable, most: int, make: Callable) -> None:
    """Refuse over `most` multiplications per row for 5 × 7, or for 7 × 5."""
    found = {}
    for m, n in [(5, 7), (7, 5)]:
        a, v = make(4, m, n)
        hidden = [name for name in count_calls(function, a, v) if "_fft" in name]
        if hidden:
            text = (
                f"It's right, but nobody can count what `{hidden[0]}` multiplies "
                "inside. Do it without a Fourier transform."
            )
            raise Fault("multiplications that don't show", text)
        found[m, n] = count_multiplications(function, a, v) // a[..., 0].numel()
    if max(found.values()) > most:
        text = (
            f"It's right, but it takes {found[5, 7]} multiplications per row for 5 × 7 "
            f"and {found[7, 5]} for 7 × 5. Neither should take more than {most}."
        )
        raise Fault("too many multiplications", text)


def check_which_call(function: Callable, uses: str, make: Callable) -> None:
    """Refuse what doesn't call `uses`, as the dispatcher names it, or convolves."""
    calls = count_calls(function, *make(4, 5, 7))
    if "convolution" in calls and uses != "convolution":
        text = f"It's right, but it calls `convolution`. Let `{uses}` do the work."
        raise Fault("another call does the work", text)
    if uses not in calls:
        names = ", ".join(f"`{name}`" for name in calls) or "none"
        text = f"It's right, but `{uses}` isn't among its calls into torch: {names}."
        raise Fault("another call does the work", text)

"""Check formulas that the reader derives: exact, or told what was overlooked."""

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ..diagnosis.fault import Fault
from .feedback import UNANSWERED, as_feedback
from .one_number import tell_value
from .running import refuse_what_is_no_answer
from .values import as_number, number_of

Formula = Callable[..., float]
PAIRS = [(5, 7), (7, 5), (1, 1), (2, 9), (16, 3)]

# Wrong formulas, and what somebody who writes them has overlooked.
COPIES = [
    (
        lambda m, n: 0.5,
        "That's the result alone. What does the convolution have to read?",
    ),
    (
        lambda m, n: (2 * m + 2 * n - 1) / (m + n - 1),
        "A copy reads each number, too: it moves the result's bytes twice.",
    ),
    (
        lambda m, n: (m + n) / (2 * (m + n - 1)),
        "That's what the convolution reads. It has to write its result, too.",
    ),
    (lambda m, n: (m + n) / (m + n - 1), "Both sides move the result's numbers, too."),
    (
        lambda m, n: (2 * m + n - 1) / (2 * (m + n - 1)),
        "The kernels are missing: each row has its own, so n numbers more are read.",
    ),
    (
        lambda m, n: (m + 2 * n - 1) / (2 * (m + n - 1)),
        "The signals are missing: m numbers of each row are read.",
    ),
    (
        lambda m, n: 2 * (m + n - 1) / (2 * m + 2 * n - 1),
        "That's upside down: the convolution's bytes over those of the copy.",
    ),
    (
        lambda m, n: m * n / (2 * (m + n - 1)),
        "m × n is the number of multiply-adds. Count numbers that are read or written.",
    ),
    (
        lambda m, n: 4 * (2 * m + 2 * n - 1) / (2 * (m + n - 1)),
        "Four bytes a number on both sides: they cancel.",
    ),
    (lambda m, n: 1, "Is a result m + n numbers long, or one less?"),
]
PROGRAMS = [
    (
        lambda longest: longest**2,
        "The operator swaps the two if need be: 5 × 7 and 7 × 5 share a program.",
    ),
    (
        lambda longest: longest * (longest - 1) // 2,
        "Two of the same length have a program, too, such as 7 × 7.",
    ),
    (
        lambda longest: longest * (longest + 1),
        "That counts every pair twice. Count pairs of lengths, whatever the dtype.",
    ),
    (lambda longest: longest, "That's the lengths. How many pairs do they make?"),
]


@as_feedback
def check_copies_at_least(function: Formula) -> str:
    """Check that `function(m, n)` is a convolution's compulsory bytes, in copies.

    That is what it has to read and to write, over what a copy of the result moves.
    Returns `Feedback`.
    """
    refuse_what_is_no_answer(function)
    wanted = {(m, n): (2 * m + 2 * n - 1) / (2 * (m + n - 1)) for m, n in PAIRS}
    _refuse_other(function, wanted, COPIES)
    return (
        f"For 5 × 7 it's {wanted[5, 7]:.3f} copies, and it's above 1 for all lengths: "
        "a convolution reads one number more than it writes."
    )


@as_feedback
def check_unrolled(length: int, pairs: Formula, folder: Path) -> str:
    """Check the longest `length` that is unrolled, and `pairs(longest)`.

    The length is that of the sources in `folder`; `pairs` tells how many pairs of
    lengths up to `longest` have a program of their own. Returns `Feedback`.
    """
    if length is ...:
        text = "Write the longest length in place of the first `...`."
        raise Fault(UNANSWERED, text)
    found = re.search(r"LONGEST = (\d+)", (folder / "vectors.h").read_text())
    longest, number = int(found[1]), as_number(length)
    if number is None:
        text = f"Write a number: {tell_value(length)} isn't one."
        raise Fault("wrong type", text)
    if number != longest:
        text = "Between which two lengths does the time per multiply-add jump?"
        if number == longest + 1:
            text = "That's the first length behind the cliff."
        raise Fault(f"it isn't {number:g}", text)
    refuse_what_is_no_answer(pairs)
    wanted = {(k,): k * (k + 1) // 2 for k in (2, 3, 1, longest, 16)}
    _refuse_other(pairs, wanted, PROGRAMS)
    return (
        f"Lengths up to {longest} make {wanted[longest,]} pairs. Up to 16, there would "
        f"be {wanted[16,]}, and each is compiled for every dtype."
    )


def _refuse_other(
    function: Formula,
    wanted: dict[tuple, float],
    wrong: Iterable[tuple[Formula, str]],
) -> None:
    """Raise the `Fault` of a `function` that gives other numbers than `wanted`."""
    found = {arguments: number_of(function, arguments) for arguments in wanted}
    others = [k for k in wanted if not _agree(found[k], wanted[k])]
    if not others:
        return
    listed = ", ".join(map(str, others[0]))
    text = f"`{function.__name__}({listed})` gives {found[others[0]]:.4g}."
    for formula, why in wrong:
        if all(_agree(found[k], formula(*k)) for k in wanted):
            raise Fault("something is overlooked", f"{text} {why}")
    right = len(wanted) - len(others)
    told = f"{right} of {len(wanted)} cases are right" if right else "No case is right"
    raise Fault("wrong numbers", f"{text} {told}.")


def _agree(number, other):
    return math.isclose(number, other, rel_tol=1e-9)

"""Check a function that convolves: its numbers, then its waste; then praise it."""

import functools
from collections.abc import Callable
from functools import partial

import torch

from ..diagnosis.compare import compare
from ..diagnosis.fault import Fault
from .contract import (
    check_axes,
    check_dtypes,
    check_odd_numbers,
    check_vmap,
    refuse_borrowed_code,
)
from .feedback import as_feedback
from .praise import praise
from .readers_code import attempt
from .running import (
    make_inputs,
    refuse_unwritten_memory,
    refuse_what_is_no_answer,
    run,
    told,
)
from .waste import (
    check_calls,
    check_copies,
    check_loops,
    check_memory,
    check_multiplications,
    check_which_call,
)

SIZES = [(4, 6, 5), (3, 4, 5), (1, 4, 2), (4, 4, 4), (2, 1, 3), (3, 4, 1)]
SIZES += [(40, 12, 11), (1000, 5, 7)]


@as_feedback
def check(
    function: Callable,
    before: Callable,
    loops: int = 0,
    pair: bool = False,
    one_kernel: bool = False,
    contract: bool = False,
    copies: bool = True,
    calls: int | None = None,
    multiplications: int | None = None,
    uses: str | None = None,
) -> str:
    """Check that `function(a, v)` is the full convolution of each row, without waste.

    It gets random signals (B, m) and kernels (B, n) in eight sizes, float32 and
    float64; with `pair`, vectors (m,) and (n,); with `one_kernel`, kernels (n,). It may
    hold so many nested `loops` over the lengths, and none over the rows; it may
    allocate twelve times what inputs and result take, and without `copies` no window of
    the signal may be copied. It may make so many `calls` into torch for 5 × 7, and as
    many for 7 × 5; likewise `multiplications`, per row. With `uses`, such as "mm", the
    call that torch's dispatcher knows by this name must do the work, and no
    convolution. With `contract`, infinities, NaN, other dtypes, more leading axes and
    `torch.vmap` are tried as well, none of the series' answers may do the work, and
    memory is free. A right answer is counted and timed beside `before`.

    Returns `Feedback`.
    """
    refuse_what_is_no_answer(function)
    make = partial(make_inputs, pair=pair, one_kernel=one_kernel)
    for dtype in (torch.float32, torch.float64):
        for size in SIZES:
            _check_numbers(function, *make(*size, dtype=dtype))
    if contract:
        check_odd_numbers(function)
        check_dtypes(function)
        check_axes(function)
        check_vmap(function)
        refuse_borrowed_code(function)
    check_loops(function, loops, make)
    if not contract:
        check_memory(function, make)
    if not copies:
        check_copies(function, make)
    if calls is not None:
        check_calls(function, calls, make)
    if multiplications is not None:
        check_multiplications(function, multiplications, make)
    if uses:
        check_which_call(function, uses, make)
    if one_kernel:
        before = _with_one_kernel(before, make)
    return praise(function, before, make, len(SIZES))


def _with_one_kernel(function, make):
    """Let `function` take one kernel for all, also if it wants one for each row."""
    if attempt(function, *make(4, 5, 7))[1] is None:
        return function
    return functools.wraps(function)(lambda a, v: function(a, v.expand(len(a), -1)))


def _check_numbers(function, a, v):
    """Check three calls on the same two tensors, with other numbers for the third."""
    given = a.clone(), v.clone()
    with told(function, a, v):
        first = run(function, *given)
        refuse_unwritten_memory(function, first, given)
        compare(first, a, v)
        kept = first.clone()
        second = run(function, *given)
        if not (isinstance(second, torch.Tensor) and torch.equal(second, kept)):
            text = (
                "Two calls with the same input give different results. Is something "
                "left over from the first, or does your memory not start with zeros?"
            )
            raise Fault("not the same twice", text)
        for tensor, change in zip(given, (1, -1), strict=True):
            tensor += change
        third = run(function, *given)
        if isinstance(third, torch.Tensor) and torch.equal(third, kept):
            text = (
                "The numbers in `a` and `v` have changed since the last call, but you "
                "return the last result again. Don't keep it: compute a new one."
            )
            raise Fault("an old result", text)
        compare(third, *given)
        if not torch.equal(first, kept):
            text = (
                "Your second call wrote into the result of the first, which somebody "
                "may still need: make a new tensor in each call."
            )
            raise Fault("an earlier result changed", text)

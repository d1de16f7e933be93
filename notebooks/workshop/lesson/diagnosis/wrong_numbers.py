"""A result of the right shape with other numbers: name the mistake that makes them."""

from typing import NoReturn

import torch
from torch import Tensor

from ..proof import slow_loop
from .comparing import alike, every_pair, moved
from .fault import Fault


def name_the_numbers(got: Tensor, wanted: Tensor, a: Tensor, v: Tensor) -> NoReturn:
    """Raise the `Fault` of `got`, whose numbers aren't those of `wanted`.

    `a` and `v` are the batches (B, m) and (B, n), all in float64.
    """
    shape = got.shape
    got, wanted = got.reshape(len(a), -1), wanted.reshape(len(a), -1)
    if alike(got, wanted):
        text = (
            "The dtype is float64, but the numbers are only as precise as float32. "
            "Something on the way rounds them."
        )
        raise Fault("wrong dtype", text)
    for fault, result in _mistakes(a, v, wanted):
        if alike(got, result):
            raise fault
    if len(a) <= 40:
        _name_the_rows(got, wanted, a, v)
    wrong = ~torch.isclose(got, wanted, rtol=0, atol=1e-4)
    i, k = wrong.nonzero()[0].tolist()
    where = f"[{i}, {k}]" if len(shape) == 2 else f"[{k}]"
    first = (
        f" The first is `result{where}`: yours is {got[i, k]:.4g}, and it should be "
        f"{wanted[i, k]:.4g}."
    )
    text = f"{int(wrong.sum())} of {wrong.numel()} numbers are wrong."
    raise Fault("wrong numbers", text, first)


def _mistakes(a, v, wanted):
    """Yield (fault, result) for each mistake that people make on whole batches."""
    name = "a cross-correlation"
    text = (
        "The kernel runs in the wrong direction. `conv1d` needs it flipped along its "
        "last axis; `conv_transpose1d` and shifted multiples don't."
    )
    yield Fault(name, text), slow_loop(a, v.flip(1))
    text = (
        "The signal runs in the wrong direction, as if you had flipped it instead of "
        "the kernel."
    )
    yield Fault(name, text), slow_loop(a.flip(1), v)
    text = (
        "The numbers are right, but each row runs backwards. If you flip anything, "
        "flip only the kernel."
    )
    yield Fault("the result in reverse order", text), wanted.flip(1)
    text = (
        "`flip(0)` reverses the order of the rows. A kernel's numbers lie along the "
        "last axis: `flip(-1)`."
    )
    yield Fault("rows mixed up", text), slow_loop(a, v.flip(0, 1))
    text = (
        "Your result is the zeros that it began with: nothing is written into it. "
        "(Calls that work in place end in `_`.)"
    )
    yield Fault("all zeros", text), torch.zeros_like(wanted)
    width = wanted.shape[1]
    for k in range(1, width):
        far = "1 place" if k == 1 else f"{k} places"
        for places, side in ((k, "right"), (-k, "left")):
            text = f"The numbers are right, but {far} too far to the {side}."
            for result in (moved(wanted, places, width), wanted.roll(places, 1)):
                yield Fault("shifted", text), result
    for x, y in ((a, v), (v, a)):
        result = torch.zeros_like(wanted)
        for j in range(y.shape[1]):
            result[:, j : j + x.shape[1]] = x * y[:, j : j + 1]
        text = (
            "Each step overwrites what earlier ones wrote. Do you write `=` where you "
            "mean `+=`?"
        )
        yield Fault("sums overwritten", text), result
    yield from _missing_steps(a, v)


def _missing_steps(a, v):
    """Yield (fault, result) for each way to leave out steps of a loop, or of both."""
    for steps, name, text in [
        (
            slice(-1),
            "the last step is missing",
            "Does your loop stop one step early? `range(n)` already stops before n.",
        ),
        (
            slice(1, None),
            "the first step is missing",
            "Does your loop start at 1? Places are counted from 0.",
        ),
        (slice(1), "only the first step", "Does the loop end after its first round?"),
    ]:
        x, y = _only(a, steps), _only(v, steps)
        for pair in ((a, y), (x, v), (x, y)):
            yield Fault(name, text), slow_loop(*pair)


def _only(rows, places):
    """Return `rows` with zeros everywhere but at `places`, a slice."""
    kept = torch.zeros_like(rows)
    kept[:, places] = rows[:, places]
    return kept


def _name_the_rows(got, wanted, a, v):
    """Look for the pair of rows behind each row of `got`."""
    for kernels, also in ((v, ""), (v.flip(1), " The kernels aren't flipped either.")):
        pairs = every_pair(a, kernels)
        found = [_pair_behind(row, pairs) for row in got]
        if all(found) and len(a) > 1:
            same = bool((v == v[0]).all())  # one kernel for all
            strange = (
                (i, p, q)
                for i, (p, q) in enumerate(found)
                if p != i or (q != i and not same)
            )
            i, p, q = next(strange, (0, *found[0]))
            text = f"Row {i} of your result belongs to signal {p} and kernel {q}."
            if same:
                text = f"Row {i} of your result belongs to signal {p}."
            elif found == [(i, q) for i in range(len(a))]:
                text = f"Every row is convolved with the kernel of row {q}."
            raise Fault("rows mixed up", text + also)
    right = [i for i in range(len(a)) if alike(got[i], wanted[i])]
    if len(right) == 1 and len(a) > 1:
        text = f"Row {right[0]} is right, but no other row is."
        raise Fault("right for one row only", text)


def _pair_behind(row, pairs):
    """Return (p, q) if `row` is pairs[p, q], else None."""
    near = torch.isclose(row, pairs, rtol=0, atol=1e-4).all(-1).nonzero()
    return tuple(near[0].tolist()) if len(near) else None

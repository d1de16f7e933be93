"""A result of another shape: name the mistake that makes it."""

from typing import NoReturn

import torch
from torch import Tensor

from ..proof import slow_loop
from .comparing import alike, every_pair, moved
from .fault import Fault


def name_the_shape(got: Tensor, wanted: Tensor, a: Tensor, v: Tensor) -> NoReturn:
    """Raise the `Fault` of `got`, whose shape isn't that of `wanted`.

    `a` and `v` are the batches (B, m) and (B, n), all in float64.
    """
    shapes = f"You return the shape {tuple(got.shape)}, not {tuple(wanted.shape)}."
    if got.shape[:-1] == wanted.shape[:-1]:
        _name_the_length(got, wanted, a, v, shapes)
    for fault, numbers in _other_shapes(got, wanted, a, v):
        if alike(got.flatten(), numbers.flatten()):
            fault.text = f"{shapes} {fault.text}"
            raise fault
    if got.ndim != wanted.ndim:
        axes = f"{got.ndim} ax{'i' if got.ndim == 1 else 'e'}s"
        shapes += f" That has {axes} instead of {wanted.ndim}."
    raise Fault("wrong shape", shapes)


def _other_shapes(got, wanted, a, v):
    """Yield (fault, numbers in the order of `got`) for each result of another shape."""
    if len(a) == 1 and got.ndim < wanted.ndim:
        text = (
            "A batch of one row is still a batch. `squeeze()` drops every axis of "
            "length 1, `squeeze(1)` only the one that you name."
        )
        yield Fault("the batch axis is lost", text), wanted
    if _fits_by_broadcasting(got, wanted):
        text = (
            "The numbers are right, and `torch.allclose` would say True, because it "
            "broadcasts axes of length 1. Code that uses your result may not."
        )
        yield Fault("it only broadcasts", text), got
    if len(a) > 1:
        text = "You convolve only the first row."
        yield Fault("right for one row only", text), wanted[0]
        text = (
            "All rows are added up. `conv1d` does that with channels, unless each is a "
            "group of its own."
        )
        yield Fault("rows mixed up", text), wanted.sum(0)
        if got.squeeze().ndim == 1:
            text = (
                "The numbers are right, but the rows are strung together along one "
                "axis. `reshape(len(a), -1)` turns them back into rows."
            )
            yield Fault("flattened", text), wanted
        if got.shape == wanted.T.shape:
            text = "The numbers are right, but rows and columns have changed places."
            yield Fault("transposed", text), wanted.T
    text = "The numbers are right, with one axis of length 1 too many."
    yield Fault("wrong shape", text), wanted
    pairs = every_pair(a[:4], v[:4])
    text = "You convolve every signal with every kernel."
    for mixed in (pairs, pairs.transpose(0, 1)):
        yield Fault("rows mixed up", text), mixed
    products = a.sum(1, keepdim=True) * v
    if got.ndim == 2 and got.shape[1] >= v.shape[1]:
        text = (
            "All rows of the outer product are added up where they stand. Each should "
            "first move one place further to the right than the one before."
        )
        yield Fault("nothing is shifted", text), moved(products, 0, got.shape[1])


def _name_the_length(got, wanted, a, v, shapes):
    """Find `got` in `wanted`, or the other way round; or in the cross-correlation."""
    each = "Each row" if wanted.ndim == 2 else "It"
    got, wanted = got.reshape(len(a), -1), wanted.reshape(len(a), -1)
    width, full = got.shape[1], wanted.shape[1]
    spare = abs(width - full)
    for reference, also in (
        (wanted, ""),
        (slow_loop(a, v.flip(1)), " The kernel isn't flipped either."),
    ):
        for k in range(spare + 1):
            if width < full and alike(got, reference[:, k : k + width]):
                ends = _at_both_ends(k, spare - k, "number")
                raise Fault("too short", f"{shapes} {each} is missing {ends}.{also}")
            if width > full and alike(got, moved(reference, k, width)):
                ends = _at_both_ends(k, spare - k, "extra zero")
                text = (
                    f"{shapes} {each} has {ends}. A full convolution has m + n - 1 "
                    f"numbers.{also}"
                )
                raise Fault("too long", text)
    if width < full <= 2 * width:
        wrapped = wanted[:, :width].clone()
        wrapped[:, : full - width] += wanted[:, width:]
        if alike(got, wrapped):
            text = (
                f"{shapes} What should follow after the end is added at the start. "
                "Make room for m + n - 1 numbers before you transform."
            )
            raise Fault("a circular convolution", text)


def _at_both_ends(first, last, what):
    """Tell how many: "1 zero at the start and 2 zeros at the end", or one of them."""
    ends = [(first, "at the start"), (last, "at the end")]
    return " and ".join(f"{k} {what}{'s' * (k > 1)} {end}" for k, end in ends if k)


def _fits_by_broadcasting(got, wanted):
    try:
        return torch.allclose(got, wanted, atol=1e-4)
    except RuntimeError:
        return False

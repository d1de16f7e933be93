"""Race functions that give the same, a reader's own among them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..measure.counting import count_bytes, count_calls
from ..measure.timing import least, time_together
from ..measure.verdicts import format_time, speed_up
from ..show.tables import table
from .checks.readers_code import attempt, is_a_stub
from .proof import TOLERANCE


def race(functions: Sequence[Callable] | Mapping[str, Callable], *args: Any) -> table:
    """Return a table of what each function does and takes for `args`.

    `functions` is a list, or a dict of name -> function. The first one is what the
    others are measured against: their results must have its shape, but for axes of
    length 1, and its numbers, as exactly as the less exact dtype of the two allows.
    Counted are calls into torch and bytes allocated; times are those of
    `time_together`, the speed-ups those of `speed_up`. A function that isn't written
    yet, fails, is wrong or changes its arguments isn't raced: its row says so.

    Raises ValueError for no functions, two of one name, or a first one that isn't
    written yet; TypeError if one can't be called, or if the first returns no tensor.
    """
    named = _named(functions)
    first, *others = named
    if attempt(is_a_stub, named[first])[0]:
        raise ValueError(f"{first} isn't written yet: the others are compared with it")
    wanted = named[first](*_copies(args))
    if not isinstance(wanted, Tensor):
        raise TypeError(f"{first} must return a tensor, not {type(wanted).__name__}")
    out = {name: _out_of_the_race(named[name], args, wanted) for name in others}
    calls = {n: partial(f, *args) for n, f in named.items() if not out.get(n)}
    measured = time_together(calls, budget=1)
    rows = []
    for name, function in named.items():
        if name not in measured:
            rows.append((name, "", "", "", "", out[name]))
            continue
        m = measured[name]
        counts = count_calls(function, *args).total(), count_bytes(function, *args)
        faster = "1×" if name == first else speed_up(measured[first], m)
        rows.append((name, *counts, *map(format_time, (least(m), m.median)), faster))
    times = "least (to compare)", "median (typical)"
    gain = f"speed-up over {first}"
    return table(rows, ["", "calls", "bytes", *times, gain])


def _named(functions):
    """Return `functions` as a dict of name -> function, or say what is amiss."""
    if not isinstance(functions, Mapping):
        names = [getattr(f, "__name__", repr(f)) for f in functions]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two functions are called {name}: pass a dict")
        functions = dict(zip(names, functions, strict=True))
    if not functions:
        raise ValueError("no functions to race")
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(f"{name} is no function, but {type(function).__name__}")
    return functions


def _out_of_the_race(function, args, wanted):
    """Return why `function` isn't raced, or None."""
    if attempt(is_a_stub, function)[0]:
        return "not written yet"
    given = _copies(args)
    result, error = attempt(function, *given)
    if error:
        return f"{type(error).__name__}, so not raced"
    if not _agrees(result, wanted):
        return "wrong, so not raced"
    if not all(map(_is_unchanged, args, given)):
        return "changes its arguments, so not raced"
    return None


def _copies(args):
    return [x.detach().clone() if isinstance(x, Tensor) else x for x in args]


def _is_unchanged(before, after):
    return not isinstance(before, Tensor) or torch.equal(before, after)


def _agrees(result, wanted):
    if not isinstance(result, Tensor):
        return False
    result, wanted = result.squeeze(), wanted.squeeze()
    if result.shape != wanted.shape:
        return False
    share = max(TOLERANCE.get(x.dtype, 0) for x in (result, wanted))
    allowed = share * max(1, wanted.abs().max().item())
    return torch.allclose(result.double(), wanted.double(), rtol=0, atol=allowed)

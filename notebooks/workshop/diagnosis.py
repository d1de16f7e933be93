"""Say by name what is wrong with the result of a convolution."""

import torch

from .proof import slow_loop


class Fault(Exception):
    """What is wrong with an answer: the mistake's `name`, and a `text` that explains.

    `picture` is a figure's <img>, if one helps.
    """

    def __init__(self, name, text, picture=""):
        super().__init__(f"{name}: {text}")
        self.name, self.text, self.picture = name, text, picture


def compare(got, a, v):
    """Raise the `Fault` of `got` as the full convolution of `a` and `v`, if it has one.

    `a` and `v` are of shapes (B, m) and (B, n), or (B, m) and (n,), or (m,) and (n,);
    B = 3 or so, and random numbers, so that no other result fits by chance.
    """
    if not isinstance(got, torch.Tensor):
        raise Fault("wrong type", f"You return {_an(got)} Wanted is a tensor.")
    if got.layout != torch.strided or got.device != a.device:
        text = f"You return a {got.layout} tensor on {got.device}. Wanted is a dense "
        raise Fault("wrong type", text + f"one on {a.device}.")
    if got.dtype != a.dtype:
        text = f"You return {got.dtype} for {a.dtype}. The result has the dtype of the "
        text += "inputs: `a.new_zeros(…)` takes it along, `torch.zeros(…)` doesn't."
        raise Fault("wrong dtype", text)
    wanted = convolve_rows(a, v).reshape(*a.shape[:-1], -1)
    rows, kernels = _as_rows(a, v)
    if got.shape != wanted.shape:
        _name_the_shape(_as_double(got), wanted, rows, kernels)
    if not _same(got, wanted):
        _name_the_numbers(_as_double(got), wanted, rows, kernels)


def convolve_rows(a, v):
    """Return the full convolutions (B, m + n - 1) that the slow loop computes."""
    return slow_loop(*_as_rows(a, v))


def _as_rows(a, v):
    """Return `a` and `v` as batches in float64."""
    a, v = torch.atleast_2d(a).double(), torch.atleast_2d(v).double()
    return a, v.expand(len(a), -1)


def _an(thing):
    if thing is None:
        return "None: is the `return` missing?"
    return f"a `{type(thing).__module__}.{type(thing).__name__}`."


def _as_double(got):
    return got.detach().to("cpu", torch.float64)


def _same(x, y):
    """Tell whether all numbers of two tensors agree, and their shapes."""
    if x.shape != y.shape:
        return False
    tolerance = 1e-9 if x.dtype == torch.float64 else 1e-4
    near = torch.isclose(_as_double(x), y, rtol=0, atol=tolerance, equal_nan=True)
    return bool(near.all())


def _alike(x, y):
    return _same(x.float(), y)  # a mistake is the same mistake in float32


# ---- another shape ---------------------------------------------------------------


def _name_the_shape(got, wanted, a, v):
    shapes = f"You return the shape {tuple(got.shape)}, not {tuple(wanted.shape)}."
    rows = wanted.reshape(len(a), -1)
    if got.shape[:-1] == wanted.shape[:-1]:
        _name_the_padding(got.reshape(len(a), -1), rows, a, v, shapes)
    if _fits_by_broadcasting(got, wanted):
        text = f"{shapes} The numbers are right, and `torch.allclose` says True, since "
        text += "it stretches axes of length 1. Whoever uses your result won't."
        raise Fault("it only broadcasts", text)
    if got.numel() == rows[0].numel() and len(a) > 1:
        if _alike(got.flatten(), rows[0]):
            text = f"{shapes} Only the first row is convolved."
            raise Fault("right for one row only", text)
        if _alike(got.flatten(), rows.sum(0)):
            text = f"{shapes} All rows are added up: as channels they need groups."
            raise Fault("rows mixed up", text)
    if got.numel() == rows.numel() and _alike(got.reshape(rows.shape), rows):
        text = f"{shapes} The numbers are right: an axis of length 1 is too many."
        raise Fault("wrong shape", text)
    every_pair = _every_pair(a[:4], v[:4])
    for pairs in (every_pair, every_pair.transpose(0, 1)):
        if _alike(got.reshape(-1), pairs.reshape(-1)):
            text = f"{shapes} Every signal met every kernel."
            raise Fault("rows mixed up", text)
    raise Fault("wrong shape", shapes)


def _name_the_padding(got, wanted, a, v, shapes):
    """Find `got` in `wanted`, or the other way round; or in the cross-correlation."""
    width, full = got.shape[1], wanted.shape[1]
    for reference, also in (
        (wanted, ""),
        (slow_loop(a, v.flip(1)), " And the kernel isn't flipped."),
    ):
        for k in range(abs(width - full) + 1):
            rest = abs(width - full) - k
            if width < full and _alike(got, reference[:, k : k + width]):
                text = f"{shapes} Each row lacks {k} numbers in front, {rest} behind: "
                text += f"the kernel needs n - 1 zeros on both sides.{also}"
                raise Fault("the wrong padding: too short", text)
            if width > full and _alike(got, _moved(reference, k, width)):
                text = f"{shapes} Each row has {k} zeros too many in front and {rest} "
                text += f"behind: a full convolution has m + n - 1 numbers.{also}"
                raise Fault("the wrong padding: too long", text)
    if width < full:
        wrapped = wanted[:, :width].clone()
        wrapped[:, : full - width] += wanted[:, width : 2 * width]
        if full <= 2 * width and _alike(got, wrapped):
            text = f"{shapes} What belongs behind the end is added at the front: this "
            text += "is a circular convolution. Make room before you transform."
            raise Fault("the wrong padding: too short", text)


def _moved(rows, k, width):
    """Return `rows` with `k` zeros in front, cut or filled with zeros to `width`."""
    if k < 0:
        rows, k = rows[:, -k:], 0
    return torch.nn.functional.pad(rows, (k, width - k - rows.shape[1]))


def _fits_by_broadcasting(got, wanted):
    try:
        return torch.allclose(got, wanted, atol=1e-4)
    except RuntimeError:
        return False


# ---- the right shape, other numbers ----------------------------------------------


def _name_the_numbers(got, wanted, a, v):
    shape = got.shape
    got, wanted = got.reshape(len(a), -1), wanted.reshape(len(a), -1)
    if _alike(got, wanted):
        text = "The numbers agree to the precision of float32 only, though their dtype "
        text += "is float64. Something on the way rounds."
        raise Fault("wrong dtype", text)
    for name, text, result in _mistakes(a, v, wanted):
        if _alike(got, result):
            raise Fault(name, text)
    if len(a) <= 40:
        _name_the_rows(got, wanted, a, v)
    wrong = ~torch.isclose(got, wanted, rtol=0, atol=1e-4)
    i, k = wrong.nonzero()[0].tolist()
    where = f"[{i}, {k}]" if len(shape) == 2 else f"[{k}]"
    text = f"{int(wrong.sum())} of {wrong.numel()} numbers differ. The first is "
    text += f"`result{where}`: {got[i, k]:.4g}, and wanted is {wanted[i, k]:.4g}."
    raise Fault("wrong numbers", text)


def _mistakes(a, v, wanted):
    """Yield (name, text, result) for each mistake that people make on whole batches."""
    name = "a cross-correlation"
    text = "The kernel runs in the wrong direction. `conv1d` needs a flip of it, along "
    text += "the last axis; `conv_transpose1d` and shifted multiples need none."
    yield name, text, slow_loop(a, v.flip(1)).reshape_as(wanted)
    text = (
        "The signal runs in the wrong direction, as if flipped instead of the kernel."
    )
    yield name, text, slow_loop(a.flip(1), v).reshape_as(wanted)
    text = "Each row comes out in reverse order: a flip too many, or two."
    yield name, text, wanted.flip(1)
    text = "`flip(0)` exchanges the rows. The numbers of a kernel lie along the last "
    text += "axis: `flip(-1)`."
    yield "rows mixed up", text, slow_loop(a, v.flip(0, 1)).reshape_as(wanted)
    width = wanted.shape[1]
    for k in range(1, width):
        for places, side in ((k, "right"), (-k, "left")):
            text = f"The right numbers stand {k} place{'s' * (k > 1)} too far to the "
            text += f"{side}."
            for moved in (_moved(wanted, places, width), wanted.roll(places, 1)):
                yield "the wrong padding: shifted", text, moved
    for x, y in ((a, v), (v, a)):
        result = torch.zeros_like(wanted)
        for j in range(y.shape[1]):
            result[:, j : j + x.shape[1]] = x * y[:, j : j + 1]
        text = "Later steps overwrite what earlier ones wrote: `=` instead of `+=`?"
        yield "sums overwritten", text, result


def _name_the_rows(got, wanted, a, v):
    """Look for the pair of rows behind each row of `got`."""
    for kernels, also in ((v, ""), (v.flip(1), " And the kernels aren't flipped.")):
        pairs = _every_pair(a, kernels)
        found = [_pair_behind(row, pairs) for row in got]
        if all(found) and len(a) > 1:
            same = bool((v == v[0]).all())  # one kernel for all
            strange = (
                (i, p, q)
                for i, (p, q) in enumerate(found)
                if p != i or (q != i and not same)
            )
            i, p, q = next(strange, (0, *found[0]))
            text = f"Row {i} of the result is that of signal {p} and kernel {q}."
            if same:
                text = f"Row {i} of the result is that of signal {p}."
            elif found == [(i, q) for i in range(len(a))]:
                text = f"Every row meets the kernel of row {q}."
            raise Fault("rows mixed up", text + also)
    right = [i for i in range(len(a)) if _alike(got[i], wanted[i])]
    if len(right) == 1 and len(a) > 1:
        text = f"Row {right[0]} is right, and no other."
        raise Fault("right for one row only", text)


def _every_pair(a, v):
    """Return the convolutions (B, B, m + n - 1) of all signals and kernels."""
    B = len(a)
    return slow_loop(a.repeat_interleave(B, 0), v.repeat(B, 1)).unflatten(0, (B, B))


def _pair_behind(row, pairs):
    """Return (p, q) if `row` is pairs[p, q], else None."""
    near = torch.isclose(row, pairs, rtol=0, atol=1e-4).all(-1).nonzero()
    return tuple(near[0].tolist()) if len(near) else None

"""Say by name what is wrong with the result of a convolution."""

import re

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
    B = 4 or so, and random numbers, so that no other result fits by chance.
    """
    if not isinstance(got, torch.Tensor):
        raise Fault("wrong type", f"You return {_an(got)} Wanted is a tensor.")
    if got.layout != torch.strided or got.device != a.device:
        raise Fault(
            "wrong type",
            f"You return a {got.layout} tensor on {got.device}. Wanted is a dense one "
            f"on {a.device}.",
        )
    if got.dtype != a.dtype:
        raise Fault(
            "wrong dtype",
            f"You return {got.dtype} for {a.dtype}. The result has the dtype of the "
            "inputs: `a.new_zeros(…)` takes it along, `torch.zeros(…)` doesn't.",
        )
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
    if got.shape[:-1] == wanted.shape[:-1]:
        _name_the_length(got, wanted, a, v, shapes)
    for fault, numbers in _other_shapes(got, wanted, a, v):
        if _alike(got.flatten(), numbers.flatten()):
            fault.text = f"{shapes} {fault.text}"
            raise fault
    if got.ndim != wanted.ndim:
        shapes += f" Axes: {got.ndim} instead of {wanted.ndim}."
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
            "The numbers are right, and `torch.allclose` says True, because it "
            "stretches axes of length 1. Whoever uses your result won't."
        )
        yield Fault("it only broadcasts", text), got
    if len(a) > 1:
        text = "Only the first row is convolved."
        yield Fault("right for one row only", text), wanted[0]
        text = "All rows are added up: as channels they need groups."
        yield Fault("rows mixed up", text), wanted.sum(0)
        if got.squeeze().ndim == 1:
            text = (
                "The numbers are right, but all rows lie on one axis, one behind the "
                "other. `reshape(len(a), -1)` makes rows of them again."
            )
            yield Fault("flattened", text), wanted
        if got.shape == wanted.T.shape:
            text = "The numbers are right, but rows and columns are exchanged."
            yield Fault("transposed", text), wanted.T
    text = "The numbers are right: an axis of length 1 is too many."
    yield Fault("wrong shape", text), wanted
    every_pair = _every_pair(a[:4], v[:4])
    for pairs in (every_pair, every_pair.transpose(0, 1)):
        yield Fault("rows mixed up", "Every signal met every kernel."), pairs


def _name_the_length(got, wanted, a, v, shapes):
    """Find `got` in `wanted`, or the other way round; or in the cross-correlation."""
    each = "Each row" if wanted.ndim == 2 else "It"
    got, wanted = got.reshape(len(a), -1), wanted.reshape(len(a), -1)
    width, full = got.shape[1], wanted.shape[1]
    spare = abs(width - full)
    for reference, also in (
        (wanted, ""),
        (slow_loop(a, v.flip(1)), " And the kernel isn't flipped."),
    ):
        for k in range(spare + 1):
            if width < full and _alike(got, reference[:, k : k + width]):
                ends = _at_both_ends(k, spare - k, "number", "numbers")
                raise Fault("too short", f"{shapes} {each} lacks {ends}.{also}")
            if width > full and _alike(got, _moved(reference, k, width)):
                ends = _at_both_ends(k, spare - k, "zero too many", "zeros too many")
                text = (
                    f"{shapes} {each} has {ends}. A full convolution has m + n - 1 "
                    f"numbers.{also}"
                )
                raise Fault("too long", text)
    if width < full <= 2 * width:
        wrapped = wanted[:, :width].clone()
        wrapped[:, : full - width] += wanted[:, width:]
        if _alike(got, wrapped):
            text = (
                f"{shapes} What belongs behind the end is added at the front. Make "
                "room for m + n - 1 numbers before you transform."
            )
            raise Fault("a circular convolution", text)


def _at_both_ends(front, behind, one, many):
    """Tell how many: "1 zero in front and 2 zeros behind", or one of them alone."""
    ends = [(front, "in front"), (behind, "behind")]
    return " and ".join(f"{k} {one if k == 1 else many} {end}" for k, end in ends if k)


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
        text = (
            "The numbers agree to the precision of float32 only, though their dtype is "
            "float64. Something on the way rounds."
        )
        raise Fault("wrong dtype", text)
    for fault, result in _mistakes(a, v, wanted):
        if _alike(got, result):
            raise fault
    if len(a) <= 40:
        _name_the_rows(got, wanted, a, v)
    wrong = ~torch.isclose(got, wanted, rtol=0, atol=1e-4)
    i, k = wrong.nonzero()[0].tolist()
    where = f"[{i}, {k}]" if len(shape) == 2 else f"[{k}]"
    text = (
        f"{int(wrong.sum())} of {wrong.numel()} numbers differ. The first is "
        f"`result{where}`: {got[i, k]:.4g}, and wanted is {wanted[i, k]:.4g}."
    )
    raise Fault("wrong numbers", text)


def _mistakes(a, v, wanted):
    """Yield (fault, result) for each mistake that people make on whole batches."""
    name = "a cross-correlation"
    text = (
        "The kernel runs in the wrong direction. `conv1d` needs a flip of it, along "
        "the last axis; `conv_transpose1d` and shifted multiples need none."
    )
    yield Fault(name, text), slow_loop(a, v.flip(1))
    text = (
        "The signal runs in the wrong direction, as if flipped instead of the kernel."
    )
    yield Fault(name, text), slow_loop(a.flip(1), v)
    text = (
        "The numbers are right, but each row runs backwards. If anything is flipped, "
        "then the kernel, and neither the result nor the signal as well."
    )
    yield Fault("the result in reverse order", text), wanted.flip(1)
    text = (
        "`flip(0)` exchanges the rows. The numbers of a kernel lie along the last "
        "axis: `flip(-1)`."
    )
    yield Fault("rows mixed up", text), slow_loop(a, v.flip(0, 1))
    width = wanted.shape[1]
    for k in range(1, width):
        for places, side in ((k, "right"), (-k, "left")):
            text = f"The right numbers stand {k} place{'s' * (k > 1)} too far to the "
            for moved in (_moved(wanted, places, width), wanted.roll(places, 1)):
                yield Fault("shifted", f"{text}{side}."), moved
    for x, y in ((a, v), (v, a)):
        result = torch.zeros_like(wanted)
        for j in range(y.shape[1]):
            result[:, j : j + x.shape[1]] = x * y[:, j : j + 1]
        text = "Later steps overwrite what earlier ones wrote: `=` instead of `+=`?"
        yield Fault("sums overwritten", text), result
    yield from _missing_steps(a, v)


def _missing_steps(a, v):
    """Yield (fault, result) for each way to leave out steps of a loop, or of both."""
    for steps, name, text in [
        (
            slice(-1),
            "the last step is missing",
            "Does your loop end one too early? `range(n)` ends before n by itself.",
        ),
        (slice(1, None), "the first step is missing", "Does your loop begin at 1?"),
        (slice(1), "only the first step", "Does `return` stand inside a loop?"),
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
        raise Fault("right for one row only", f"Row {right[0]} is right, and no other.")


def _every_pair(a, v):
    """Return the convolutions (B, B, m + n - 1) of all signals and kernels."""
    B = len(a)
    return slow_loop(a.repeat_interleave(B, 0), v.repeat(B, 1)).unflatten(0, (B, B))


def _pair_behind(row, pairs):
    """Return (p, q) if `row` is pairs[p, q], else None."""
    near = torch.isclose(row, pairs, rtol=0, atol=1e-4).all(-1).nonzero()
    return tuple(near[0].tolist()) if len(near) else None


# ---- an error of torch -----------------------------------------------------------

ERRORS = {  # how torch puts it: what it means here
    r"weight should have at least three dimensions": (
        "That is the kernel: it needs three axes, (channels out, channels in / groups, "
        "width). `unsqueeze` or `view` adds those that are missing."
    ),
    r"Expected 2D \(unbatched\) or 3D \(batched\) input": (
        "The signals need three axes, (samples, channels, length). `unsqueeze` or "
        "`view` adds those that are missing."
    ),
    r"expected input\[(\d+, (\d+), \d+)\] to have (\d+) channel": (
        "`conv1d` took your signals as (samples, channels, length) = ({0}): {1} in the "
        "middle, where kernels and groups ask for {2}. With one kernel for all, rows "
        "are samples, `a.unsqueeze(1)`. With a kernel for each, they are channels, "
        "`a.unsqueeze(0)`, and each is a group: `groups=len(a)`."
    ),
    r"Given groups=(\d+), expected weight to be .* weight of size \[+(\d+)": (
        "`groups` says {0}, and the first axis of the kernels {1}. Each row is a group "
        "with a kernel of its own: `groups=len(a)`, and kernels of shape (B, 1, n)."
    ),
    r"batch2 must be a 3D tensor|first two dimensions of batch2": (
        "`bmm` multiplies (B, places, n) by (B, n, 1): in each row the kernel stands "
        "as a column, and is as long as a window."
    ),
    r"Dimension out of range .* \[-\d+, (\d+)\], but got (-?\d+)": (
        "Axes are counted from 0. The last one here is {0}, or -1: there is no {1}."
    ),
    r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)": (
        "This a and this b aren't yours: torch means the left and the right side of "
        "that operation, {0} and {1} numbers long."
    ),
    r"expanded size of the tensor \((\d+)\) must match .* size \((\d+)\)": (
        "The place that you write to takes {0} numbers, and you give it {1}."
    ),
}


def explain(message):
    """Return what torch's error `message` means in a convolution; "" if unknown."""
    for pattern, meaning in ERRORS.items():
        found = re.search(pattern, message)
        if found:
            return meaning.format(*found.groups())
    return ""

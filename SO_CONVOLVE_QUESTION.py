"""Convolve many pairs of small vectors: a Stack Overflow question, and its answers.

Copy this file into a project: `convolve_shift_add`, or for many shapes `convolve_fast`.

The question ("Speeding up 1d convolution in PyTorch", Stack Overflow, CC BY-SA 4.0;
also discuss.pytorch.org/t/147970) is quoted first, between two marked lines, faults
kept:

- `convolve` returns float32 on the CPU whatever it is given, since `torch.zeros` takes
  the default dtype and device: float64 loses half its digits, complex numbers raise, and
  other devices fail or give nonsense.
- `convolve` ends in `squeeze`: a batch of one loses its batch axis, and so does a
  result of one column.
- Neither checks anything: a kernel batch of the wrong size gives torch's own error, and
  a whole batch where one vector belongs is silently flattened into one long vector.
- `conv1d` takes one pair only, and returns a number's shape `()` for 1 x 1.
- `x` and `y` are random and made on import: seed torch first, or meet new ones each
  time.

(These lines stand here because a docstring inside `convolve` would fill its profile.)

The answers follow, one idea each, all with one contract (`convolve_fast` takes more):

- `a` holds the signals, of shape (m,) or (B, m); `v` the kernels, of shape (n,) or
  (B, n); any lengths and B >= 1. `convolve_one_kernel` takes one kernel (n,) for all
  signals.
- Both are float32 or both float64, on one device, contiguous or not.
- The result is the full convolution, as `numpy.convolve` defines it for each row:
  `out[k] = sum of a[i] * v[k - i]`, of shape (m + n - 1,) or (B, m + n - 1), with the
  dtype and device of the inputs. A batch of one stays a batch. Autograd works. Inputs
  are not changed.
- Numbers are finite. An infinity or a NaN in `v` spreads further than it should where
  padding multiplies it by zero: `convolve_windows`, `convolve_one_kernel`,
  `convolve_grouped`, `convolve_vmap`. In `convolve_fft` one in either input fills the
  whole row, and small numbers are rounded relative to the row's largest.
- `torch.autocast("cpu")` makes these compute in bfloat16 and return it for float32:
  `convolve_windows`, `convolve_one_kernel`, `convolve_grouped`, `convolve_transposed`.
- TypeError: not tensors, not dense (sparse, nested), or other dtypes. ValueError: other
  shapes, empty ones, two devices.
"""

from typing import Literal

import torch
from torch import Tensor


# ---- quoted from the question, CC BY-SA 4.0 ------------------------------------
# fmt: off
def conv1d(a, v):
    padding = v.shape[-1] - 1
    return torch.conv1d(
        input=a.view(1, 1, -1), weight=v.flip(0).view(1, 1, -1), padding=padding, stride=1
    ).squeeze()


def convolve(a, v):
    if a.ndim == 1:
        a = a.view(1, -1)
        v = v.view(1, -1)

    nrows, vcols = v.shape
    acols = a.shape[1]

    expanded = a.view((nrows, acols, 1)) * v.view((nrows, 1, vcols))
    noutdim = vcols + acols - 1
    out = torch.zeros((nrows, noutdim))
    for i in range(acols):
        for j in range(vcols):
            out[:, i+j] += expanded[:, i, j]
    return out.squeeze()


x = torch.randn(5)
y = torch.randn(7)
# fmt: on
# ---- end of the quotation; what follows is MIT-licensed ------------------------


FLOATS = (torch.float32, torch.float64)


def _check_tensors(a, v, dtypes, wanted):
    """Refuse what is no dense tensor, two dtypes, others than `dtypes`, two devices."""
    if not (isinstance(a, torch.Tensor) and isinstance(v, torch.Tensor)):
        kinds = f"{type(a).__name__} and {type(v).__name__}"
        raise TypeError(f"a and v must be torch tensors, not {kinds}")
    strided = a.layout == v.layout == torch.strided
    if not strided or a.is_nested or v.is_nested:  # which may call itself strided
        kinds = ["nested" if t.is_nested else t.layout for t in (a, v)]
        raise TypeError(f"a and v must be dense, not {kinds[0]} and {kinds[1]}")
    if a.dtype != v.dtype or a.dtype not in dtypes:
        raise TypeError(f"a and v must {wanted}, not {a.dtype} and {v.dtype}")
    if a.device != v.device:
        devices = f"{a.device} and {v.device}"
        raise ValueError(f"a and v must be on one device, not {devices}")


def _as_batch(a, v, one_kernel=False):
    """Check the contract; return `a` (B, m), `v` (B, n) and the shape of the result."""
    _check_tensors(a, v, FLOATS, "both be float32 or both float64")
    rows = () if one_kernel else a.shape[:-1]
    fit = a.ndim in (1, 2) and v.ndim > 0 and v.shape[:-1] == rows
    if not fit or 0 in a.shape + v.shape:
        pairs = "(m,) and (n,), or (B, m) and (B, n)"
        wanted = "(m,) or (B, m), and (n,)" if one_kernel else pairs
        shapes = f"{tuple(a.shape)} and {tuple(v.shape)}"
        raise ValueError(f"a and v must be {wanted}, none of them empty, not {shapes}")
    shape = (*a.shape[:-1], a.shape[-1] + v.shape[-1] - 1)
    return torch.atleast_2d(a), torch.atleast_2d(v), shape


def convolve_shift_add(a, v):
    """Add one shifted multiple of the longer vector for each number of the shorter.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: long multiplication.
    """
    a, v, shape = _as_batch(a, v)
    if a.shape[1] < v.shape[1]:
        a, v = v, a  # convolution commutes: loop over the shorter one
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m].addcmul_(a, v[:, j : j + 1])
    return out.reshape(shape)


def convolve_antidiagonals(a, v):
    """Sum the antidiagonals of the outer product, made columns by reshaping.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: the skewing of relative
    positions in Huang et al., Music Transformer (2018), arXiv:1809.04281.
    """
    a, v, shape = _as_batch(a, v)
    m, n = a.shape[1], v.shape[1]
    outer = a.unsqueeze(2) * v.unsqueeze(1)
    padded = torch.nn.functional.pad(outer, (0, m))  # rows of m + n numbers ...
    # ... read as rows one shorter:
    skewed = padded.flatten(1)[:, :-m].unflatten(1, (m, m + n - 1))
    return skewed.sum(1).reshape(shape)


def convolve_windows(a, v):
    """Multiply every window of the padded signal, a view of it, by the flipped kernel.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: numpy's `sliding_window_view`.
    """
    a, v, shape = _as_batch(a, v)
    n = v.shape[1]
    padded = torch.nn.functional.pad(a, (n - 1, n - 1))
    windows = padded.unfold(1, n, 1)  # (B, m + n - 1, n)
    return torch.bmm(windows, v.flip(1).unsqueeze(2)).reshape(shape)


def convolve_one_kernel(a, v):
    """Convolve every signal with one kernel: the signals are conv1d's batch.

    Shapes (B, m), (n,) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: the question's first answer,
    with the kernel flipped and the padding taken from the kernel's length.
    """
    a, v, shape = _as_batch(a, v, one_kernel=True)
    signals, kernel = a.unsqueeze(1), v.flip(1).unsqueeze(1)
    out = torch.conv1d(signals, kernel, padding=v.shape[1] - 1)
    return out.reshape(shape)


def convolve_grouped(a, v):
    """Make every row a channel and a group: each meets its own kernel.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: the question's accepted
    answer, and before it discuss.pytorch.org/t/128432.
    """
    a, v, shape = _as_batch(a, v)
    channels, kernels = a.unsqueeze(0), v.flip(1).unsqueeze(1)
    out = torch.conv1d(channels, kernels, padding=v.shape[1] - 1, groups=len(a))
    return out.reshape(shape)


def convolve_transposed(a, v):
    """Spread every number over the kernel: the transposed convolution is the full one.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: Dumoulin and Visin, A guide to
    convolution arithmetic for deep learning (2016), arXiv:1603.07285, chapter 4.
    """
    a, v, shape = _as_batch(a, v)
    channels, kernels = a.unsqueeze(0), v.unsqueeze(1)
    out = torch.conv_transpose1d(channels, kernels, groups=len(a))
    return out.reshape(shape)


def convolve_vmap(a, v):
    """Let `torch.func.vmap` batch the question's own single-pair function.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: `torch.func`'s documentation.
    """
    a, v, shape = _as_batch(a, v)
    return torch.func.vmap(conv1d)(a, v).reshape(shape)


def convolve_fft(a, v):
    """Multiply the spectra: the convolution theorem.

    Shapes (B, m), (B, n) -> (B, m + n - 1), or without B; float32 or float64.
    Raises TypeError, ValueError: see the module. Source: Stockham, High-speed
    convolution and correlation (1966), doi:10.1145/1464182.1464209.
    """
    a, v, shape = _as_batch(a, v)
    spectrum = torch.fft.rfft(a, shape[-1]) * torch.fft.rfft(v, shape[-1])
    return torch.fft.irfft(spectrum, shape[-1]).reshape(shape)


HALVES = (torch.float16, torch.bfloat16)
INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
DTYPES = {*HALVES, *FLOATS, torch.complex64, torch.complex128, *INTEGERS}
PLAIN = {Tensor, torch.nn.Parameter}


def convolve_fast(
    a: Tensor, v: Tensor, mode: Literal["full", "same", "valid"] = "full"
) -> Tensor:
    """Convolve `a` and `v` along their last axis, with the method that suits their sizes.

    For each row, `full[k] = sum of a[i] * v[k - i]`, as in `numpy.convolve`. This is
    made for many small vectors on a CPU. For vectors of hundreds of numbers prefer
    `convolve_fft`, if you can live with its rounding.

    Args:
        a: the signals, a dense tensor of shape (..., m).
        v: the kernels, of shape (..., n), with the dtype and device of `a`. The leading
            dimensions broadcast: one kernel (n,) serves all rows. m and n are at least
            1; the number of rows may be 0.
        mode: which of the m + n - 1 numbers to return, as in
            `torchaudio.functional.convolve`: "full", all of them; "same", the m in the
            middle; "valid", the max(m, n) - min(m, n) + 1 that no edge cuts short.

    Returns:
        A tensor of shape (..., m + n - 1), (..., m) or (..., max - min + 1), with the
        dtype and device of the inputs, which are not changed. Extra memory is
        proportional to inputs and result, or at most about 1,000,000 products.

    dtypes: float16, bfloat16 (computed in float32 and rounded once), float32, float64,
    complex64, complex128, uint8 and int8 to int64 (exact, modulo 2**bits).

    Derivatives of any order, backward and forward, and `torch.func` with `torch.vmap`
    over either argument or both. A `DTensor` of two rows or more, in shards, stays in
    shards, and no process waits for another.

    `torch.export` and `torch.compile`, without graph breaks, for any number of rows.
    Compile time grows with the shorter vector (100 numbers take about five times as
    long as 32). Each new pair of lengths compiles again; after eight, torch stops
    compiling (`torch._dynamo.config.recompile_limit`).

    An infinity or a NaN affects exactly the results that it affects in
    `numpy.convolve`: no zero of a padding is multiplied, and no row affects another,
    whatever the number of rows. (Complex infinities affect the same results, but the
    values may differ.)

    Raises:
        TypeError: not tensors, not dense, two dtypes, or a dtype not named above.
        ValueError: no axis, an empty last axis, leading dimensions that do not
            broadcast, two devices, an unknown mode.

    Source: the methods are those of `convolve_antidiagonals`, `convolve_transposed` and
    `convolve_shift_add`. The bounds between them are fitted by the project's benchmark,
    `tests/tools/benchmark.py`, with torch 2.13.0 on one thread, x86-64, with AVX2 and
    with AVX-512.

    >>> convolve_fast(torch.tensor([1, 2, 3]), torch.tensor([1, 10]))
    tensor([ 1, 12, 23, 30])
    """
    rows = _check_any(a, v, mode)
    if a.dtype in HALVES:
        return convolve_fast(a.float(), v.float(), mode).to(a.dtype)
    # Convolution commutes, and every way walks over the shorter one.
    long, short = (a, v) if a.shape[-1] >= v.shape[-1] else (v, a)
    full = _convolve_full(long, short, rows)
    if mode == "full":
        return full
    spare = short.shape[-1] - 1
    length = a.shape[-1] if mode == "same" else long.shape[-1] - spare
    return full.narrow(-1, (full.shape[-1] - length) // 2, length)


def _convolve_full(long, short, rows):
    """Choose the way: the rule of `convolve_fast`."""
    # Tracing and sharding need plain operations, so nothing is written in place.
    plain = type(long) in PLAIN and type(short) in PLAIN
    if not plain or torch.compiler.is_compiling() or _is_transformed():
        return _add_padded(long, short)
    m, n, B = long.shape[-1], short.shape[-1], rows.numel()
    gradient = torch.is_grad_enabled() and (long.requires_grad or short.requires_grad)
    # One pair is one group, which takes the fewest calls. It unfolds m * n numbers, so
    # antidiagonals win between 4,000 and 400,000 of them, and shifts if m is large.
    if B == 1 and m <= 1024 and not 4000 < m * n < 400_000 and _has_plain_floats(long):
        return _transpose(long, short, rows)
    # One shift's calls cost about as much as 8,000 padded products; this way's calls as
    # 1.8 shifts. Beyond 1,000,000 products memory costs more than calls.
    if B * n * (m + n) <= 8000 * min(n - 1.8, 125):
        return _sum_antidiagonals(long, short)
    if gradient:
        return _Convolution.apply(long, short, rows)
    # With AVX-512 oneDNN holds a row in registers. That beats five shifts or more, once
    # there are so many rows that its preparations no longer count.
    if B >= 4000 and n > 4 and _has_plain_floats(long) and _has_fast_groups(long):
        return _transpose(long, short, rows)
    return _add_in_place(long, short, rows)


def _check_any(a, v, mode):
    """Check the contract of `convolve_fast`; return the shape of the rows."""
    _check_tensors(a, v, DTYPES, "have one dtype, of floats, complex or integers")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be 'full', 'same' or 'valid', not {mode!r}")
    if a.ndim and v.ndim and a.shape[-1] and v.shape[-1]:
        rows_of_a, rows_of_v = a.shape[:-1], v.shape[:-1]
        # The usual cases, without a call into torch:
        if rows_of_a == rows_of_v or not rows_of_v:
            return rows_of_a
        if not rows_of_a:
            return rows_of_v
        try:
            return torch.broadcast_shapes(rows_of_a, rows_of_v)
        except RuntimeError:
            pass  # told below
    shapes = f"{tuple(a.shape)} and {tuple(v.shape)}"
    wanted = "(..., m) and (..., n), m, n >= 1, with leading dimensions that broadcast"
    raise ValueError(f"a and v must be {wanted}, not {shapes}")


def _has_plain_floats(a):
    """Tell whether torch's convolutions on the CPU keep the contract for `a`."""
    # Autocast would round to bfloat16; complex numbers would take other products.
    return a.is_cpu and a.dtype in FLOATS and not torch.is_autocast_enabled("cpu")


def _has_fast_groups(a):
    """Tell whether a grouped convolution of `a` is oneDNN's with AVX-512.

    Without oneDNN it is a loop over rows; with AVX2 no faster than shifts.
    """
    if a.dtype != torch.float32 or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    return torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled


def _is_transformed():
    """Tell whether vmap or another of `torch.func` is at work: no public way exists.

    This is what `torch.autograd.Function` asks. `_functorch.peek_interpreter_stack` says
    the same, but never None while `torch.compile` traces, where this is a constant.
    """
    return torch._C._are_functorch_transforms_active()


def _sum_antidiagonals(long, short):
    """Sum the outer product's antidiagonals, which padding and rereading make columns.

    Multiplying first and padding then keeps infinities where they belong.
    """
    n = short.shape[-1]
    width = long.shape[-1] + n - 1
    outer = short.unsqueeze(-1) * long.unsqueeze(-2)
    padded = torch.nn.functional.pad(outer, (0, n))  # rows one longer than width ...
    skewed = padded.flatten(-2).unfold(-1, width, width)  # ... read as rows of width
    return skewed.sum(-2, dtype=long.dtype)  # or torch would widen integers


def _transpose(long, short, rows):
    """Spread every number over the kernel: a grouped transposed convolution."""
    m, n, B = long.shape[-1], short.shape[-1], rows.numel()
    channels = long.expand(*rows, m).reshape(1, B, m)
    kernels = short.expand(*rows, n).reshape(B, 1, n)
    # oneDNN prepares each new number of rows, for the price of many calls. So where B
    # isn't round, rows repeat up to a multiple of 2,048, and it meets few sizes.
    extra = -B % 2048 if 2048 < B < 32768 and B % 1000 and B % 1024 else 0
    if extra:
        channels = torch.cat([channels, channels[:, :extra]], 1)
        kernels = torch.cat([kernels, kernels[:extra]])
    out = torch.conv_transpose1d(channels, kernels, groups=B + extra)
    if extra:
        out = out.narrow(1, 0, B)
    return out.reshape(*rows, m + n - 1)


def _add_padded(long, short):
    """Add shifted multiples out of place."""
    n = short.shape[-1]
    weights = enumerate(short.split(1, -1))
    pad = torch.nn.functional.pad
    return sum(pad(long * weight, (j, n - 1 - j)) for j, weight in weights)


def _add_in_place(long, short, rows):
    """Add shifted multiples in place: the result is the only memory."""
    m, n = long.shape[-1], short.shape[-1]
    out = long.new_zeros(*rows, m + n - 1)
    windows = out.unfold(-1, m, 1).unbind(-2)  # views, all in two calls
    for window, weight in zip(windows, short.split(1, -1), strict=True):
        window.addcmul_(long, weight)
    return out


class _Convolution(torch.autograd.Function):
    """`convolve_fast` with gradients of its own: they are cross-correlations.

    out[k] holds a[i] * v[k - i], so the gradient of a[i] gathers grad[i + j] * v[j].
    Autograd would find the same, but copy the whole gradient once for each shift.
    """

    @staticmethod
    def forward(ctx, long, short, rows):
        of_long, of_short, _ = ctx.needs_input_grad
        ctx.save_for_backward(long if of_short else None, short if of_long else None)
        ctx.save_for_forward(long, short)
        ctx.shapes = long.shape, short.shape
        # `.data`, since torch lets no view of a larger tensor have a tangent from `jvp`.
        return _convolve_full(long, short, rows).data

    @staticmethod
    def backward(ctx, grad):
        long, short = ctx.saved_tensors
        of_long = None if short is None else _correlate(grad, short)
        of_short = None if long is None else _correlate(grad, long)
        return *map(_sum_to, (of_long, of_short), ctx.shapes), None

    @staticmethod
    def jvp(ctx, of_long, of_short, _):
        long, short = ctx.saved_tensors
        return convolve_fast(of_long, short) + convolve_fast(long, of_short)


def _sum_to(gradient, shape):
    """Undo the broadcasting of an input of `shape`."""
    return None if gradient is None else gradient.sum_to_size(shape)


def _correlate(grad, other):
    """Return out[i] = sum of grad[i + j] * other[j], conjugated if complex."""
    k = other.shape[-1]
    width, other = grad.shape[-1] - k + 1, other.conj()
    if k > 4 * width:  # a product and a sum for each out[i] ...
        windows = (grad.narrow(-1, i, k) for i in range(width))
        return torch.cat([(w * other).sum(-1, keepdim=True) for w in windows], -1)
    # ... or a shift for each other[j]
    weights = enumerate(other.split(1, -1))
    terms = ((grad.narrow(-1, j, width), weight) for j, weight in weights)
    if torch.is_grad_enabled() or _is_transformed():  # for derivatives of this one
        return sum(window * weight for window, weight in terms)
    out = grad.new_zeros(*grad.shape[:-1], width)
    for window, weight in terms:
        out.addcmul_(window, weight)
    return out

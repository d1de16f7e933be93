"""The checks of the exercises: wrong answers are refused by name, right ones pass."""

import re
from functools import partial
from types import FunctionType

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from line_profiler import LineProfiler
from torch.nn.functional import conv1d, pad
from torch.utils.benchmark import Measurement, TaskSpec

import SO_CONVOLVE_QUESTION as question
from workshop import (
    Point,
    check,
    check_choice,
    check_copies_at_least,
    check_fault,
    check_hits,
    check_number,
    check_profile,
    check_reports,
    check_rule,
    check_same,
    check_slower,
    check_test,
    check_unrolled,
    check_values,
    compare_guess,
    is_rule,
)
from workshop.lesson.checks import praise, same_as_slow, slower
from workshop.lesson.checks.feedback import FAILED, RIGHT, UNANSWERED

PAIR = {"before": question.convolve, "loops": 2, "pair": True}
SHIFTS = {"before": question.convolve, "loops": 1}
NO_LOOP = {"before": question.convolve_shift_add}
WINDOWS = {"before": question.convolve_antidiagonals, "copies": False}
ONE_KERNEL = {"before": question.convolve_windows, "one_kernel": True}
FEWEST = {"before": question.convolve_antidiagonals, "multiplications": 55}
FEW_CALLS = SHIFTS | {"calls": 17}
FEWEST_IN_A_LOOP = FEWEST | {"loops": 1}
ONE_PRODUCT = ONE_KERNEL | {"uses": "mm"}
CONTRACT = {"before": question.convolve_shift_add, "loops": 2, "contract": True}
RETURNS = "`return` inside the loop"
OVERLOOKED = "something is overlooked"
SHORTER = 3  # a size that lies about in the notebook


# ---- wrong answers --------------------------------------------------------------


def stub(a, v): ...  # your code


def stub_with_docstring(a, v):
    """Add shifted multiples."""


def forgets_to_return(a, v):
    out = a.new_zeros(len(a), a.shape[1] + v.shape[1] - 1)
    for j in range(v.shape[1]):
        out[:, j : j + a.shape[1]] += a * v[:, j : j + 1]


def misspelt(a, v):
    return a.unsqeeze(1)


def wants_one_argument(a):
    return a


def slices_too_far(a, v):
    out = a.new_zeros(len(a), a.shape[1] + v.shape[1] - 1)
    for j in range(v.shape[1]):
        out[:, j : j + v.shape[1]] += a * v[:, j : j + 1]
    return out


def overwrites_too_little(a, v):
    out = a.new_zeros(len(a), a.shape[1] + v.shape[1] - 1)
    out[:, : v.shape[1]] = a
    return out


def loses_the_column(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j]
    return out


def exits(a, v):
    raise SystemExit


def returns_a_list(a, v):
    return question.convolve_shift_add(a, v).tolist()


def returns_an_array(a, v):
    return question.convolve_shift_add(a, v).numpy()


def takes_the_default_dtype(a, v):
    m, n = a.shape[1], v.shape[1]
    out = torch.zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
    return out


def always_float64(a, v):
    return question.convolve_shift_add(a.double(), v.double())


def rounds_on_the_way(a, v):
    return question.convolve_shift_add(a.float(), v.float()).to(a.dtype)


def unflipped(a, v):
    groups = {"padding": v.shape[1] - 1, "groups": len(a)}
    return conv1d(a.unsqueeze(0), v.unsqueeze(1), **groups).squeeze(0)


def unflipped_one_kernel(a, v):
    return conv1d(a.unsqueeze(1), v.view(1, 1, -1), padding=len(v) - 1).squeeze(1)


def correlates_the_pair(a, v):
    return torch.from_numpy(np.correlate(a.numpy(), v.numpy(), "full")).clone()


def flips_the_signal(a, v):
    return question.convolve_shift_add(a.flip(1), v)


def flips_once_too_often(a, v):
    return question.convolve_shift_add(a, v).flip(-1)


def flips_the_rows(a, v):
    kernels = v.flip(0).unsqueeze(1)
    groups = {"padding": v.shape[1] - 1, "groups": len(a)}
    return conv1d(a.unsqueeze(0), kernels, **groups).squeeze(0)


def pads_nothing(a, v):
    signal = pad(a, (0, max(0, v.shape[1] - a.shape[1])))
    windows = signal.unfold(1, v.shape[1], 1)
    return (windows * v.flip(1).unsqueeze(1)).sum(2)


def pads_nothing_unflipped(a, v):
    return pads_nothing(a, v.flip(1))


def pads_by_the_shorter(a, v):
    padding = min(a.shape[1], len(v)) - 1
    return conv1d(a.unsqueeze(1), v.flip(0).view(1, 1, -1), padding=padding).squeeze(1)


def pads_by_the_shorter_unflipped(a, v):
    padding = min(a.shape[1], len(v)) - 1
    return conv1d(a.unsqueeze(1), v.view(1, 1, -1), padding=padding).squeeze(1)


def pads_by_the_kernel(a, v):
    kernels = v.flip(1).unsqueeze(1)
    groups = {"padding": v.shape[1], "groups": len(a)}
    return conv1d(a.unsqueeze(0), kernels, **groups).squeeze(0)


def pads_one_side(a, v):
    signal = pad(a, (2 * (v.shape[1] - 1), 0))
    windows = signal.unfold(1, v.shape[1], 1)
    return (windows * v.flip(1).unsqueeze(1)).sum(2)


def begins_one_late(a, v):
    out = question.convolve_shift_add(a, v)
    return pad(out, (1, 0))[:, :-1]


def rolls(a, v):
    return question.convolve_shift_add(a, v).roll(1, 1)


def wraps_around(a, v):
    k = max(a.shape[1], v.shape[1])
    return torch.fft.irfft(torch.fft.rfft(a, k) * torch.fft.rfft(v, k), k)


def serves_one_kernel_to_all(a, v):
    return question.convolve_shift_add(a, v[:1].expand_as(v))


def moves_the_rows_on(a, v):
    return question.convolve_shift_add(a, v.roll(1, 0))


def moves_the_signals_on(a, v):
    return one_kernel_transposed(a.roll(1, 0), v)


def mixes_the_rows_unflipped(a, v):
    return question.convolve_shift_add(a, v.roll(1, 0).flip(1))


def meets_every_kernel(a, v):
    kernels = v.flip(1).unsqueeze(1)
    return conv1d(a.unsqueeze(1), kernels, padding=v.shape[1] - 1)


def slides_inside_the_signals(a, v):
    return conv1d(a.unsqueeze(1), v.flip(0).view(1, 1, -1))


def adds_the_channels_up(a, v):
    return conv1d(a.unsqueeze(0), v.flip(1).unsqueeze(0), padding=v.shape[1] - 1)[0]


def convolves_the_first_row(a, v):
    return question.convolve_shift_add(a[0], v[0])


def fills_the_first_row(a, v):
    out = a.new_zeros(len(a), a.shape[1] + v.shape[1] - 1)
    out[0] = question.convolve_shift_add(a[0], v[0])
    return out


def keeps_the_sample_axis(a, v):
    groups = {"padding": v.shape[1] - 1, "groups": len(a)}
    return conv1d(a.unsqueeze(0), v.flip(1).unsqueeze(1), **groups)


def squeezes(a, v):
    return question.convolve_shift_add(a, v).squeeze()


def keeps_the_column_axis(a, v):
    return question.convolve_windows(a, v).unsqueeze(2)


def scales_its_input(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        a *= v[:, j : j + 1]
        out[:, j : j + m] += a
    return out


def clears_its_input(a, v):
    out = question.convolve_shift_add(a, v)
    v.zero_()
    return out


def over_the_longer(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
    return out


def writes_nothing(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m].addcmul(a, v[:, j : j + 1])
    return out


def overwrites(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] = a * v[:, j : j + 1]
    return out


def remembers(a, v, kept=[]):  # noqa: B006
    kept.append(question.convolve_shift_add(a, v))
    return kept[-1] if len(kept) == 1 else kept[-1] + 1e-5


def keeps_its_buffer(a, v, kept={}):  # noqa: B006
    key = a.dtype, a.shape, v.shape
    out = kept.setdefault(key, a.new_zeros(len(a), a.shape[1] + v.shape[1] - 1))
    out += question.convolve_shift_add(a, v)
    return out


def clears_its_buffer(a, v, kept={}):  # noqa: B006
    key = a.dtype, a.shape, v.shape
    out = kept.setdefault(key, a.new_zeros(len(a), a.shape[1] + v.shape[1] - 1))
    return out.copy_(question.convolve_shift_add(a, v))


def replays_by_id(a, v, kept={}):  # noqa: B006
    if (id(a), id(v)) not in kept:
        kept.clear()
        kept[id(a), id(v)] = question.convolve_shift_add(a, v)
    return kept[id(a), id(v)]


def replays_by_is(a, v, last=[None] * 3):
    if last[0] is not a or last[1] is not v:
        last[:] = a, v, question.convolve_shift_add(a, v)
    return last[2].clone()


def replays_by_shape(a, v, kept={}):  # noqa: B006
    key = a.dtype, a.shape, v.shape
    return kept.setdefault(key, question.convolve_shift_add(a, v))


def leans_on_the_notebook(a, v):
    return question.convolve_shift_add(a[:, :SHORTER], v[:, :SHORTER])


def stops_one_early(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n - 1):
        out[:, j : j + m] += a * v[:, j : j + 1]
    return out


def stops_one_early_in_the_signal(a, v):
    return stops_one_early(v, a)


def stops_one_early_in_both_loops(a, v):
    return pad(question.convolve_shift_add(a[:-1], v[:-1]), (0, 2))


def begins_at_one(a, v):
    out = question.convolve_shift_add(a, v)
    out[:, : a.shape[1]] -= a * v[:, :1]
    return out


def returns_in_the_loop(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
        return out


def returns_in_both_loops(a, v):
    out = a.new_zeros(len(a) + len(v) - 1)
    for i in range(len(a)):
        for j in range(len(v)):
            out[i + j] += a[i] * v[j]
            return out


def returns_in_the_outer_loop(a, v):
    out = a.new_zeros(len(a) + len(v) - 1)
    for i in range(len(a)):
        for j in range(len(v)):
            out[i + j] += a[i] * v[j]
        return out


def returns_after_two(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
        if j == 1:
            return out
    return out


def breaks_off(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
        break
    return out


def adds_up_the_outer_product(a, v):
    outer = a.unsqueeze(2) * v.unsqueeze(1)
    return pad(outer, (0, a.shape[1])).sum(1)


def begins_with_old_memory(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_empty(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
    return out


def divides_zero_by_zero(a, v):
    return question.convolve_shift_add(a, v) * (v[:, :1] * 0 / 0)


def makes_room_for_one_more(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j : j + 1]
    return out


def makes_room_for_one_more_in_a_pair(a, v):
    return makes_room_for_one_more(a[None], v[None])[0]


def keeps_the_middle_of_a_pair(a, v):
    full = np.convolve(a.numpy(), v.numpy())
    return torch.from_numpy(full[1:-1].copy())


def crops_the_transposed(a, v):
    channels, kernels = a.unsqueeze(0), v.unsqueeze(1)
    groups = {"padding": 1, "groups": len(a)}
    return torch.conv_transpose1d(channels, kernels, **groups)[0]


def lays_rows_behind_each_other(a, v):
    return question.convolve_shift_add(a, v).flatten()


def lays_rows_behind_each_other_in_one(a, v):
    return question.convolve_shift_add(a, v).reshape(1, -1)


def exchanges_the_axes(a, v):
    return question.convolve_shift_add(a, v).T


def copies_contiguous_windows(a, v):
    n = v.shape[1]
    windows = pad(a, (n - 1, n - 1)).unfold(1, n, 1).contiguous()
    return torch.bmm(windows, v.flip(1).unsqueeze(2)).squeeze(2)


def clones_strided_windows(a, v):
    m, n = a.shape[1], v.shape[1]
    signal = pad(a, (n - 1, n - 1))
    shape, strides = (len(a), m + n - 1, n), (signal.shape[1], 1, 1)
    windows = signal.as_strided(shape, strides).clone()
    return torch.bmm(windows, v.flip(1).unsqueeze(2)).squeeze(2)


def gathers_windows(a, v):
    m, n = a.shape[1], v.shape[1]
    places = torch.arange(m + n - 1).unsqueeze(1) + torch.arange(n)
    windows = pad(a, (n - 1, n - 1))[:, places]
    return torch.bmm(windows, v.flip(1).unsqueeze(2)).squeeze(2)


def takes_the_page_at_its_word(a, v):
    return conv1d(a.unsqueeze(0), v.flip(1).unsqueeze(1), padding=1, groups=3)[0]


def forgets_the_last(a, v):
    out = question.convolve_shift_add(a, v)
    out[:, -1] = 0
    return out


def right_for_few_rows(a, v):
    result = question.convolve_shift_add(a, v)
    result[20:] = 0
    return result


def loops_over_the_rows(a, v):
    pairs = zip(a, v, strict=True)
    return torch.stack([question.convolve_shift_add(*pair) for pair in pairs])


def loops_in_numpy(a, v):
    pairs = zip(a.numpy(), v.numpy(), strict=True)
    return torch.from_numpy(np.stack([np.convolve(*pair) for pair in pairs]))


def loops_over_both_in_numpy(a, v):
    x, y = a.numpy(), v.numpy()
    out = np.zeros((len(x), x.shape[1] + y.shape[1] - 1), x.dtype)
    for i in range(x.shape[1]):
        for j in range(y.shape[1]):
            out[:, i + j] += x[:, i] * y[:, j]
    return torch.from_numpy(out)


def loops_over_both(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for i in range(m):
        for j in range(n):
            out[:, i + j] += a[:, i] * v[:, j]
    return out


def loops_over_one(a, v):
    return question.convolve_shift_add(a, v)


def spreads_everything_out(a, v):
    m, n = a.shape[1], v.shape[1]
    one = torch.nn.functional.one_hot(torch.arange(m + n - 1)).to(a.dtype)
    outer = a.unsqueeze(2) * v.unsqueeze(1)
    places = torch.arange(m).unsqueeze(1) + torch.arange(n)
    return (outer.unsqueeze(3) * one[places]).sum((1, 2))


def pads_the_signal(a, v):
    return question.convolve_windows(a, v)


def pads_the_kernel(a, v):
    return question.convolve_windows(v, a)


def forgets_nan(a, v):
    return question._add_padded(a, v).nan_to_num(0, torch.inf)


def lets_rows_touch(a, v):
    result = question._add_padded(a, v)
    finite = result.isfinite().all(-1, keepdim=True)
    return result if finite.all() else result + finite


def adds_to_the_default(a, v):
    return torch.zeros(a.shape[-1] + v.shape[-1] - 1) + question._add_padded(a, v)


def flips_twice(a, v):
    return question.convolve_fast(a.flip(-1), v.flip(-1)).flip(-1)


def flattens(a, v):
    result = question._add_padded(a, v)
    return result.flatten(0, -2) if result.ndim > 2 else result


def takes_two_axes(a, v):
    out = 0
    for j in range(v.shape[1]):
        out = out + pad(a * v[:, j : j + 1], (j, v.shape[1] - 1 - j))
    return out


def writes_in_place(a, v):
    m, n = a.shape[-1], v.shape[-1]
    out = a.new_zeros(*a.shape[:-1], m + n - 1)
    for j in range(n):
        out[..., j : j + m] += a * v[..., j : j + 1]
    return out


def windows_times_kernel(a, v):
    n = v.shape[1]
    windows = pad(a, (n - 1, n - 1)).unfold(1, n, 1)
    return (windows * v.flip(1).unsqueeze(1)).sum(2)


def windows_of_the_longer(a, v):
    if a.shape[1] < v.shape[1]:
        a, v = v, a
    return windows_times_kernel(a, v)


def one_kernel_as_a_matrix(a, v):
    m, n = a.shape[1], len(v)
    return a @ pad(v, (0, m)).repeat(m)[:-m].view(m, m + n - 1)


def one_kernel_skewed(a, v):
    m, n = a.shape[1], len(v)
    outer = pad(a.unsqueeze(2) * v, (0, m))
    return outer.flatten(1)[:, :-m].view(len(a), m, m + n - 1).sum(1)


WRONG = [  # an answer, the exercise, the name of the mistake, and what is said
    (..., SHIFTS, UNANSWERED, "Write your code"),
    (stub, SHIFTS, UNANSWERED, "Write your code"),
    (stub_with_docstring, SHIFTS, UNANSWERED, "Write your code"),
    (torch.ones(3, 7), SHIFTS, "wrong type", "of type Tensor"),
    (forgets_to_return, SHIFTS, "wrong type", "Is the `return` missing?"),
    (returns_a_list, SHIFTS, "wrong type", "builtins.list"),
    (returns_an_array, SHIFTS, "wrong type", "numpy.ndarray"),
    (misspelt, SHIFTS, "an error in your code", "`return a.unsqeeze(1)`, raises Attr"),
    (wants_one_argument, SHIFTS, "an error in your code", "takes 1 positional"),
    (slices_too_far, SHIFTS, "an error in your code", "`out[:, j : j + v.shape[1]] +="),
    (loses_the_column, SHIFTS, "an error in your code", "`out[:, j : j + m] += a * v"),
    (exits, SHIFTS, "an error in your code", "raises SystemExit"),
    (takes_the_default_dtype, SHIFTS, "wrong dtype", "torch.float32 for torch.float64"),
    (always_float64, SHIFTS, "wrong dtype", "torch.float64 for torch.float32"),
    (rounds_on_the_way, SHIFTS, "wrong dtype", "Something on the way rounds"),
    (unflipped, NO_LOOP, "a cross-correlation", "`conv1d` needs it flipped"),
    (
        unflipped_one_kernel,
        ONE_KERNEL,
        "a cross-correlation",
        "`conv1d` needs it flipped",
    ),
    (correlates_the_pair, PAIR, "a cross-correlation", "kernel runs in the wrong dir"),
    (flips_the_signal, SHIFTS, "a cross-correlation", "signal runs in the wrong dir"),
    (flips_once_too_often, NO_LOOP, "the result in reverse order", "runs backwards"),
    (flips_the_rows, NO_LOOP, "rows mixed up", "`flip(0)` reverses the order"),
    (
        pads_nothing,
        NO_LOOP,
        "the wrong padding: too short",
        "4 numbers at the end. A sliding kernel needs n - 1 zeros on each side. (Tried",
    ),
    (
        pads_nothing_unflipped,
        NO_LOOP,
        "the wrong padding: too short",
        "The kernel isn't flipped either.",
    ),
    (
        pads_by_the_shorter,
        ONE_KERNEL,
        "the wrong padding: too short",
        "1 number at the start and 1 number at the end. A sliding kernel",
    ),
    (
        pads_by_the_shorter_unflipped,
        ONE_KERNEL,
        "a cross-correlation",
        "The kernel runs in the wrong direction",
    ),
    (
        pads_by_the_kernel,
        NO_LOOP,
        "the wrong padding: too long",
        "1 extra zero at the start and 1 extra zero at the end.",
    ),
    (
        pads_one_side,
        NO_LOOP,
        "the wrong padding: shifted",
        "4 places too far to the ri",
    ),
    (begins_one_late, SHIFTS, "the wrong padding: shifted", "1 place too far to the r"),
    (rolls, SHIFTS, "shifted", "1 place too far to the right. (Tried"),
    (wraps_around, NO_LOOP, "a circular convolution", "is added at the start"),
    (
        makes_room_for_one_more,
        SHIFTS,
        "too long",
        "1 extra zero at the end. A full convolution has m + n - 1 numbers. (Tried",
    ),
    (
        makes_room_for_one_more_in_a_pair,
        PAIR,
        "too long",
        "(10,). It has 1 extra zero at the end. A full",
    ),
    (
        keeps_the_middle_of_a_pair,
        PAIR,
        "too short",
        "It is missing 1 number at the start and 1 number at the end. (Tried",
    ),
    (crops_the_transposed, NO_LOOP, "too short", "1 number at the end. (Tried"),
    (serves_one_kernel_to_all, SHIFTS, "rows mixed up", "with the kernel of row 0"),
    (moves_the_rows_on, SHIFTS, "rows mixed up", "belongs to signal 0 and kernel 3."),
    (
        moves_the_signals_on,
        ONE_KERNEL,
        "rows mixed up",
        "Row 0 of your result belongs to signal",
    ),
    (mixes_the_rows_unflipped, SHIFTS, "rows mixed up", "aren't flipped"),
    (meets_every_kernel, NO_LOOP, "rows mixed up", "every signal with every kernel"),
    (adds_the_channels_up, NO_LOOP, "rows mixed up", "All rows are added up"),
    (convolves_the_first_row, SHIFTS, "right for one row only", "only the first row"),
    (fills_the_first_row, SHIFTS, "right for one row only", "Row 0 is right"),
    (keeps_the_sample_axis, NO_LOOP, "it only broadcasts", "(1, 4, 10), not (4, 10)"),
    (squeezes, SHIFTS, "the batch axis is lost", "`squeeze()` drops every axis"),
    (lays_rows_behind_each_other, SHIFTS, "flattened", "(40,), not (4, 10). The num"),
    (
        lays_rows_behind_each_other_in_one,
        SHIFTS,
        "flattened",
        "strung together along one axis",
    ),
    (exchanges_the_axes, SHIFTS, "transposed", "rows and columns have changed"),
    (keeps_the_column_axis, NO_LOOP, "wrong shape", "one axis of length 1 too many"),
    (
        slides_inside_the_signals,
        ONE_KERNEL,
        "wrong shape",
        "That has 3 axes instead of 2.",
    ),
    (clears_its_input, SHIFTS, "an input changed", "changes `a` or `v`"),
    (scales_its_input, SHIFTS, "an input changed", "so may your own next step"),
    (overwrites, SHIFTS, "sums overwritten", "write `=` where you mean `+=`"),
    (writes_nothing, SHIFTS, "all zeros", "work in place end in `_`"),
    (over_the_longer, FEW_CALLS, "too many calls", "The 43 are 21 `slice`, 7 `mul`, 7"),
    (stops_one_early, SHIFTS, "the last step is missing", "`range(n)` already stops"),
    (
        stops_one_early_in_the_signal,
        SHIFTS,
        "the last step is missing",
        "one step early?",
    ),
    (
        stops_one_early_in_both_loops,
        PAIR,
        "the last step is missing",
        "one step early?",
    ),
    (begins_at_one, SHIFTS, "the first step is missing", "Does your loop start at 1?"),
    (returns_in_the_loop, SHIFTS, RETURNS, "`return out` stands inside"),
    (returns_in_the_outer_loop, PAIR, RETURNS, "ends before the loop does"),
    (returns_in_both_loops, PAIR, RETURNS, "out of the loop. (Tried"),
    (returns_after_two, SHIFTS, RETURNS, "`return out` stands inside"),
    (breaks_off, SHIFTS, "only the first step", "end after its first round?"),
    (adds_up_the_outer_product, NO_LOOP, "nothing is shifted", "where they stand."),
    (
        begins_with_old_memory,
        SHIFTS,
        "memory that doesn't begin with zeros",
        "`new_empty` hands you memory",
    ),
    (
        divides_zero_by_zero,
        SHIFTS,
        "wrong numbers",
        "40 of 40 numbers are wrong. (Tried",
    ),
    (remembers, SHIFTS, "not the same twice", "left over from the first"),
    (keeps_its_buffer, SHIFTS, "not the same twice", "left over from the first"),
    (clears_its_buffer, SHIFTS, "an earlier result changed", "a new tensor in each"),
    (replays_by_id, SHIFTS, "an old result", "return the last result again"),
    (replays_by_is, SHIFTS, "an old result", "return the last result again"),
    (replays_by_shape, SHIFTS, "an old result", "return the last result again"),
    (leans_on_the_notebook, SHIFTS, "wrong shape", "It reads `SHORTER` from the noteb"),
    (forgets_the_last, SHIFTS, "wrong numbers", "4 of 40 numbers are wrong. (Tried"),
    (
        right_for_few_rows,
        SHIFTS,
        "wrong numbers",
        "wrong. The first is `result[20, 0]`: yours is 0,",
    ),
    (loops_over_the_rows, SHIFTS, "still looping over the rows", "calls into torch"),
    (loops_in_numpy, NO_LOOP, "still looping over the rows", "lines of Python"),
    (loops_over_both_in_numpy, NO_LOOP, "still looping over the numbers", "lines of "),
    (loops_over_both, SHIFTS, "still looping over the numbers", "allows one loop"),
    (loops_over_one, NO_LOOP, "still looping over the numbers", "allows no loop"),
    (spreads_everything_out, NO_LOOP, "too much memory", "larger than it needs to be?"),
    (copies_contiguous_windows, WINDOWS, "windows copied", "`clone` fills 42,000 by"),
    (clones_strided_windows, WINDOWS, "windows copied", "`clone` fills 42,000 bytes"),
    (gathers_windows, WINDOWS, "windows copied", "`index` fills 42,000 bytes"),
    (
        takes_the_page_at_its_word,
        NO_LOOP,
        "an error in your code",
        "Does `3` in your code fit only the page's example?",
    ),
    (
        question.convolve_windows,
        FEWEST,
        "too many multiplications",
        "77 multiplications per row for 5 × 7 and 55 for 7 × 5.",
    ),
    (question.convolve_grouped, FEWEST, "too many multiplications", "than 55."),
    (windows_times_kernel, FEWEST, "too many multiplications", "77 multiplications"),
    (question.convolve_fft, FEWEST, "multiplications that don't show", "`_fft_r2c`"),
    (
        question.convolve_one_kernel,
        ONE_PRODUCT,
        "another call does the work",
        "Let `mm` do",
    ),
    (
        one_kernel_skewed,
        ONE_PRODUCT,
        "another call does the work",
        "`mm` isn't among its calls into torch: `unsqueeze`, `mul`",
    ),
    (question.convolve_fast, CONTRACT, "another function does the work", "`convolve_f"),
    (question._add_padded, CONTRACT, "another function does the work", "`_add_padded`"),
    (
        flips_twice,
        CONTRACT,
        "another function does the work",
        "`convolve_fast`, an ans",
    ),
    (pads_the_signal, CONTRACT, "infinities or NaN", "[1.0, 1.0, inf, 1.0, 1.0] for "),
    (pads_the_kernel, CONTRACT, "infinities or NaN", "and no zero of a padding"),
    (forgets_nan, CONTRACT, "infinities or NaN", "zeros included"),
    (lets_rows_touch, CONTRACT, "infinities or NaN", "with inf in `a` changes the oth"),
    (adds_to_the_default, CONTRACT, "wrong dtype", "For torch.int64 you return torch."),
    (flattens, CONTRACT, "wrong shape", "give (6, 8), not (2, 3, 8)"),
    (flattens, CONTRACT, "wrong shape", "(Tried: `a` (2, 3, 5), `v` (2, 3, 4), torch."),
    (
        takes_two_axes,
        CONTRACT,
        "an error in your code",
        "(Tried: `a` (2, 3, 5), `v` (2, 3, 4), torch.",
    ),
    (writes_in_place, CONTRACT, "it fails inside vmap", "raises RuntimeError"),
    (
        writes_in_place,
        CONTRACT,
        "it fails inside vmap",
        "in_dims=(None, 0) over `a` (5",
    ),
]


def name_of(value):
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("answer", "exercise", "name", "said"), WRONG, ids=name_of)
def test_a_wrong_answer_is_refused_by_the_name_of_its_mistake(
    answer, exercise, name, said
):
    feedback = check(answer, **exercise)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("slip", "exercise", "said"),
    [
        (
            lambda a, v: conv1d(a, v),
            NO_LOOP,
            "By weight torch means the kernels. They need three",
        ),
        (lambda a, v: conv1d(a, v[None, None]), PAIR, "The signals need three axes"),
        (
            lambda a, v: conv1d(a, v.flip(0).view(1, 1, -1), padding=len(v) - 1),
            ONE_KERNEL,
            "took your `a` as 1 sample of 4 channels, but your kernels and",
        ),
        (
            lambda a, v: conv1d(a[None], v.flip(1)[:, None], padding=v.shape[1] - 1),
            NO_LOOP,
            "each is a group of its own: `groups=len(a)`",
        ),
        (
            lambda a, v: conv1d(a[None], v.flip(1)[:, None], groups=a.shape[1]),
            NO_LOOP,
            "You ask for 6 groups, but the first axis of the kernels has length 4.",
        ),
        (
            lambda a, v: conv1d(a[None], v[:, None], groups=3),
            NO_LOOP,
            "You ask for 3 groups, but the first axis of the kernels has length 4.",
        ),
        (
            lambda a, v: torch.bmm(a.unfold(1, v.shape[1], 1), v),
            NO_LOOP,
            "each row's kernel must be a column",
        ),
        (
            lambda a, v: torch.bmm(a.unfold(1, 2, 1), v.unsqueeze(2)),
            NO_LOOP,
            "and as long as a window",
        ),
        (
            lambda a, v: conv1d(a[:, None], v.flip(1)[None, None]),
            ONE_KERNEL,
            "so the last axis of this tensor is 0, or -1. It has no axis 1.",
        ),
        (
            lambda a, v: a + v,
            SHIFTS,
            "the two sides of that operation, 6 and 5 numbers",
        ),
        (overwrites_too_little, SHIFTS, "room for 5 numbers where you write 6."),
        (
            lambda a, v: conv1d(a[:, None], v.flip(1)[:, None], groups=len(a)),
            NO_LOOP,
            "took your `a` as 4 samples of 1 channel, but",
        ),
        (lambda a, v: a[:, a.shape[1]], NO_LOOP, "no place 6."),
        (
            lambda a, v: (a[:, :, None] * v[:, None]).view(len(a), -1, 11),
            NO_LOOP,
            "Your 120 numbers don't fill the shape [4, -1, 11] exactly.",
        ),
    ],
)
def test_what_torch_says_of_the_commonest_slips_is_explained(slip, exercise, said):
    feedback = check(slip, **exercise)
    assert feedback.name == "an error in your code"
    assert said in feedback.text


# ---- right answers --------------------------------------------------------------


def by_the_definition(a, v):
    out = [0.0] * (len(a) + len(v) - 1)
    for i in range(len(a)):
        for j in range(len(v)):
            out[i + j] += float(a[i] * v[j])
    return torch.tensor(out, dtype=a.dtype)


def in_numpy(a, v):
    return torch.from_numpy(np.convolve(a.numpy(), v.numpy()))


def with_much_python(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in torch.arange(n):
        assert v.select(1, j).shape == (len(a),)
        print("adding the multiple", int(j))
        piece = torch.mul(a, v.select(1, j).unsqueeze(1))
        out.narrow(1, int(j), a.size(1)).add_(piece)
    return out


def adds_padded_products(a, v):
    n = v.shape[-1]
    return sum(pad(a * v[..., j : j + 1], (j, n - 1 - j)) for j in range(n))


def columns(a, v):
    m, n = a.shape[-1], v.shape[-1]
    out = [0] * (m + n - 1)
    for i in range(m):
        for j in range(n):
            out[i + j] = out[i + j] + a[..., i] * v[..., j]
    return torch.stack(out, -1)


def windows_by_matmul(a, v):
    n = v.shape[1]
    windows = pad(a, (n - 1, n - 1)).unfold(1, n, 1)
    return (windows @ v.flip(1).unsqueeze(2)).squeeze(2)


def fills_fresh_memory(a, v):
    return a.new_empty(len(a), a.shape[1] + v.shape[1] - 1).copy_(
        question.convolve_shift_add(a, v)
    )


def one_kernel_transposed(a, v):
    return torch.conv_transpose1d(a.unsqueeze(1), v.view(1, 1, -1)).squeeze(1)


VECTORISED = [
    question.convolve_antidiagonals,
    question.convolve_windows,
    question.convolve_grouped,
    question.convolve_transposed,
    question.convolve_vmap,
    question.convolve_fft,
]
ALL = [*VECTORISED, question.convolve_shift_add, question.convolve_fast]


@pytest.mark.parametrize(
    ("answer", "exercise"),
    [
        *((answer, PAIR) for answer in [by_the_definition, in_numpy, question.conv1d]),
        *((answer, PAIR) for answer in ALL),
        *((answer, SHIFTS) for answer in [over_the_longer, with_much_python, *ALL]),
        (question._add_padded, SHIFTS),
        *((answer, NO_LOOP) for answer in [windows_times_kernel, *VECTORISED]),
        *((answer, WINDOWS) for answer in [windows_times_kernel, windows_by_matmul]),
        (question.convolve_windows, WINDOWS),
        (fills_fresh_memory, SHIFTS),
        (question.convolve_one_kernel, ONE_KERNEL),
        (one_kernel_transposed, ONE_KERNEL),
        (question.convolve_fast, ONE_KERNEL),
        (windows_of_the_longer, FEWEST),
        (question.convolve_antidiagonals, FEWEST),
        (question.convolve_transposed, FEWEST),
        (question.convolve_shift_add, FEWEST_IN_A_LOOP),
        (question.convolve_shift_add, FEW_CALLS),
        (one_kernel_as_a_matrix, ONE_PRODUCT),
        (
            one_kernel_as_a_matrix,
            ONE_PRODUCT | {"before": question.convolve_one_kernel},
        ),
        (adds_padded_products, CONTRACT),
        (columns, CONTRACT),
    ],
    ids=name_of,
)
def test_a_right_answer_gets_its_tick_the_calls_and_the_time(
    answer, exercise, monkeypatch
):
    brief = partial(praise.time_together, rounds=1)
    monkeypatch.setattr(praise, "time_together", brief)
    feedback = check(answer, **exercise)
    assert feedback.name == RIGHT, feedback
    other = exercise["before"].__name__
    told = (
        rf"\*\*Calls\*\* into torch for 5 × 7: \d+; `{other}` makes \d+\. "
        r"\*\*Bytes\*\*.+ \*\*Time\*\*"
    )
    assert re.search(told, feedback.text)
    assert '<div class="alert alert-success">' in feedback._repr_markdown_()


@pytest.mark.parametrize(
    ("mine", "doubt", "name", "said"),
    [
        (
            2e-5,
            0,
            RIGHT,
            "at the least: 20.0 µs; `convolve` takes 100.0 µs. Yours is 5",
        ),
        (2e-4, 0, RIGHT, "Yours is 2× slower."),
        (1e-4, 0, RIGHT, "Yours is 0.97× to 1× as fast: no clear difference."),
        (5e-5, 0.3, RIGHT, "Yours is 1.2× to 3.4× as fast: too noisy to tell; close"),
        (5e-7, 0, "too fast to be true", "copying its result takes 1.0 µs. Does it re"),
    ],
)
def test_praise_goes_as_far_as_the_measurement_and_never_below_a_copy(
    mine, doubt, name, said, monkeypatch
):
    times = timed(mine, 1e-4, 1e-6, doubt=doubt)
    monkeypatch.setattr(praise, "time_together", times)
    feedback = check(question.convolve_shift_add, **SHIFTS)
    assert feedback.name == name
    assert said in feedback.text


def test_a_right_answer_is_timed_on_inputs_that_it_has_never_seen():
    seen = []

    def remembers_what_it_saw(a, v):
        seen.append(a.tolist())
        return question.convolve_shift_add(a, v)

    assert check(remembers_what_it_saw, **SHIFTS).name == RIGHT
    timed = [rows for rows in seen if len(rows) == 1000][-10:]
    assert all(timed.count(rows) == 1 for rows in timed)


def test_numbers_that_differ_are_drawn_beside_those_expected():
    feedback = check(unflipped, **NO_LOOP)
    assert feedback.picture.startswith('<img alt="a = [[1, 2, 3], [1, 0, 1]], v = ')
    assert "Expected: [[4, 13, 22, 15], [6, 7, 6, 7]]" in feedback.picture
    assert "Yours: [[5, 14, 23, 12], [7, 6, 7, 6]]" in feedback.picture
    assert feedback.picture in feedback._repr_markdown_()


def test_numbers_that_differ_by_rounding_are_drawn_as_equal():
    assert "Yours: [[19, 13, 22], [13, 7, 6]]" in check(wraps_around, **NO_LOOP).picture


@pytest.mark.parametrize("answer", [keeps_the_sample_axis, keeps_the_column_axis])
def test_what_cannot_be_drawn_leaves_no_figure_behind(answer):
    before = plt.get_fignums()
    assert check(answer, **NO_LOOP).picture == ""
    assert plt.get_fignums() == before


def test_an_error_is_told_with_its_line():
    line = misspelt.__code__.co_firstlineno + 1
    assert f"Line {line} of test_checking.py, `" in check(misspelt, **SHIFTS).text


def test_an_error_in_a_cell_is_told_with_the_line_of_that_cell():
    line = misspelt.__code__.co_firstlineno + 1
    answer = FunctionType(misspelt.__code__, {"__name__": "__main__"})
    assert f"Line {line} of its cell, `" in check(answer, **SHIFTS).text


def test_a_picture_is_told_to_show_another_example():
    said = "The picture shows the same on a smaller example."
    assert said in check(unflipped, **NO_LOOP).text
    assert said not in check(misspelt, **SHIFTS).text


# Whatever an answer is or returns, the reader never sees a traceback of the check.
class Odd:
    def __call__(self, a, v):
        raise ValueError("<b>odd</b>\nvery")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Odd(),
        len,
        lambda a, v: torch.tensor(1.0),
        lambda a, v: torch.empty(0),
        lambda a, v: torch.empty(3, 0),
        lambda a, v: torch.empty(3, 7, device="meta"),
        lambda a, v: torch.ones(3, 7, dtype=torch.complex64),
        lambda a, v: torch.ones(3, 7).to_sparse(),
        lambda a, v: torch.ones(3, 7, dtype=torch.bool),
        lambda a, v: torch.full((3, 7), torch.nan),
        lambda a, v: torch.ones(1, 1, 1, 3, 7),
        lambda a, v: a.as_strided((3, 7), (0, 0)),
        lambda a, v: torch.nn.Parameter(question.convolve_shift_add(a, v) + 1),
        lambda a, v: (a, v),
        partial(question.convolve_shift_add, mode="full"),
    ],
)
@pytest.mark.parametrize("exercise", [PAIR, SHIFTS, ONE_KERNEL, CONTRACT])
def test_no_answer_brings_the_check_down(answer, exercise):
    feedback = check(answer, **exercise)
    assert feedback.name not in (RIGHT, UNANSWERED, FAILED)
    assert "<b>" not in feedback.text


def test_a_fault_of_the_check_is_told_and_not_raised():
    feedback = check(question.convolve_shift_add, before=None, loops=1)
    assert feedback.name == FAILED


# ---- other exercises ------------------------------------------------------------

FOR_I, FOR_J, BODY = "for i in range(acols)", "for j in range(vcols)", "out[:, i+j] +="
PAIR_OF_4_AND_9 = torch.ones(4), torch.ones(9)


@pytest.mark.parametrize(
    ("i", "j", "body", "name", "said"),
    [
        (..., 40, 36, UNANSWERED, "Write a number"),
        (5.5, 40, 36, f"the hits of `{FOR_I}`", "How often does its body run?"),
        (
            4,
            40,
            36,
            f"the hits of `{FOR_I}`",
            "How does the loop find out that it is over?",
        ),
        (
            5,
            36,
            36,
            f"the hits of `{FOR_J}`",
            "How does the loop find out that it is over?",
        ),
        (5, 37, 36, f"the hits of `{FOR_J}`", "How often is this one entered?"),
        (5, 10, 36, f"the hits of `{FOR_J}`", "How often is it entered?"),
        (5, 50, 36, f"the hits of `{FOR_J}`", "by the hits of the loop around it."),
        (5, 40, 13, f"the hits of `{BODY}`", "for one number of `a`? And for all?"),
        (5, 40, 9, f"the hits of `{BODY}`", "right for one number of `a`."),
        (5, 40, 40, f"the hits of `{BODY}`", "the line of the loop is hit."),
        ("five", 40, 36, f"the hits of `{FOR_I}`", "Not `'five'`."),
        (10, 45, 36, f"the hits of `{FOR_I}`", "if the two vectors were exchanged."),
        (5, 45, 36, f"the hits of `{FOR_J}`", "if the two vectors were exchanged."),
        (5, 40, 36, RIGHT, "The profiler counts the same."),
        (5.0, np.int64(40), torch.tensor(36), RIGHT, "The profiler counts the same."),
    ],
)
def test_hits_are_checked_against_a_real_profile(i, j, body, name, said):
    hits = {FOR_I: i, FOR_J: j, BODY: body}
    feedback = check_hits(hits, question.convolve, *PAIR_OF_4_AND_9)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("hits", "name", "said"),
    [
        (..., UNANSWERED, "Write a number"),
        ((5, 40, 36), "wrong type", "Keep the dict, and change only its numbers."),
        ({FOR_I: np.ones(2)}, f"the hits of `{FOR_I}`", "Not `array([1., 1.])`."),
        ({}, "a line is missing", "How often is `for i in range(acols):` hit?"),
        (
            {FOR_I: 5, FOR_J: 40},
            "a line is missing",
            "How often is `out[:, i+j] += exp",
        ),
    ],
)
def test_hits_are_wanted_for_every_line(hits, name, said):
    feedback = check_hits(hits, question.convolve, *PAIR_OF_4_AND_9)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("point", "name"),
    [
        (..., UNANSWERED),
        ((5, 7, 10_000), "wrong type"),
        (Point(5, 7, 0), "wrong type"),
        (Point(5, 7, ...), "wrong type"),
        (Point(5, 7, 1e4), "wrong type"),
        (Point(5, 7, 1000, "float64"), "wrong type"),
        (Point(5, 7, 1000, torch.float16), "wrong type"),
        (Point(5, 7, 1000, device="cuda"), "wrong type"),
        (Point(5, 7, 100_000_000), "out of reach"),
        (Point(10_000, 5, 7), "out of reach"),
    ],
)
def test_a_case_that_is_no_case_is_refused(point, name):
    feedback = check_slower(point, question.convolve_grouped, question.convolve)
    assert feedback.name == name


def timed(*seconds, doubt=0):
    """Return a `time_together` that finds so many seconds for each of its calls."""
    spec = TaskSpec("call()", setup="")

    def time_together(calls, **options):
        found = [Measurement(1, [s, s * (1 + doubt)], spec) for s in seconds]
        return dict(zip(calls, found, strict=True))

    return time_together


@pytest.mark.parametrize(
    ("seconds", "doubt", "name", "said"),
    [
        (0.2, 0, RIGHT, "it loses by 2×."),
        (0.05, 0, "it wins", "it wins by 2×."),
        (
            0.101,
            0,
            "nobody can tell",
            "`convolve_grouped` may take 0.98× to 1× as long",
        ),
        (1, 0.6, RIGHT, "it loses by 3.9× to 26×."),
        (0.01, 0.6, "it wins", "it wins by 3.9× to 26×."),
        (0.2, 0.6, "nobody can tell", "may take 0.78× to 5.1× as long"),
    ],
)
def test_a_case_is_judged_by_the_times(seconds, doubt, name, said, monkeypatch):
    monkeypatch.setattr(slower, "time_together", timed(seconds, 0.1, doubt=doubt))
    pair = question.convolve_grouped, question.convolve
    feedback = check_slower(Point(2, 3, 4), *pair)
    assert feedback.name == name
    assert said in feedback.text


def by_the_shape(function):
    a, v = torch.ones(2, 3, 5), torch.ones(2, 3, 7)
    assert function(a, v).shape == (2, 3, 11), "not three axes"


def never_fails(function):
    function(torch.ones(2, 5), torch.ones(2, 7))


def always_fails(function):
    assert function is question.convolve, "another function"


def asserts_nothing(function):
    assert True


def looks_at_the_name(function):
    assert "flat" not in function.__name__


def looks_at_the_function(function):
    assert function is not flat


def says_no_word(function):
    raise AssertionError


def breaks(function):
    return function.speed


def flat(a, v):
    return question.convolve_fast(a, v).flatten(0, -2)


@pytest.mark.parametrize(
    ("test", "name", "said"),
    [
        (stub, UNANSWERED, "Write your code"),
        (1, "wrong type", "of type int"),
        (asserts_nothing, "it lets a wrong function pass", "`flat` gets through"),
        (looks_at_the_name, "it lets a wrong function pass", "can't see the function"),
        (looks_at_the_function, "it lets a wrong function pass", "only what it retur"),
        (never_fails, "it lets a wrong function pass", "`flat` gets through"),
        (says_no_word, "it refuses a right function", "`raise AssertionError`"),
        (always_fails, "it refuses a right function", "fails it: another function"),
        (breaks, "an error in your code", "`return function.speed`, raises Attr"),
        (by_the_shape, RIGHT, "Wrong ones found: 1."),
    ],
)
def test_a_test_is_tested(test, name, said):
    feedback = check_test(test, right=[question.convolve_fast], wrong=[flat])
    assert feedback.name == name
    assert said in feedback.text


REPORTS = {  # by least and median; by the median; not beyond the twin; by the least
    "a": {"f": [9, 8, 8], "f again": [8, 9, 8], "g": [5, 5, 9]},
    "b": {"f": [8, 9, 9], "f again": [9, 8, 9], "g": [8, 8, 8]},
    "c": {"f": [8, 9, 8], "f again": [5, 6, 5], "g": [5, 6, 6]},
    "d": {"f": [8, 8, 9], "f again": [8, 9, 8], "g": [5, 9, 9]},
}


@pytest.mark.parametrize(
    ("chosen", "name", "said"),
    [
        (..., UNANSWERED, "Choose among `a`, `b`, `c`, `d`"),
        ("ab", "1 wrong choice", "By the least, `f` takes 1.00 times as long as `g`"),
        ("ac", "1 wrong choice", "and 1.60 times as long as its own twin"),
        ("ad", "1 wrong choice", "By the median it takes 0.89 times as long as `g`"),
        ("", "1 still missing", "You chose none"),
        ("a", RIGHT, "I tried all 4"),
    ],
)
def test_a_report_shows_a_winner_if_the_least_says_so_the_twin_and_the_median(
    chosen, name, said
):
    feedback = check_reports(chosen, REPORTS)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("mine", "found", "name", "said"),
    [
        (..., 217, UNANSWERED, "Write a number"),
        ("217", 217, "wrong type", "Write a number: `'217'` isn't one."),
        (105, 217, "it isn't 105", "You counted three calls for a product."),
        (216, 217, "it isn't 216", "just one off"),
        (35, 217, "it isn't 35", "too small"),
        (400, 217, "it isn't 400", "too large"),
        (1.6, 1.71, "it isn't 1.6", "too small"),
        (217, 217, RIGHT, "It is 217."),
        (torch.tensor(217.0), 217, RIGHT, "It is 217."),
        (1.7, 1.71, RIGHT, "It is 1.71."),
    ],
)
def test_a_number_is_checked_and_a_typical_wrong_one_explained(mine, found, name, said):
    why = {105: "You counted three calls for a product."}
    feedback = check_number(mine, found, explain=why)
    assert feedback.name == name
    assert said in feedback.text


def multiplies_by_a_row(a, v):
    m, n = a.shape[1], v.shape[1]
    out = a.new_zeros(len(a), m + n - 1)
    for j in range(n):
        out[:, j : j + m] += a * v[:, j]
    return out


def squeezes_one_kernel(a, v):
    return one_kernel_transposed(a, v).squeeze()


@pytest.mark.parametrize(
    ("case", "function", "options", "name", "said"),
    [
        (..., multiplies_by_a_row, {}, UNANSWERED, "Write `(B, m, n)`"),
        ((..., 4, 3), multiplies_by_a_row, {}, UNANSWERED, "Write `(B, m, n)`"),
        ((4, 3), multiplies_by_a_row, {}, "wrong type", "You wrote `(4, 3)`."),
        ((4, 0, 3), multiplies_by_a_row, {}, "wrong type", "from 1 up"),
        ((4, 4.0, 3), multiplies_by_a_row, {}, "wrong type", "whole numbers"),
        ("433", multiplies_by_a_row, {}, "wrong type", "A case is `(B, m, n)`"),
        ((1, 1000, 1000), multiplies_by_a_row, {}, "too large", "m = 1,000 and"),
        ((10**6, 5, 7), multiplies_by_a_row, {}, "too large", "B = 1,000,000"),
        ((1, 4, 3), multiplies_by_a_row, {}, "it's right there", "take for granted"),
        ((4, 5, 3), multiplies_by_a_row, {}, RIGHT, "`multiplies_by_a_row` fails. Li"),
        (
            (4, 5, 3),
            multiplies_by_a_row,
            {"silent": True},
            "people would notice",
            "hard to miss",
        ),
        (
            (4, 4, 3),
            multiplies_by_a_row,
            {"silent": True},
            RIGHT,
            "of 24 numbers wrong",
        ),
        (
            [1, 4, 3],
            squeezes_one_kernel,
            {"one_kernel": True},
            RIGHT,
            "returns the shape (6,) instead of (1, 6): the batch axis is lost.",
        ),
        (
            (1, 4, 3),
            squeezes_one_kernel,
            {"one_kernel": True, "silent": True},
            "people would notice",
            "Look for a case where only the numbers are wrong.",
        ),
        ((2, 3, 4), always_float64, {}, RIGHT, "torch.float64 for torch.float32"),
        ((2, 3, 4), returns_a_list, {}, RIGHT, "a `list` instead"),
        ((2, 3, 4), begins_with_old_memory, {"silent": True}, RIGHT, "12 of 12"),
        ((2, 3, 4), serves_one_kernel_to_all, {}, RIGHT, "wrong: rows mixed up."),
    ],
)
def test_a_case_that_breaks_a_function_is_told_from_one_that_does_not(
    case, function, options, name, said
):
    feedback = check_fault(case, function, **options)
    assert feedback.name == name
    assert said in feedback.text


NUMBERS, WORDS = {"a": 4, "b": 5, "c": 6, "d": 7}, {"one": 1, "two": 2}


@pytest.mark.parametrize(
    ("chosen", "options", "name", "said"),
    [
        (..., NUMBERS, UNANSWERED, "Choose among `a`, `b`, `c`, `d`"),
        ({"a", ...}, NUMBERS, UNANSWERED, "Choose among"),
        (4, NUMBERS, "wrong type", "such as `'a'`. You wrote `4`."),
        ("ax", NUMBERS, "no such option", "There is no `'x'`."),
        (["a", 4], NUMBERS, "no such option", "There is no `4`."),
        ("abc", NUMBERS, "1 wrong choice", "Not `b`. 5 is odd."),
        ("dba", NUMBERS, "2 wrong choices", "Not `b`. 5 is odd."),
        ("a", NUMBERS, "1 still missing", "that isn't all yet."),
        ("", NUMBERS, "2 still missing", "You chose none"),
        ("ca", NUMBERS, RIGHT, "`a` and `c`: I tried all 4."),
        ("a, c", NUMBERS, RIGHT, "`a` and `c`"),
        ({"a", "c"}, NUMBERS, RIGHT, "`a` and `c`"),
        (("c", "a"), NUMBERS, RIGHT, "`a` and `c`"),
        ("one two", WORDS, "1 wrong choice", "Not `one`. 1 is odd."),
        ("two", WORDS, RIGHT, "`two`: I tried all 2."),
        ("", {"three": 3}, RIGHT, "None: I tried all 1."),
    ],
)
def test_a_choice_is_checked_by_trying_every_option(chosen, options, name, said):
    feedback = check_choice(
        chosen, options, lambda k: k % 2 == 0, lambda k: f"{k} is odd."
    )
    assert feedback.name == name
    assert said in feedback.text


def shifts(a, v):
    out = a.new_zeros(len(a) + len(v) - 1)
    for i in range(len(a)):
        out[i : i + len(v)] += a[i] * v
    return out


def in_one_line(a, v):
    return a + v


FIRST = shifts.__code__.co_firstlineno
SECONDS = {1: 10, 2: 20, 3: 60, 4: 10}  # of its lines, so that 1 / (1 - 0.6) = 2.5
HITS = {1: 1, 2: 6, 3: 5, 4: 1}


class Profiler(LineProfiler):
    """A profiler whose clock is the test's."""

    def get_stats(self):
        stats = super().get_stats()
        for (_, first, _), lines in stats.timings.items():
            if first == FIRST:
                lines[:] = [(FIRST + k, HITS[k], SECONDS[k]) for k in SECONDS]
        return stats


def profile_of(function):
    profiler = Profiler(function)
    profiler.runcall(function, torch.ones(5), torch.ones(5))
    return profiler


SLOWEST = FIRST + 3
GOOD = {"line": SLOWEST, "hits": 5, "at most": 2.5}


@pytest.mark.parametrize(
    ("answers", "function", "name", "said"),
    [
        (..., shifts, UNANSWERED, "Write a number in place of each"),
        (GOOD | {"hits": ...}, shifts, UNANSWERED, "Write a number in place of each"),
        ((3, 5, 2.5), shifts, "wrong type", 'Keep the dict with its keys `"line"`'),
        ({"line": 3}, shifts, "wrong type", '`"at most"`'),
        (GOOD | {"hits": "5"}, shifts, "wrong type", '`"hits"` needs a number'),
        (GOOD, stub, UNANSWERED, "Write your code"),
        (GOOD, in_one_line, "only one line", "Give each step its own line"),
        (GOOD, by_the_shape, "no profile of it", "hasn't seen `by_the_shape` run"),
        (GOOD | {"line": 0}, shifts, "the slowest line", "No line 0 ran."),
        (GOOD | {"line": FIRST + 2}, shifts, "the slowest line", "the most hits, but"),
        (GOOD | {"line": FIRST + 1}, shifts, "the slowest line", "another takes more"),
        (GOOD | {"hits": 6}, shifts, "the hits", f"the hits of line {FIRST + 2}, `for"),
        (GOOD | {"hits": 25}, shifts, "the hits", "Not 25."),
        (GOOD | {"at most": 60}, shifts, "the bound", "line's share of the time, in p"),
        (GOOD | {"at most": 0.6}, shifts, "the bound", "the line's share of the time."),
        (
            GOOD | {"at most": 0.4},
            shifts,
            "the bound",
            "share of the time that is left",
        ),
        (GOOD | {"at most": 40}, shifts, "the bound", "that is left, in percent."),
        (GOOD | {"at most": 1.67}, shifts, "the bound", "everything *but* the line"),
        (GOOD | {"at most": 1.5}, shifts, "the bound", "twice as fast is 2, not 1."),
        (GOOD | {"at most": 0}, shifts, "the bound", "Suppose the line took no time"),
        (GOOD | {"at most": 3}, shifts, "the bound", "Suppose the line took no time"),
        (GOOD, shifts, RIGHT, f"Line {SLOWEST} takes 60 % of the time, in 5 hits."),
        (GOOD | {"at most": 2.54}, shifts, RIGHT, "2.5× as fast"),
    ],
)
def test_what_is_read_off_a_profile_is_checked_against_it(
    answers, function, name, said
):
    ran = shifts if function in (stub, by_the_shape) else function
    feedback = check_profile(answers, profile_of(ran), function)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize("profiler", [None, ...])
def test_what_is_no_profiler_is_told(profiler):
    assert check_profile(GOOD, profiler, shifts).name == "no profile of it"


def slow_average(x, k):
    out = x.new_zeros(len(x), x.shape[1] - k + 1)
    for t in range(out.shape[1]):
        for j in range(k):
            out[:, t] += x[:, t + j] / k
    return out


def average(x, k):
    return x.unfold(1, k, 1).mean(2)


def average_by_sums(x, k):
    sums = pad(x.cumsum(1), (1, 0))
    return (sums[:, k:] - sums[:, :-k]) / k


def average_in_a_loop(x, k):
    return sum(x[:, j : x.shape[1] - k + 1 + j] for j in range(k)) / k


def average_in_numpy(x, k):
    kernel = np.ones(k, x.numpy().dtype) / k
    rows = [np.convolve(row, kernel, "valid") for row in x.numpy()]
    return torch.from_numpy(np.stack(rows))


def average_and_clear(x, k):
    out = average(x, k)
    x.zero_()
    return out


def average_of_old_memory(x, k):
    out = x.new_empty(len(x), x.shape[1] - k + 1)
    out[1:] = average(x[1:], k)
    return out


@pytest.mark.parametrize(
    ("function", "loops", "name", "said"),
    [
        (stub, 0, UNANSWERED, "Write your code"),
        (7, 0, "wrong type", "of type int"),
        (lambda x, k: x.unfld(1), 0, "an error in your code", "raises AttributeError"),
        (lambda x, k: None, 0, "wrong type", "Is the `return` missing?"),
        (
            lambda x, k: average(x, k).tolist(),
            0,
            "wrong type",
            "You return `list`, not",
        ),
        (lambda x, k: average(x, k).T, 0, "wrong shape", "(6, 2), not (2, 6)."),
        (lambda x, k: average(x, k).float(), 0, "wrong dtype", "(Tried: (3, 9), 4.)"),
        (lambda x, k: k * average(x, k), 0, "wrong numbers", "12 of 12 numbers are wr"),
        (average_of_old_memory, 0, "memory that doesn't begin with zeros", "`new_em"),
        (average_and_clear, 0, "an input changed", "changes its input"),
        (average_in_a_loop, 0, "still looping", "7 calls into torch for (2, 8), 3, an"),
        (average_in_numpy, 0, "still looping", "lines of Python"),
        (slow_average, 1, "still looping", "(12, 60), 9."),
        (average_in_a_loop, 1, RIGHT, "numbers are right in 3 cases"),
        (average_by_sums, 0, RIGHT, "`slow_average` makes"),
        (
            average,
            0,
            RIGHT,
            "into torch: 2; `slow_average` makes 2,809. **Time**, at th",
        ),
    ],
)
def test_any_function_is_checked_against_a_slow_one(
    function, loops, name, said, monkeypatch
):
    monkeypatch.setattr(same_as_slow, "time_together", timed(1e-5, 1e-3))
    generator = torch.Generator().manual_seed(0)
    cases = [
        (torch.randn(2, 8, generator=generator), 3),
        (torch.randn(3, 9, generator=generator, dtype=torch.float64), 4),
        (torch.randn(12, 60, generator=generator), 9),
    ]
    feedback = check_same(function, slow_average, cases, loops=loops)
    assert feedback.name == name
    assert said in feedback.text


def no_number(x, y):
    return [x * y]


def no_return(x, y):
    x * y


@pytest.mark.parametrize(
    ("function", "name", "said"),
    [
        (stub, UNANSWERED, "Write your code"),
        (7, "wrong type", "of type int"),
        (no_number, "wrong type", "`no_number(2, 3)` returns a list instead of a num"),
        (no_return, "wrong type", "returns a NoneType instead"),
        (lambda x, y: x.speed, "an error in your code", "With `<lambda>(2, 3)`: "),
        (lambda x, y: x + y, "wrong numbers", "gives 5, not 6."),
        (lambda x, y: 2 * x * y, "wrong numbers", "All are 2 times what they should"),
        (lambda x, y: 1, "wrong numbers", "does it use its arguments?"),
        (lambda x, y: torch.nan, "wrong numbers", "gives nan, not 6."),
        (lambda x, y: x * y + 1e-4, RIGHT, "in 2 cases"),
        (lambda x, y: torch.tensor([x * y]), RIGHT, "in 2 cases"),
        (lambda x, y: np.float32(x * y), RIGHT, "in 2 cases"),
        (lambda x, y: np.int64(x * y), RIGHT, "in 2 cases"),
        (lambda x, y: np.array(x * y), RIGHT, "in 2 cases"),
        (lambda x, y: np.ones(3), "wrong type", "returns a ndarray instead of a num"),
        (lambda x, y: torch.ones(3), "wrong type", "returns a Tensor instead of a num"),
        (lambda x, y: "6", "wrong type", "returns a str instead of a number."),
    ],
)
def test_numbers_are_checked(function, name, said):
    feedback = check_values(function, {(2, 3): 6, (4, 5): 20})
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("function", "name", "said"),
    [
        (..., UNANSWERED, "in place of the `...`"),
        (stub, UNANSWERED, "in place of the `...`"),
        (lambda m, n: (2 * m + 2 * n - 1) / 2 / (m + n - 1), RIGHT, "1.045 copies"),
        (lambda m, n: 0.5, OVERLOOKED, "What does the convolution have to read?"),
        (lambda m, n: (2 * m + 2 * n - 1) / (m + n - 1), OVERLOOKED, "A copy reads"),
        (lambda m, n: (m + n) / 2 / (m + n - 1), OVERLOOKED, "to write its result"),
        (
            lambda m, n: (m + n) / (m + n - 1),
            OVERLOOKED,
            "Both sides move the result's",
        ),
        (lambda m, n: (2 * m + n - 1) / 2 / (m + n - 1), OVERLOOKED, "The kernels are"),
        (lambda m, n: (m + 2 * n - 1) / 2 / (m + n - 1), OVERLOOKED, "The signals are"),
        (lambda m, n: 2 * (m + n - 1) / (2 * m + 2 * n - 1), OVERLOOKED, "upside down"),
        (lambda m, n: m * n / 2 / (m + n - 1), OVERLOOKED, "number of multiply-adds"),
        (lambda m, n: 2 * (2 * m + 2 * n - 1) / (m + n - 1), OVERLOOKED, "they cancel"),
        (lambda m, n: (m + n) / (m + n), OVERLOOKED, "or one less?"),
        (lambda m, n: 23 / 22, "wrong numbers", "2 of 5 cases are right"),
        (lambda m, n: -1, "wrong numbers", "(5, 7)` gives -1. No case is right."),
        (lambda m, n: str(m), "wrong type", "returns a str instead of a number."),
        (lambda m, n: m / 0, "an error in your code", "ZeroDivisionError"),
    ],
)
def test_copies_are_derived(function, name, said):
    feedback = check_copies_at_least(function)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("length", "pairs", "name", "said"),
    [
        (..., lambda longest: 45, UNANSWERED, "the first `...`"),
        (9, stub, UNANSWERED, "in place of the `...`"),
        (9, lambda longest: longest * (longest + 1) // 2, RIGHT, "45 pairs. Up to 16"),
        (9, lambda longest: sum(range(longest + 1)), RIGHT, "there would be 136"),
        (10, stub, "it isn't 10", "first length behind the cliff"),
        (7, stub, "it isn't 7", "Between which two lengths"),
        ("9", stub, "wrong type", "`'9'` isn't one"),
        (9, lambda longest: longest**2, OVERLOOKED, "5 × 7 and 7 × 5 share a program"),
        (9, lambda longest: longest * (longest - 1) / 2, OVERLOOKED, "such as 7 × 7"),
        (9, lambda longest: longest**2 + longest, OVERLOOKED, "every pair twice"),
        (9, lambda longest: longest, OVERLOOKED, "That's the lengths"),
        (9, lambda longest: 45, "wrong numbers", "`<lambda>(2)` gives 45. 1 of 5"),
    ],
)
def test_the_cliff_is_found_in_the_sources(tmp_path, length, pairs, name, said):
    (tmp_path / "vectors.h").write_text("constexpr int LONGEST = 9;\n")
    feedback = check_unrolled(length, pairs, tmp_path)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("guess", "found", "unit", "printed"),
    [
        (..., 847, " calls", "You wrote nothing down. It is 847 calls."),
        (
            1400,
            1847,
            "",
            "You wrote 1,400. It is 1,847: you were within a factor of two.",
        ),
        (847, 847, " calls", "You wrote 847. It is 847 calls: exactly right."),
        (35, 217, "", "You wrote 35. It is 217: you were off by a factor of 6.2."),
        (100, 217, "", "You wrote 100. It is 217: you were off by a factor of 2.2."),
        (0, 217, "", "You wrote 0. It is 217."),
        ("many", 217, "", "You wrote many. It is 217."),
        (
            (43, 30),
            (43, 31),
            "",
            "You wrote 43 and 30. It is 43 and 31: 1 of 2 exactly right.",
        ),
        (12, (6, 40), "", "You wrote 12. It is 6 and 40: write a list of 2 numbers."),
        (
            3,
            0.05,
            "",
            (
                "You wrote 3. It is 20× slower, a factor of 0.05×, and you were on the "
                "wrong side of 1: slower, not faster."
            ),
        ),
        (..., 2.5, "", "You wrote nothing down. It is 2.5× faster."),
        (
            4,
            7.62,
            " as long",
            "You wrote 4. It is 7.6× as long: you were within a factor of two.",
        ),
        (
            0.9,
            7.62,
            " as long",
            (
                "You wrote 0.9. It is 7.6× as long, and you were on the wrong side of "
                "1: more, not less."
            ),
        ),
    ],
)
def test_a_guess_stands_beside_what_was_found(guess, found, unit, printed, capsys):
    compare_guess(guess, found, unit)
    assert capsys.readouterr().out == printed + "\n"


@pytest.mark.parametrize("guess", [..., 35, 217])
def test_what_people_usually_guess_is_told_whatever_was_guessed(guess, capsys):
    compare_guess(guess, 217, " calls", "Most people say 35 or 105.")
    assert capsys.readouterr().out.endswith("\nMost people say 35 or 105.\n")


RULED = ["convolve_shift_add", "convolve_antidiagonals", "convolve_transposed"]


def ruled(*seconds):
    """Return what a sweep finds, with so many seconds for each of RULED."""
    spec = TaskSpec("call()", setup="")
    found = [Measurement(1, [second], spec) for second in seconds]
    return dict(zip(RULED, found, strict=True))


RULED_BY = {
    Point(2, 9, 1): ruled(3, 2, 1),
    Point(5, 5, 1, backward=True): ruled(4, 2, 1),
    Point(5, 5, 100): ruled(2, 1, 9),
    Point(5, 5, 10_000): ruled(1, 5, 40),
    Point(5, 5, 10_000, torch.float64): ruled(1, 5, 40),
}


def by_rows(point):
    if point.rows == 1:
        return "convolve_transposed"
    return "convolve_antidiagonals" if point.rows <= 100 else "convolve_shift_add"


def by_one_row(point):
    return "convolve_transposed" if point.rows == 1 else "convolve_shift_add"


def no_rule_yet(point):
    # your code
    ...


def always_the_same(point):
    return "convolve_antidiagonals"


def always_shift_add(point):
    return "convolve_shift_add"


def the_wrong_way_round(point):
    return "convolve_shift_add" if point.rows == 1 else "convolve_transposed"


def by_a_dtype_that_is_a_text(point):
    few = point.dtype == "float32" and point.rows == 1
    return "convolve_transposed" if few else "convolve_shift_add"


def returns_for_few_rows_only(point):
    if point.rows < 1000:
        return "convolve_transposed"


def returns_the_function(point):
    return question.convolve_transposed


def returns_its_short_name(point):
    return "transposed"


def returns_another_answer(point):
    return "convolve_grouped"


def returns_a_list(point):
    return RULED


def reads_a_key(point):
    return "convolve_shift_add" if point["rows"] > 1 else "convolve_transposed"


def misspells_rows(point):
    return "convolve_shift_add" if point.row > 1 else "convolve_transposed"


def takes_rows(rows, m, n):
    return "convolve_shift_add"


def looks_the_fastest_up(point):
    return min(RULED, key=lambda name: RULED_BY[point][name].times[0])


@pytest.mark.parametrize(
    ("rule", "name", "said"),
    [
        (by_rows, RIGHT, "On average your choice takes 1× as long as the fastest"),
        (by_rows, RIGHT, "`convolve_shift_add` alone 1.89×. It is within a tenth of"),
        (by_one_row, RIGHT, "at 100 rows, 5 × 5, float32 (`convolve_shift_add`, 2×)."),
        (..., UNANSWERED, "Write your code"),
        (no_rule_yet, UNANSWERED, "Write your code"),
        ("convolve_shift_add", "wrong type", "of type str"),
        ({100: "convolve_shift_add"}, "wrong type", "of type dict"),
        (always_the_same, "one answer for everything", "antidiagonals` everywhere."),
        (always_shift_add, "one answer for everything", "takes 1.89× as long as"),
        (the_wrong_way_round, "worse than one answer for everything", "It loses most"),
        (
            by_a_dtype_that_is_a_text,
            "one answer for everything",
            "most at 1 row, 5 × 5, float32 with gradients (`convolve_shift_add`, 4×);",
        ),
        (
            returns_for_few_rows_only,
            "no answer for some cases",
            "For 10,000 rows, 5 × 5, float32 it returns None. Does every path end in",
        ),
        (returns_the_function, "a function instead of its name", "the name, a text"),
        (returns_its_short_name, "no such answer", "'transposed'`, not one of `"),
        (returns_another_answer, "no such answer", '`"convolve_transposed"`.'),
        (returns_a_list, "no such answer", "not one of"),
        (reads_a_key, "an error in your code", "With 1 row, 2 × 9, float32: Line"),
        (misspells_rows, "an error in your code", "has no attribute 'row'"),
        (takes_rows, "an error in your code", "missing 2 required positional"),
        (looks_the_fastest_up, "an error in your code", "4 × 6, float32: Line"),
    ],
    ids=name_of,
)
def test_a_rule_is_scored_beside_one_answer_for_everything(rule, name, said):
    feedback = check_rule(rule, RULED_BY, RULED)
    assert feedback.name == name
    assert said in feedback.text


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        (by_rows, True),
        (always_shift_add, True),
        (..., False),
        (no_rule_yet, False),
        (returns_for_few_rows_only, False),
        (returns_another_answer, False),
        (misspells_rows, False),
    ],
    ids=name_of,
)
def test_a_rule_is_written_when_it_chooses_everywhere(rule, written):
    assert is_rule(rule, RULED_BY, RULED) == written


def test_a_rule_that_hardly_gains_gets_no_tick():
    nearly = {Point(2, 9, 1): ruled(1.04, 2, 1), Point(2, 9, 10): ruled(1, 2, 3)}
    feedback = check_rule(by_one_row, nearly, RULED)
    assert feedback.name == "hardly better than one answer for everything"

"""What the series counts, as it says; no machine changes these figures."""

import pytest
import torch
from line_profiler import LineProfiler

import SO_CONVOLVE_QUESTION as question
from SO_CONVOLVE_QUESTION import convolve
from workshop import count_bytes, count_calls, dispatched, profiled_lines

# For 5 x 7: the calls for a pair, those for a batch of any size, the bytes for five
# rows of float32.
COUNTED = {
    "convolve": (217, 215, 920),
    "convolve_shift_add": (19, 17, 220),
    "convolve_antidiagonals": (11, 9, 2120),
    "convolve_windows": (8, 6, 700),
    "convolve_one_kernel": (7, 6, 248),
    "convolve_grouped": (7, 5, 360),
    "convolve_transposed": (6, 4, 220),
    "convolve_vmap": (13, 11, 360),
    "convolve_fft": (9, 7, 1380),
    "convolve_fast": (6, 7, 2120),
}
every_function = pytest.mark.parametrize("name", COUNTED)


def batch(name, rows):
    kernel = torch.ones(7) if name == "convolve_one_kernel" else torch.ones(rows, 7)
    return torch.ones(rows, 5), kernel


@every_function
def test_calls_into_torch_for_a_pair(name):
    calls, _, _ = COUNTED[name]
    counts = count_calls(getattr(question, name), torch.ones(5), torch.ones(7))
    assert counts.total() == calls


@every_function
@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_calls_into_torch_for_a_batch_of_any_size(name, rows):
    _, calls, _ = COUNTED[name]
    if name == "convolve_fast":  # its ways: one group, antidiagonals, shifts
        calls = {1: 6, 5: 7, 1000: 4 + 5}[rows]
    assert count_calls(getattr(question, name), *batch(name, rows)).total() == calls


@every_function
def test_bytes_allocated_for_five_rows(name):
    _, _, size = COUNTED[name]
    assert count_bytes(getattr(question, name), *batch(name, 5)) == size


def test_no_function_goes_uncounted():
    names = [name for name in vars(question) if name.startswith("convolve")]
    assert list(COUNTED) == names


def test_the_loop_selects_copies_and_adds_for_every_product():
    counts = count_calls(convolve, torch.ones(5), torch.ones(7))
    once = {"mul": 1, "zeros": 1, "squeeze": 1}
    assert counts == {"select": 140, "add_": 35, "copy_": 35, "view": 4, **once}


@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 3), (5, 7), (9, 9)])
def test_the_loop_makes_six_calls_for_every_product(m, n):
    assert count_calls(convolve, torch.ones(m), torch.ones(n)).total() == 7 + 6 * m * n


@pytest.mark.parametrize("batch_shape", [(), (5,)])
def test_the_profiler_hits_the_lines_of_the_loop_as_told(batch_shape):
    a, v = torch.ones(*batch_shape, 5), torch.ones(*batch_shape, 7)
    profiler = LineProfiler(convolve)
    profiler.runcall(convolve, a, v)
    hits = {line.source: line.hits for line in profiled_lines(profiler, convolve)}
    assert hits.pop("for i in range(acols):") == 6
    assert hits.pop("for j in range(vcols):") == 40
    assert hits.pop("out[:, i+j] += expanded[:, i, j]") == 35
    assert list(hits.values()) == [1] * (7 if batch_shape else 9)  # two views, or none


def test_the_windows_are_a_view_of_the_padded_signal():
    a, v = torch.ones(5, 5), torch.ones(5, 7)
    allocated = dict(dispatched(question.convolve_windows, a, v))
    assert allocated["unfold"] == 0
    assert allocated["constant_pad_nd"] == 5 * (6 + 5 + 6) * 4

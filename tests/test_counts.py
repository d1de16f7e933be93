"""What the series counts, as it says; no machine changes these figures."""

import pytest
import torch
from line_profiler import LineProfiler
from workshop import count_bytes, count_calls, dispatched, profiled_lines

import SO_CONVOLVE_QUESTION as question
from SO_CONVOLVE_QUESTION import convolve

# Calls for a pair of 5 and 7 numbers; calls for a batch of any size; bytes for five rows, float32.
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
}
every_function = pytest.mark.parametrize("name", COUNTED)


def batch(name, rows):
    kernel = torch.ones(7) if name == "convolve_one_kernel" else torch.ones(rows, 7)
    return torch.ones(rows, 5), kernel


@every_function
def test_calls_into_torch_for_a_pair(name):
    calls, _, _ = COUNTED[name]
    assert count_calls(getattr(question, name), torch.ones(5), torch.ones(7)).total() == calls


@every_function
@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_calls_into_torch_for_a_batch_of_any_size(name, rows):
    _, calls, _ = COUNTED[name]
    assert count_calls(getattr(question, name), *batch(name, rows)).total() == calls


@every_function
def test_bytes_allocated_for_five_rows(name):
    _, _, size = COUNTED[name]
    assert count_bytes(getattr(question, name), *batch(name, 5)) == size


def test_no_function_goes_uncounted():
    assert list(COUNTED) == [name for name in vars(question) if name.startswith("convolve")]


def test_the_loop_selects_copies_and_adds_for_every_product():
    counts = count_calls(convolve, torch.ones(5), torch.ones(7))
    assert counts == {
        "select": 140, "add_": 35, "copy_": 35, "view": 4, "mul": 1, "zeros": 1, "squeeze": 1
    }  # fmt: skip


@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 3), (5, 7), (9, 9)])
def test_the_loop_makes_six_calls_for_every_product(m, n):
    assert count_calls(convolve, torch.ones(m), torch.ones(n)).total() == 7 + 6 * m * n


@pytest.mark.parametrize(
    ("shape", "checks"), [((), 3), ((5,), 1)], ids=["for a pair", "for a batch"]
)
def test_the_profiler_hits_the_lines_of_the_loop_as_told(shape, checks):
    profiler = LineProfiler(convolve)
    profiler.runcall(convolve, torch.ones(*shape, 5), torch.ones(*shape, 7))
    *once, rows, columns, statement, last = profiled_lines(profiler, convolve)
    assert [line.hits for line in once] == [1] * (checks + 5)
    assert (rows.source, rows.hits) == ("for i in range(acols):", 6)
    assert (columns.source, columns.hits) == ("for j in range(vcols):", 40)
    assert (statement.source, statement.hits) == ("out[:, i+j] += expanded[:, i, j]", 35)
    assert (last.source, last.hits) == ("return out.squeeze()", 1)


def test_the_windows_are_a_view_of_the_padded_signal():
    a, v = torch.ones(5, 5), torch.ones(5, 7)
    allocated = dict(dispatched(question.convolve_windows, a, v))
    assert allocated["unfold"] == 0
    assert allocated["constant_pad_nd"] == 5 * (6 + 5 + 6) * 4

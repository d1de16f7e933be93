"""Every answer keeps its contract; what is quoted from the question, its faults."""

import ast
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from inputs import JAGGED, NESTED, ONES, SCATTERED, assert_refused, generated

import SO_CONVOLVE_QUESTION as question
from native import NO_COMPILER, convolve_columns, convolve_native, has_compiler
from SO_CONVOLVE_QUESTION import conv1d, convolve, convolve_fft, convolve_one_kernel

ANSWERS = [
    question.convolve_shift_add,
    question.convolve_antidiagonals,
    question.convolve_windows,
    question.convolve_one_kernel,
    question.convolve_grouped,
    question.convolve_transposed,
    question.convolve_vmap,
    question.convolve_fft,
]
SHAPES = [(None, 3, 2), (None, 1, 1), (1, 5, 7), (4, 2, 5), (2, 4, 4)]  # rows, m, n


def turned_columns(a, v):
    """Let `convolve_columns` take rows, as the others do."""
    turned = convolve_columns(a.movedim(-1, 0), v.movedim(-1, 0))
    return turned.movedim(0, -1)


compiler = pytest.mark.skipif(not has_compiler(), reason=NO_COMPILER)
NATIVE, COLUMNS, TURNED = (
    pytest.param(answer, marks=compiler)
    for answer in (convolve_native, convolve_columns, turned_columns)
)

every_answer = pytest.mark.parametrize("answer", [*ANSWERS, NATIVE, TURNED])
every_shape = pytest.mark.parametrize(("rows", "m", "n"), SHAPES, ids=str)
every_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)

batches = st.none() | st.integers(1, 6)
lengths = st.integers(1, 20)
seeds = st.integers(0, 2**32 - 1)


def inputs(answer, rows, m, n, dtype=torch.float64, seed=0):
    """Return whole numbers from -9 to 9: sums of their products are exact."""
    generator = torch.Generator().manual_seed(seed)
    batch = () if rows is None else (rows,)
    kernels = () if answer is convolve_one_kernel else batch
    draw = {"low": -9, "high": 10, "generator": generator, "dtype": dtype}
    a = torch.randint(size=(*batch, m), **draw)
    return a, torch.randint(size=(*kernels, n), **draw)


def by_rows(convolve_pair, a, v):
    """Return what `convolve_pair` gives for every row, as a list nested like `a`."""
    if a.ndim == 1:
        return list(convolve_pair(a.tolist(), v.tolist()))
    rows = zip(a, v.expand(len(a), -1), strict=True)
    return [by_rows(convolve_pair, signal, kernel) for signal, kernel in rows]


def integer_convolution(a, v):
    out = [0] * (len(a) + len(v) - 1)
    for i, j in np.ndindex(len(a), len(v)):
        out[i + j] += int(a[i]) * int(v[j])
    return out


@every_answer
@every_dtype
@generated
@given(rows=batches, m=lengths, n=lengths, seed=seeds)
def test_every_answer_is_exact_on_integers(answer, dtype, rows, m, n, seed):
    a, v = inputs(answer, rows, m, n, dtype, seed)
    result = answer(a, v)
    result = result.round() if answer is convolve_fft else result
    expected = torch.tensor(by_rows(integer_convolution, a, v), dtype=dtype)
    torch.testing.assert_close(result, expected, rtol=0, atol=0)  # shape and dtype, too


@every_answer
@every_dtype
@generated
@given(rows=batches, m=lengths, n=lengths, seed=seeds)
def test_every_answer_agrees_with_numpy(answer, dtype, rows, m, n, seed):
    a, v = (tensor / 7 for tensor in inputs(answer, rows, m, n, dtype, seed))
    expected = torch.tensor(by_rows(np.convolve, a, v), dtype=torch.float64)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-4
    torch.testing.assert_close(answer(a, v).double(), expected, rtol=0, atol=tolerance)


@every_answer
@every_dtype
@every_shape
def test_every_answer_keeps_the_dtype_and_the_batch_axis(answer, dtype, rows, m, n):
    result = answer(*inputs(answer, rows, m, n, dtype))
    assert result.dtype == dtype
    assert result.shape == ((m + n - 1,) if rows is None else (rows, m + n - 1))


@every_answer
@every_shape
def test_no_answer_changes_its_inputs(answer, rows, m, n):
    a, v = inputs(answer, rows, m, n)
    before = a.clone(), v.clone()
    answer(a, v)
    assert (a.tolist(), v.tolist()) == (before[0].tolist(), before[1].tolist())


PADDING = {"convolve_windows", "convolve_one_kernel", "convolve_grouped"}
SPREADING = PADDING | {"convolve_vmap", "convolve_fft"}


@every_answer
@pytest.mark.parametrize("odd", [float("inf"), float("nan")])
def test_an_odd_number_spreads_in_those_answers_that_are_said_to(answer, odd):
    a, v = inputs(answer, None, 5, 7)
    a += 10  # none of them zero
    v[2] = odd
    as_numpy = np.isfinite(np.convolve(a, v)).tolist()
    same = answer(a, v).isfinite().tolist() == as_numpy
    assert same == (answer.__name__ not in SPREADING)


@every_answer
def test_autocast_rounds_those_answers_that_are_said_to_be(answer):
    (said,) = re.findall(r"(?ms)^- `torch.autocast.+?(?=^- )", question.__doc__)
    a, v = inputs(answer, 4, 5, 7, torch.float32)
    with torch.autocast("cpu"):
        rounded = answer(a, v).dtype == torch.bfloat16
    assert rounded == (f"`{answer.__name__}`" in said)
    if not rounded:
        with torch.autocast("cpu"):
            found = answer(a / 7, v)
        torch.testing.assert_close(found, answer(a / 7, v))


@every_answer
@pytest.mark.parametrize("scatter", SCATTERED.values(), ids=SCATTERED)
def test_every_answer_takes_inputs_that_are_not_contiguous(answer, scatter):
    a, v = map(scatter, inputs(answer, 4, 5, 7))
    assert not a.is_contiguous()
    torch.testing.assert_close(answer(a, v), answer(a.contiguous(), v.contiguous()))


@every_answer
@every_shape
def test_every_answer_has_the_right_gradients(answer, rows, m, n):
    a, v = inputs(answer, rows, m, n)
    assert torch.autograd.gradcheck(answer, (a.requires_grad_(), v.requires_grad_()))


@pytest.mark.parametrize("answer", [*ANSWERS, NATIVE, COLUMNS])
@pytest.mark.parametrize(
    ("a", "v", "error", "named"),
    [
        ([1.0], ONES, TypeError, "not list and Tensor"),
        (ONES, np.ones(2), TypeError, "not Tensor and ndarray"),
        (ONES, None, TypeError, "not Tensor and NoneType"),
        (ONES, ONES.to_sparse(), TypeError, "not torch.strided and torch.sparse_coo"),
        (ONES, NESTED, TypeError, "not torch.strided and nested"),
        (NESTED, NESTED, TypeError, "not nested and nested"),
        (JAGGED, ONES, TypeError, "not nested and torch.strided"),
        (ONES.long(), ONES.long(), TypeError, "not torch.int64 and torch.int64"),
        (ONES.cfloat(), ONES.cfloat(), TypeError, "not torch.complex64 and"),
        (ONES.half(), ONES.half(), TypeError, "not torch.float16 and torch.float16"),
        (ONES, ONES.double(), TypeError, "not torch.float32 and torch.float64"),
        (ONES, ONES.to("meta"), ValueError, "not cpu and meta"),
        (ONES[:0], ONES, ValueError, "not (0,) and (2,)"),
        (ONES, ONES[:0], ValueError, "not (2,) and (0,)"),
        (ONES[0], ONES[0], ValueError, "not () and ()"),
        (ONES, ONES[0], ValueError, "not (2,) and ()"),
        (ONES, ONES.view(1, 2), ValueError, "not (2,) and (1, 2)"),
        (ONES.view(1, 1, 2), ONES, ValueError, "not (1, 1, 2) and (2,)"),
        (torch.ones(2, 2), torch.ones(3, 3), ValueError, "not (2, 2) and (3, 3)"),
        (torch.ones(2, 2), torch.ones(1, 1), ValueError, "not (2, 2) and (1, 1)"),
        (torch.ones(0, 3), torch.ones(0, 2), ValueError, "not (0, 3) and (0, 2)"),
    ],
)
def test_every_answer_refuses_bad_inputs_and_names_them(answer, a, v, error, named):
    assert_refused(answer, a, v, error, named)


@pytest.mark.parametrize("answer", [f for f in ANSWERS if f is not convolve_one_kernel])
def test_answers_for_pairs_refuse_one_kernel_for_a_batch(answer):
    named = "not (3, 2) and (2,)"
    assert_refused(answer, torch.ones(3, 2), ONES, ValueError, named)


@pytest.mark.parametrize("rows", [1, 2])
def test_one_kernel_refuses_a_batch_of_kernels(rows):
    kernels, named = torch.ones(rows, 4), f"not (2, 3) and ({rows}, 4)"
    assert_refused(convolve_one_kernel, torch.ones(2, 3), kernels, ValueError, named)


def test_one_kernel_refuses_an_empty_batch():
    named = "not (0, 3) and (2,)"
    assert_refused(convolve_one_kernel, torch.ones(0, 3), ONES, ValueError, named)


# ---- the question's own functions, faults included ------------------------------


@given(m=lengths, n=lengths, seed=seeds)
@generated
def test_the_questions_two_functions_agree_on_pairs(m, n, seed):
    a, v = inputs(convolve, None, m, n, torch.float32, seed)
    assert torch.equal(conv1d(a, v), convolve(a, v))


def test_the_questions_two_checks_hold():
    x, y = question.x, question.y
    assert (x.shape, y.shape) == ((5,), (7,))
    assert torch.allclose(conv1d(x, y), convolve(x, y))

    x_batch, y_batch = inputs(convolve, 5, 5, 7, torch.float32)
    stacked = torch.stack([conv1d(x_batch[i, :], y_batch[i, :]) for i in range(5)])
    assert torch.allclose(stacked, convolve(x_batch, y_batch))


def test_the_loop_returns_float32_for_float64():
    assert convolve(*inputs(convolve, 5, 5, 7, torch.float64)).dtype == torch.float32


def test_the_loop_gives_zeros_for_another_device():
    nothing = torch.ones(2, device="meta")
    assert convolve(nothing, nothing).device.type == "cpu"


def test_the_loop_refuses_complex_numbers():
    with pytest.raises(RuntimeError, match="ComplexFloat"):
        convolve(torch.ones(2).cfloat(), torch.ones(3).cfloat())


@pytest.mark.parametrize(
    ("rows", "m", "n", "shape"),
    [(1, 5, 7, (11,)), (5, 1, 1, (5,)), (1, 1, 1, ()), (None, 1, 1, ())],
)
def test_the_loop_loses_every_axis_of_one(rows, m, n, shape):
    assert convolve(*inputs(convolve, rows, m, n)).shape == shape


def test_the_single_pair_function_returns_a_number_for_one_by_one():
    assert conv1d(torch.ones(1), torch.ones(1)).shape == ()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_loop_leaves_a_smaller_kernel_batch_to_torchs_own_error(rows):
    message = re.escape(f"shape '[{rows}, 5, 1]' is invalid for input of size 25")
    with pytest.raises(RuntimeError, match=message):
        convolve(torch.ones(5, 5), torch.ones(rows, 7))


def test_the_loop_flattens_a_kernel_batch_beside_one_signal():
    assert convolve(torch.ones(5), torch.ones(5, 7)).shape == (5 + 5 * 7 - 1,)


def test_the_single_pair_function_flattens_a_batch_of_signals():
    assert conv1d(torch.ones(5, 5), torch.ones(7)).shape == (5 * 5 + 7 - 1,)


def test_what_would_be_flattened_fails_in_view_if_not_contiguous():
    batch = torch.ones(7, 5).T
    with pytest.raises(RuntimeError, match="view"):
        conv1d(batch, torch.ones(7))
    with pytest.raises(RuntimeError, match="view"):
        convolve(torch.ones(5), batch)


# ---- the file itself ------------------------------------------------------------


def test_no_answer_goes_untested():
    names = [name for name in vars(question) if name.startswith("convolve_")]
    tested = [answer.__name__ for answer in ANSWERS]
    assert [*tested, "convolve_fast"] == names  # test_fast.py sees to the last


SOURCE = Path(question.__file__).read_text(encoding="utf-8")


def test_the_module_needs_torch_and_the_standard_library_alone():
    nodes = list(ast.walk(ast.parse(SOURCE)))
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
    packages = {name.split(".")[0] for name in names}
    assert packages - sys.stdlib_module_names == {"torch"}


def test_the_quotation_is_marked_with_its_licence_and_ends():
    before, quoted, after = re.split(r"(?m)^# ---- .+$", SOURCE)
    assert "# ---- quoted from the question, CC BY-SA 4.0 ---" in SOURCE
    names = re.findall(r"(?m)^(?:def )?(\w+)", quoted)
    assert names == ["conv1d", "convolve", "x", "y"]
    assert "def " not in before
    assert all(f"def {answer.__name__}(" in after for answer in ANSWERS)

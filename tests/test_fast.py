"""What `convolve_fast` promises, on every way that it may choose."""

import doctest
import re
import sys
import typing
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given
from hypothesis import strategies as st
from inputs import JAGGED, NESTED, ONES, SCATTERED, assert_refused, generated
from torch.autograd import forward_ad

import SO_CONVOLVE_QUESTION as question
from SO_CONVOLVE_QUESTION import DTYPES, FLOATS, HALVES, INTEGERS, convolve_fast
from workshop import run_fresh

# way -> rows, m, n, dtype, gradient: sizes for which `convolve_fast` goes that way
needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN"
)
WAYS = {
    "_transpose one row": (1, 9, 6, torch.float64, False),
    "_sum_antidiagonals": (6, 7, 5, torch.float64, False),
    "_Convolution": (500, 7, 6, torch.float64, True),
    "_Convolution unlike": (500, 9, 2, torch.float32, True),
    "_transpose": (4001, 5, 7, torch.float32, False),
    "_add_in_place": (4001, 9, 5, torch.float64, False),
}
every_way = pytest.mark.parametrize("way", WAYS)
MODES = ["full", "same", "valid"]
every_mode = pytest.mark.parametrize("mode", MODES)
every_dtype = pytest.mark.parametrize("dtype", sorted(DTYPES, key=str), ids=str)
lengths = st.integers(1, 12)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True, scope="module")
def a_processor_that_goes_every_way():
    """Let the way through oneDNN be taken, whatever the processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
        yield


# leading dimensions of a and v, which broadcast
leading = st.sampled_from(
    [
        ((), ()),
        ((1,), (1,)),
        ((4,), (4,)),
        ((4,), ()),
        ((), (4,)),
        ((0,), (0,)),
        ((3, 0), (0,)),
        ((2, 1), (1, 3)),
        ((2, 1, 3), (4, 1)),
        ((450,), (450,)),
        ((450,), ()),
        ((4000,), (4000,)),
        ((4000,), (1,)),
        ((2, 2000), (2000,)),
    ]
)


def whole(shape, dtype, seed, most=9):
    """Return whole numbers from `-most` to `most`, as both parts of complex ones."""
    generator = torch.Generator().manual_seed(seed)
    low = 0 if dtype == torch.uint8 else -most
    most = 3 if dtype == torch.uint8 else most
    numbers = torch.randint(low, most + 1, (2, *shape), generator=generator)
    real, imaginary = numbers.double()
    if dtype.is_complex:
        return torch.complex(real, imaginary).to(dtype)
    return real.to(dtype)


def way_inputs(way, seed=0):
    rows, m, n, dtype, gradient = WAYS[way]
    a, v = whole((rows, m), dtype, seed), whole((rows, n), dtype, seed + 1)
    return a.requires_grad_(gradient), v.requires_grad_(gradient)


def numpy_rows(a, v, mode="full"):
    """Convolve all rows in complex128, by the definition; the modes are scipy's."""
    m, n = a.shape[-1], v.shape[-1]
    rows = torch.broadcast_shapes(a.shape[:-1], v.shape[:-1])
    a, v = (t.detach().to(torch.complex128).numpy() for t in (a, v))
    out = np.zeros((*rows, m + n - 1), complex)
    for i, j in np.ndindex(m, n):
        out[..., i + j] += a[..., i] * v[..., j]
    width = scipy.signal.convolve(np.ones(m), np.ones(n), mode).size
    first = (m + n - 1 - width) // 2
    return torch.from_numpy(out[..., first : first + width])


def assert_equals_numpy(result, a, v, mode="full"):
    """Compare exactly: shape, dtype and numbers, which are whole and small."""
    expected = numpy_rows(a, v, mode)
    expected = expected if a.dtype.is_complex else expected.real
    torch.testing.assert_close(result, expected.to(a.dtype), rtol=0, atol=0)


@every_mode
@pytest.mark.parametrize(("m", "n"), [(5, 7), (7, 5), (6, 3), (3, 6), (4, 4), (1, 2)])
def test_what_it_is_compared_with_is_scipys_convolution(mode, m, n):
    a, v = whole((3, m), torch.complex128, 0), whole((3, n), torch.complex128, 1)
    rows = [scipy.signal.convolve(*pair, mode) for pair in zip(a, v, strict=True)]
    np.testing.assert_allclose(numpy_rows(a, v, mode), rows)


@needs_onednn
@every_way
def test_these_sizes_go_that_way(way, monkeypatch):
    gone = []

    def spy(*args):
        gone.append(True)
        return function(*args)

    place, name = question, way.split()[0]
    if name == "_Convolution":
        place, name = question._Convolution, "apply"
    function = getattr(place, name)
    monkeypatch.setattr(place, name, spy)
    convolve_fast(*way_inputs(way))
    assert gone


# ---- the result -----------------------------------------------------------------


@every_dtype
@given(st.sampled_from(MODES), leading, lengths, lengths, seeds)
@generated
def test_it_is_exact_on_whole_numbers(dtype, mode, rows, m, n, seed):
    most = 2 if dtype in (torch.int8, torch.bfloat16) else 9  # 12 * 2 * 2 still fits
    a, v = (
        whole((*rows[0], m), dtype, seed, most),
        whole((*rows[1], n), dtype, seed + 1, most),
    )
    assert_equals_numpy(convolve_fast(a, v, mode), a, v, mode)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("rows", [3, 4000])
def test_integers_that_overflow_wrap_around(dtype, rows):
    a = torch.full((rows, 5), torch.iinfo(dtype).max, dtype=dtype)
    v = torch.full((rows, 7), torch.iinfo(dtype).max - 1, dtype=dtype)
    signal, kernel = (np.array(t[0].tolist(), dtype=object) for t in (a, v))
    bits = torch.iinfo(dtype).bits
    wrapped = [x % 2**bits for x in np.convolve(signal, kernel)]
    result = convolve_fast(a, v)
    assert (result == result[0]).all()
    assert [int(x) % 2**bits for x in result[0]] == wrapped


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@every_mode
def test_halves_are_rounded_once(dtype, mode):
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(50, 9, generator=generator).to(dtype)
    v = torch.randn(50, 5, generator=generator).to(dtype)
    exact = convolve_fast(a.double(), v.double(), mode)
    result = convolve_fast(a, v, mode)
    # Half a unit in the last place, and the little that float32 had lost before.
    half = torch.finfo(dtype).eps / 2 * exact.abs() * 1.001
    assert ((result.double() - exact).abs() <= half + 1e-5).all()
    assert result.dtype == dtype


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@given(leading, lengths, lengths, seeds)
@generated
def test_it_is_as_close_as_its_dtype_allows(dtype, rows, m, n, seed):
    a, v = whole((*rows[0], m), dtype, seed) / 7, whole((*rows[1], n), dtype, seed) / 7
    exact = numpy_rows(a, v).real
    # Each sum of at most k products: k roundings, relative to the sum of absolutes.
    bound = min(m, n) * torch.finfo(dtype).eps * numpy_rows(a.abs(), v.abs()).real
    assert ((convolve_fast(a, v).double() - exact).abs() <= bound).all()


@pytest.mark.parametrize(
    ("mode", "m", "n", "width"),
    [
        ("full", 5, 7, 11),
        ("same", 5, 7, 5),
        ("same", 7, 5, 7),
        ("valid", 5, 7, 3),
        ("valid", 7, 5, 3),
        ("valid", 4, 4, 1),
    ],
)
@pytest.mark.parametrize("rows", [(), (0,), (1,), (2, 3), (4000,)], ids=str)
def test_every_mode_has_its_length_whatever_the_rows(mode, m, n, width, rows):
    result = convolve_fast(torch.ones(*rows, m), torch.ones(*rows, n), mode)
    assert result.shape == (*rows, width)


@every_way
def test_it_convolves_both_ways_round(way):
    a, v = way_inputs(way)
    assert torch.equal(convolve_fast(a, v), convolve_fast(v, a))


@every_way
def test_it_leaves_its_inputs_alone(way):
    a, v = way_inputs(way)
    before = a.detach().clone(), v.detach().clone()
    convolve_fast(a, v)
    assert torch.equal(a, before[0])
    assert torch.equal(v, before[1])


@every_way
@pytest.mark.parametrize("scatter", SCATTERED.values(), ids=SCATTERED)
def test_it_takes_inputs_that_are_not_contiguous(way, scatter):
    a, v = map(scatter, way_inputs(way))
    assert len(a) == 1 or not a.is_contiguous()
    assert_equals_numpy(convolve_fast(a, v), a, v)


@every_way
def test_its_result_is_contiguous(way):
    assert convolve_fast(*way_inputs(way)).is_contiguous()


@pytest.mark.parametrize("way", ["_transpose", "_transpose one row"])
def test_autocast_changes_nothing(way):
    a, v = (t.float() / 7 for t in way_inputs(way))
    with torch.autocast("cpu"):
        found = convolve_fast(a, v)
    torch.testing.assert_close(found, convolve_fast(a, v))


@pytest.mark.filterwarnings("ignore:TF32")
def test_without_onednn_no_convolution_loops_over_rows(monkeypatch):
    monkeypatch.setattr(question, "_transpose", None)  # would raise if it were called
    a, v = way_inputs("_transpose")
    with torch.backends.mkldnn.flags(enabled=False):
        assert_equals_numpy(convolve_fast(a, v), a, v)


def test_it_runs_on_a_device_where_nothing_is_measured():
    a, v = (torch.ones(4000, k, device="meta") for k in (5, 7))
    assert convolve_fast(a, v).shape == (4000, 11)


def test_its_example_is_true():
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    names = {"torch": torch, "convolve_fast": convolve_fast}
    (example,) = finder.find(convolve_fast, "convolve_fast", globs=names)
    assert runner.run(example) == (0, 1)


# ---- memory, and numbers of rows that were never seen ----------------------------

LONG_PAIRS = """
import resource
import torch
from SO_CONVOLVE_QUESTION import convolve_fast

def peak(m, n, dtype):
    a = torch.ones(m, dtype=dtype, requires_grad=True)
    v = torch.ones(n, dtype=dtype, requires_grad=True)
    convolve_fast(a, v).sum().backward()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

for dtype in (torch.float32, torch.float64):
    for m, n in [(8_000, 8_000), (20, 1_000_000)]:
        before = peak(100, 100, dtype)
        print(m, n, dtype.itemsize, peak(m, n, dtype) - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the units differ")
def test_a_long_pair_takes_memory_in_proportion_to_its_length():
    for line in run_fresh(LONG_PAIRS).splitlines():
        m, n, itemsize, kibibytes = map(int, line.split())
        # Vectors and gradients, and a view for each shift; all products took 20 times.
        assert kibibytes <= 12 * (m + n) * itemsize / 1024 + 32 * 1024, line


@needs_onednn
def test_onednn_sees_few_numbers_of_rows(monkeypatch):
    seen = set()

    def spy(channels, kernels, groups):
        seen.add(groups)
        return function(channels, kernels, groups=groups)

    function = torch.conv_transpose1d
    monkeypatch.setattr(torch, "conv_transpose1d", spy)
    for rows in (10_000, *range(8_001, 12_000, 97)):
        assert convolve_fast(torch.ones(rows, 5), torch.ones(rows, 7)).shape[0] == rows
    assert seen == {10_000, 8_192, 10_240, 12_288}


# ---- infinities and NaN ---------------------------------------------------------


@pytest.mark.parametrize("rows", [2, 300, 4001])
def test_complex_infinities_meet_the_same_whatever_the_rows(rows):
    a = torch.tensor([complex("inf+1j"), 1 + 1j, 2, 0, 1])
    v = torch.tensor([2 + 3j, complex("nan"), 1, 1j])
    alone = convolve_fast(a, v)
    many = convolve_fast(a.repeat(rows, 1), v.repeat(rows, 1))
    assert torch.equal(many.isfinite(), alone.isfinite().expand_as(many))
    assert alone.isfinite().tolist() == [False] * 6 + [True, True]


@every_way
@pytest.mark.parametrize("odd", [float("inf"), float("-inf"), float("nan")])
@pytest.mark.parametrize("where", ["a", "v", "both"])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_an_odd_number_meets_what_it_meets_in_numpy(way, odd, where, place):
    a, v = (t.detach().clone() for t in way_inputs(way))
    row = len(a) // 2
    if where != "v":
        a[row, place] = odd
    if where != "a":
        v[row, place] = odd
    gradient = WAYS[way][-1]
    result = convolve_fast(a.requires_grad_(gradient), v).detach().double()
    alone = np.convolve(a[row].detach().double(), v[row].detach().double())
    torch.testing.assert_close(result[row], torch.tensor(alone), equal_nan=True)
    others = torch.arange(len(a)) != row
    assert result[others].isfinite().all()


# ---- derivatives and transforms -------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=str)
@pytest.mark.parametrize(
    ("rows_of_a", "rows_of_v", "m", "n"),
    [
        ((), (), 5, 3),
        ((2, 3), (3,), 3, 4),
        ((0,), (0,), 2, 3),
        ((700,), (), 3, 2),
        ((300,), (300,), 10, 2),
    ],
)
@every_mode
def test_its_derivatives_are_right(dtype, rows_of_a, rows_of_v, m, n, mode):
    a = whole((*rows_of_a, m), dtype, 0).requires_grad_()
    v = whole((*rows_of_v, n), dtype, 1).requires_grad_()
    function = partial(convolve_fast, mode=mode)
    options = {"fast_mode": True, "check_batched_grad": True}
    check, check_twice = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    assert check(function, (a, v), check_forward_ad=True, **options)
    assert check_twice(function, (a, v), check_fwd_over_rev=True, **options)


@every_way
def test_its_gradients_are_cross_correlations(way):
    a, v = (t.detach().requires_grad_() for t in way_inputs(way))
    out = convolve_fast(a, v)
    weight = whole(out.shape, out.dtype, 2)
    found = torch.autograd.grad(out, (a, v), weight)
    # out[k] holds a[i] * v[k - i], so a[i] gathers weight[i + j] * v[j].
    for gradient, other in zip(found, (v, a), strict=True):
        full = numpy_rows(weight, other.flip(-1)).real.to(out.dtype)
        first, width = other.shape[-1] - 1, gradient.shape[-1]
        assert torch.equal(gradient, full[:, first : first + width])


@every_way
@pytest.mark.parametrize("one", [0, 1])
def test_one_gradient_comes_alone(way, one):
    pair = [t.detach() for t in way_inputs(way)]
    both = [t.clone().requires_grad_() for t in pair]
    weight = torch.ones_like(convolve_fast(*pair))
    wanted = torch.autograd.grad(convolve_fast(*both), both, weight)[one]
    pair[one].requires_grad_()
    out = convolve_fast(*pair)
    if way != "_transpose one row":
        with torch.no_grad():
            pair[one].mul_(2)  # a gradient doesn't depend on its own variable
    (found,) = torch.autograd.grad(out, pair[one], weight)
    assert torch.equal(found, wanted)


@every_way
def test_second_derivatives_are_those_of_shift_and_add(way):
    def second(function):
        a, v = (t.detach().requires_grad_() for t in way_inputs(way))
        energy = function(a, v).square().sum()
        of_a, of_v = torch.autograd.grad(energy, (a, v), create_graph=True)
        return torch.autograd.grad(of_a.sum() + of_v.square().sum(), (a, v))

    for found, wanted in zip(
        second(convolve_fast), second(question.convolve_shift_add), strict=True
    ):
        torch.testing.assert_close(found, wanted)


@every_way
@pytest.mark.parametrize("gradient", [False, True])
def test_dual_numbers_carry_the_derivative_along(way, gradient):
    a, v = (t.detach().requires_grad_(gradient) for t in way_inputs(way))
    with forward_ad.dual_level():
        dual = convolve_fast(forward_ad.make_dual(a, a.detach()), v)
        value, tangent = forward_ad.unpack_dual(dual)
    assert torch.equal(tangent, value)  # linear in a


@every_way
def test_it_has_a_forward_derivative(way):
    a, v = (t.detach() for t in way_inputs(way))
    _, tangent = torch.func.jvp(convolve_fast, (a, v), (a, v))
    torch.testing.assert_close(tangent, 2 * convolve_fast(a, v))


@every_way
@pytest.mark.parametrize("in_dims", [(0, 0), (0, None), (None, 0), (1, 0)], ids=str)
def test_vmap_goes_over_either_or_both(way, in_dims):
    a, v = way_inputs(way)
    a = torch.stack([a, a + 1, a + 2], in_dims[0]) if in_dims[0] is not None else a
    v = torch.stack([v, v + 1, v + 2], in_dims[1]) if in_dims[1] is not None else v
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as: no batching rule, a loop instead
        result = torch.vmap(convolve_fast, in_dims)(a, v)
    a = a if in_dims[0] is None else a.movedim(in_dims[0], 0)
    assert torch.equal(result, convolve_fast(a, v))


def test_vmap_nests_and_mixes_with_grad():
    a, v = whole((3, 6), torch.float64, 0), whole((4, 5), torch.float64, 1)
    every_pair = torch.vmap(torch.vmap(convolve_fast, (None, 0)), (0, None))
    assert torch.equal(every_pair(a, v), convolve_fast(a[:, None], v))

    def energy(a, v):
        return convolve_fast(a, v).square().sum()

    x = a.clone().requires_grad_()
    energy(x, v[:3]).backward()
    by_row = torch.vmap(torch.func.grad(energy))
    assert torch.equal(by_row(a, v[:3]), x.grad)


@every_way
@pytest.mark.parametrize("jacobian", [torch.func.jacfwd, torch.func.jacrev])
def test_both_jacobians_are_the_toeplitz_matrix(way, jacobian):
    _, m, n, dtype, _ = WAYS[way]
    a, v = whole((m,), dtype, 0), whole((n,), dtype, 1)
    columns = [convolve_fast(e, v) for e in torch.eye(m, dtype=dtype)]
    assert torch.equal(jacobian(convolve_fast)(a, v), torch.stack(columns, 1))


@every_way
@every_mode
def test_it_compiles_into_one_graph(way, mode):
    torch.compiler.reset()
    compiled = torch.compile(convolve_fast, backend="eager", fullgraph=True)
    a, v = (t.detach().requires_grad_(t.is_floating_point()) for t in way_inputs(way))
    out = compiled(a, v, mode)
    assert_equals_numpy(out.detach(), a, v, mode)
    wanted = torch.autograd.grad(convolve_fast(a, v, mode).sum(), (a, v))
    for found, gradient in zip(
        torch.autograd.grad(out.sum(), (a, v)), wanted, strict=True
    ):
        torch.testing.assert_close(found, gradient)


def test_it_compiles_once_for_a_pair_of_lengths_whatever_the_rows():
    torch.compiler.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph

    compiled = torch.compile(
        convolve_fast, backend=backend, fullgraph=True, dynamic=True
    )
    for k, (m, n) in enumerate([(3, 4), (6, 7), (9, 3)]):
        for rows in (2, 5, 700, 5000):
            a = whole((rows, m), torch.float32, 0)
            v = whole((rows, n), torch.float32, 1)
            assert_equals_numpy(compiled(a, v), a, v)
        assert len(graphs) == k + 1


class Module(torch.nn.Module):
    forward = staticmethod(convolve_fast)


@pytest.mark.parametrize("strict", [False, True])
def test_it_is_exported_for_any_number_of_rows(strict):
    rows = torch.export.Dim("rows")
    example = whole((5, 5), torch.float32, 0), whole((5, 7), torch.float32, 1)
    dynamic = {"a": {0: rows}, "v": {0: rows}, "mode": None}
    program = torch.export.export(
        Module(), (*example, "full"), dynamic_shapes=dynamic, strict=strict
    )
    for count in (1, 2, 6, 500, 5000):
        a = whole((count, 5), torch.float32, count)
        v = whole((count, 7), torch.float32, count + 1)
        assert torch.equal(program.module()(a, v, "full"), convolve_fast(a, v))


TRANSFORMS = {
    "none": (lambda f: f, False),
    "vmap": (torch.vmap, True),
    "grad": (torch.func.grad, True),
    "vmap of grad": (lambda f: torch.vmap(torch.func.grad(f)), True),
    "jvp": (lambda f: lambda x: torch.func.jvp(f, (x,), (x,)), True),
    "functionalize": (torch.func.functionalize, True),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_is_noticed_compiled_or_not(name, compiled):
    if compiled and name == "functionalize":
        pytest.skip("torch.compile refuses it")
    noticed = []

    def function(x):
        noticed.append(question._is_transformed())
        return x.sum()

    transform, expected = TRANSFORMS[name]
    transformed = transform(function)
    if compiled:
        torch.compiler.reset()
        transformed = torch.compile(transformed, backend="eager", fullgraph=True)
    transformed(torch.ones(2) if name in ("none", "grad", "jvp") else torch.ones(3, 2))
    assert noticed == [expected]


# ---- its signature ---------------------------------------------------------------


def test_its_annotations_name_every_mode():
    hints = typing.get_type_hints(convolve_fast)
    assert typing.get_args(hints.pop("mode")) == tuple(MODES)
    assert set(hints.values()) == {torch.Tensor}
    assert set(hints) == {"a", "v", "return"}


# ---- bad input ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "v", "error", "named"),
    [
        ([1.0], ONES, TypeError, "not list and Tensor"),
        (ONES, np.ones(2), TypeError, "not Tensor and ndarray"),
        (ONES, ONES.to_sparse(), TypeError, "not torch.strided and torch.sparse_coo"),
        (ONES, NESTED, TypeError, "not torch.strided and nested"),
        (NESTED, NESTED, TypeError, "not nested and nested"),
        (JAGGED, ONES, TypeError, "not nested and torch.strided"),
        (ONES, ONES.double(), TypeError, "not torch.float32 and torch.float64"),
        (ONES.bool(), ONES.bool(), TypeError, "not torch.bool and torch.bool"),
        (ONES, ONES.to("meta"), ValueError, "not cpu and meta"),
        (ONES[:0], ONES, ValueError, "not (0,) and (2,)"),
        (ONES, ONES[:0], ValueError, "not (2,) and (0,)"),
        (ONES[0], ONES, ValueError, "not () and (2,)"),
        (ONES, ONES[0], ValueError, "not (2,) and ()"),
        (ONES.view(2, 1), torch.ones(3, 1), ValueError, "not (2, 1) and (3, 1)"),
        (torch.ones(0, 3), torch.ones(2, 3), ValueError, "not (0, 3) and (2, 3)"),
    ],
)
def test_it_refuses_bad_inputs_and_names_them(a, v, error, named):
    assert_refused(convolve_fast, a, v, error, named)


@pytest.mark.parametrize("mode", ["FULL", "circular", None])
def test_it_refuses_an_unknown_mode_and_names_it(mode):
    with pytest.raises(ValueError, match=re.escape(f"not {mode!r}")):
        convolve_fast(ONES, ONES, mode)

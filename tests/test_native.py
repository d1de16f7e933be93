"""The native operators keep the answers' contract, and torch's own rules for operators.

`test_answers.py` tries them beside the other answers.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import func
from torch.autograd import forward_ad, gradcheck, gradgradcheck

import native
from native import convolve_columns, convolve_native, operators
from SO_CONVOLVE_QUESTION import convolve_antidiagonals

pytestmark = pytest.mark.skipif(not native.has_compiler(), reason=native.NO_COMPILER)

every_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def whole_numbers(*shape, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(sum(shape) + seed)
    return torch.randint(-9, 10, shape, generator=generator).to(dtype)


class Layout(NamedTuple):
    """An operator, and how its tensors hold the signals of a batch."""

    convolve: Callable
    columns: bool

    def shape(self, rows, m):
        """Return the shape of `rows` signals of `m` numbers, or of one if None."""
        shape = (m,) if rows is None else (rows, m)
        return shape[::-1] if self.columns else shape

    def numbers(self, rows, *lengths, dtype=torch.float64):
        """Return a tensor of whole numbers for each of `lengths`, no two alike."""
        seeds = enumerate(lengths)
        shapes = [(self.shape(rows, m), 100 * seed) for seed, m in seeds]
        return [whole_numbers(*shape, dtype=dtype, seed=k) for shape, k in shapes]

    def turned(self, batch):
        """Return what is in this layout in rows, or the other way round: a view."""
        return batch.movedim(0, -1) if self.columns else batch

    def wanted(self, a, v):
        return self.turned(convolve_antidiagonals(self.turned(a), self.turned(v)))

    def first(self, rows, *batches):
        """Return the first `rows` signals of each batch, as tensors of their own."""
        return [self.turned(self.turned(b)[:rows]).contiguous() for b in batches]


ROWS, COLUMNS = Layout(convolve_native, False), Layout(convolve_columns, True)
# The last rows go another way. Columns take steps of a register or a cache line, 2 to
# 16 of them; the last step may begin within the one before.
BATCHES = [1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 50]


@pytest.fixture(params=[ROWS, COLUMNS], ids=["rows", "columns"])
def layout(request):
    return request.param


def gradients(f, a, v, weights):
    a, v = a.detach().requires_grad_(), v.detach().requires_grad_()
    return torch.autograd.grad(f(a, v), (a, v), weights)


@every_dtype
@pytest.mark.parametrize("m", [*range(1, 18), 40])
def test_it_is_exact_at_all_lengths_specialised_or_not(layout, m, dtype):
    for n in [*range(1, 18), 40]:
        a, v = layout.numbers(50, m, n, dtype=dtype)
        wanted = layout.wanted(a, v)
        for rows in BATCHES:
            result = layout.convolve(*layout.first(rows, a, v))
            assert result.is_contiguous()
            (first,) = layout.first(rows, wanted)
            torch.testing.assert_close(result, first, rtol=0, atol=0)


@every_dtype
@pytest.mark.parametrize("m", [1, 2, 8, 9, 10, 11, 17, 18, 19, 40])
def test_gradients_are_exact_at_all_lengths_specialised_or_not(layout, m, dtype):
    for n in [1, 2, 8, 9, 10, 11, 17, 18, 19, 40]:
        inputs = layout.numbers(50, m, n, m + n - 1, dtype=dtype)
        wanted = gradients(layout.wanted, *inputs)
        for rows in BATCHES:
            found = gradients(layout.convolve, *layout.first(rows, *inputs))
            first = layout.first(rows, *wanted)
            torch.testing.assert_close(found, tuple(first), rtol=0, atol=0)


@every_dtype
def test_it_agrees_with_numpy_on_random_numbers(layout, dtype):
    rng = np.random.default_rng(0)
    for m, n, rows in product([2, 9, 12], [5, 9, 40], [3, 50]):
        a, v = rng.random((rows, m)), rng.random((rows, n))
        wanted = np.stack([np.convolve(*pair) for pair in zip(a, v, strict=True)])
        inputs = (layout.turned(torch.from_numpy(x).to(dtype)) for x in (a, v))
        found = layout.turned(layout.convolve(*inputs))
        rtol = 1e-12 if dtype == torch.float64 else 1e-5
        np.testing.assert_allclose(found.numpy(), wanted, rtol=rtol)


@every_dtype
@pytest.mark.parametrize("rows", BATCHES)
def test_it_writes_no_further_than_its_result(layout, rows, dtype):
    # A cache line begins where the first result does, but not where the second does.
    for (m, n), begin in product([(1, 1), (2, 2), (5, 7), (9, 9), (16, 16)], [64, 67]):
        a, v = layout.numbers(rows, m, n, dtype=dtype)
        shape = layout.shape(rows, m + n - 1)
        memory = torch.full((begin + shape[0] * shape[1] + 64,), 77.0, dtype=dtype)
        out = memory[begin:-64].view(shape)
        assert layout.convolve(a, v, out=out) is out
        assert torch.equal(out, layout.wanted(a, v))
        assert (memory[:begin] == 77).all()
        assert (memory[-64:] == 77).all()


@pytest.mark.parametrize("lengths", [(5, 7), (12, 17)])
@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("row", [0, 20, 49])
def test_an_infinity_never_reaches_another_row(layout, row, which, lengths):
    lengths = (*lengths, sum(lengths) - 1)
    inputs = [torch.ones(layout.shape(50, length)) for length in lengths]
    layout.turned(inputs[which])[row, 2] = torch.inf
    results = [layout.convolve(*inputs[:2]), *gradients(layout.convolve, *inputs)]
    odd = torch.cat([~layout.turned(result).isfinite() for result in results], 1)
    assert odd.any(1).nonzero().tolist() == [[row]]


VIEWS = {  # of a batch, whose signals come first
    "sliced": lambda batch: batch[3:40],
    "sliced from one": lambda batch: batch[1:],
    "every other": lambda batch: batch[::2],
    "first numbers": lambda batch: batch[:, :4],
    "every other number": lambda batch: batch[:, ::2],
    "turned": lambda batch: batch.mT.contiguous().mT,
    "one for all": lambda batch: batch[:1].expand_as(batch),
    "one number for all": lambda batch: batch[:, :1].expand_as(batch),
    "negative": lambda batch: torch.complex(batch, batch).conj().imag,
}


@every_dtype
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_views_are_right(layout, view, dtype):
    inputs = layout.numbers(50, 5, 7, dtype=dtype)
    a, v = (layout.turned(view(layout.turned(batch))) for batch in inputs)
    wanted = layout.wanted(a, v)
    weights = whole_numbers(*wanted.shape[::-1], dtype=dtype).T  # scattered, too
    for signals in (a, a.contiguous()):
        assert torch.equal(layout.convolve(signals, v), wanted)
        out = torch.empty_like(wanted, memory_format=torch.contiguous_format)
        assert torch.equal(layout.convolve(signals, v, out=out), wanted)
        found = gradients(layout.convolve, signals, v, weights)
        assert all(map(torch.equal, found, gradients(layout.wanted, a, v, weights)))


def test_a_negative_view_is_one():
    assert VIEWS["negative"](torch.ones(2, 3)).is_neg()


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("begin", [0, 1])
def test_columns_written_past_the_caches_are_right(begin, more):
    source = Path(native.__file__).with_name("convolve.cpp").read_text("utf-8")
    (size,) = re.findall(r"PAST_CACHES = (\d+) << 20;", source)
    # Just large enough, if `more` is 0; and aligned, if `begin` is, too.
    lines, numbers = 4, (int(size) << 20) // 4
    B = numbers // lines + more
    assert more or B % 16 == 0
    a, v = COLUMNS.numbers(B, 3, 2, dtype=torch.float32)
    memory = torch.full((begin + lines * B + 64,), 77.0)
    out = memory[begin:-64].view(lines, B)
    convolve_columns(a, v, out=out)
    wanted = torch.zeros(lines, B)
    for i in range(3):
        wanted[i : i + 2].addcmul_(a[i], v)
    assert torch.equal(out, wanted)
    assert (memory[:begin] == 77).all()
    assert (memory[-64:] == 77).all()


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@every_dtype
def test_several_threads_give_the_same_numbers_as_one(layout, dtype, threads):
    # Large enough to be split, and into parts of unequal size.
    inputs = [b / 7 for b in layout.numbers(200_003, 5, 7, 11, dtype=dtype)]
    runs = []
    for count in (1, 2, 3):
        threads(count)
        result = layout.convolve(*inputs[:2])
        runs.append((result, *gradients(layout.convolve, *inputs)))
    for run in runs[1:]:
        assert all(map(torch.equal, run, runs[0]))


@pytest.mark.parametrize(
    ("rows", "length", "dtype", "named"),
    [
        (3, 10, torch.float64, "not {found}"),
        (None, 11, torch.float64, "not {found}"),
        (3, 11, torch.float32, "torch.float64, not {found} and torch.float32"),
    ],
)
def test_a_result_that_does_not_fit_is_refused(layout, rows, length, dtype, named):
    a, v = layout.numbers(3, 5, 7)
    found = layout.shape(rows, length)
    with pytest.raises(ValueError, match="out must be") as caught:
        layout.convolve(a, v, out=torch.empty(found, dtype=dtype))
    assert f"must be {layout.shape(3, 11)}" in str(caught.value)
    assert named.format(found=found) in str(caught.value)


def test_a_scattered_result_is_refused(layout):
    a, v = layout.numbers(3, 5, 7)
    out = torch.empty(layout.shape(3, 11)[::-1], dtype=torch.float64).T
    with pytest.raises(ValueError, match="not contiguous"):
        layout.convolve(a, v, out=out)


@pytest.mark.parametrize("which", [0, 1])
def test_a_shared_result_is_refused_and_one_beside_is_not(layout, which):
    inputs = layout.numbers(3, 5, 5)
    other = inputs[1 - which]
    # Of 15 numbers that begin here, the first or the last is one of the result's 27.
    memory = torch.ones(100, dtype=torch.float64)
    out = memory[20:47].view(layout.shape(3, 9))
    for begin, shared in [(5, False), (6, True), (30, True), (46, True), (47, False)]:
        inputs[which] = memory[begin : begin + 15].view(layout.shape(3, 5))
        inputs[which].copy_(other)
        if shared:
            with pytest.raises(ValueError, match="memory of its own"):
                layout.convolve(*inputs, out=out)
        else:
            wanted = layout.wanted(*inputs)
            assert torch.equal(layout.convolve(*inputs, out=out), wanted)


@pytest.mark.parametrize(
    ("make", "error", "named"),
    [
        (lambda shape: 1, TypeError, "out must be a tensor, not int"),
        (lambda shape: torch.empty(shape, device="meta"), ValueError, "not on meta"),
        (lambda shape: torch._neg_view(torch.empty(shape)), ValueError, "negative"),
    ],
)
def test_what_nothing_can_be_written_to_is_refused(layout, make, error, named):
    a, v = layout.numbers(3, 5, 7, dtype=torch.float32)
    with pytest.raises(error, match=named):
        layout.convolve(a, v, out=make(layout.shape(3, 11)))


def test_autograd_never_uses_what_was_overwritten(layout):
    a, v, out = layout.numbers(3, 5, 7, 11)
    weights = torch.ones_like(out, requires_grad=True)
    product = weights * out
    layout.convolve(a, v, out=out)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.sum().backward()
    with torch.inference_mode():
        out = out.clone()
        assert layout.convolve(a, v, out=out) is out


def test_a_result_to_write_to_takes_no_gradients(layout):
    a, v = layout.numbers(3, 5, 7)
    a.requires_grad_()
    out = torch.empty(layout.shape(3, 11), dtype=torch.float64)
    with pytest.raises(ValueError, match="no gradients"):
        layout.convolve(a, v, out=out)
    with torch.no_grad():
        assert torch.equal(layout.convolve(a, v, out=out), layout.wanted(a, v))
    with pytest.raises(ValueError, match="no gradients"):
        layout.convolve(a.detach(), v, out=out.requires_grad_())


@pytest.mark.parametrize("sizes", [(None, 5, 7), (3, 5, 7), (3, 7, 5), (2, 10, 3)])
def test_gradients_are_right_twice(layout, sizes):
    inputs = [batch.requires_grad_() for batch in layout.numbers(*sizes)]

    def operator(a, v):
        return operators().convolve(a, v, layout.columns)

    for function in (layout.convolve, operator):
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)


def squared(f):
    return lambda a, v: f(a, v).square().sum()


def sloped(f):
    """Return the gradients of the sum of squares of `f`."""
    return func.grad(squared(f), argnums=(0, 1))


TRANSFORMS = {
    "vmap": torch.vmap,
    "vmap of one": lambda f: torch.vmap(f, (0, None)),
    "grad": sloped,
    "jvp": lambda f: lambda a, v: func.jvp(f, (a, v), (a.flip(0), v.flip(0))),
    "vjp": lambda f: lambda a, v: func.vjp(f, a, v)[1](f(a, v)),
    "hessian": lambda f: func.hessian(squared(f)),
    "jacrev of jacfwd": lambda f: func.jacrev(func.jacfwd(squared(f), 1)),
    "vmap of grad of vmap": lambda f: torch.vmap(sloped(torch.vmap(f))),
    "jvp of vmap of grad": lambda f: (
        lambda a, v: func.jvp(torch.vmap(sloped(f)), (a, v), (v, a))
    ),
    "functionalize": func.functionalize,
}


def inputs_for(name):
    a, v = whole_numbers(2, 4), whole_numbers(2, 4) + 1  # rows, or columns as well
    if name == "vmap of one":
        return a, v[0]
    if name == "vmap of grad of vmap":
        return torch.stack([a, a + 1]), torch.stack([v, v - 1])
    return a, v


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_is_right(layout, name):
    inputs = inputs_for(name)
    found = TRANSFORMS[name](layout.convolve)(*inputs)
    wanted = TRANSFORMS[name](layout.wanted)(*inputs)
    torch.testing.assert_close(found, wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "name", "backend"),
    [
        *[(ROWS, name, "aot_eager") for name in TRANSFORMS if name != "functionalize"],
        (ROWS, "vmap", "eager"),
        (ROWS, "jvp", "eager"),
        (COLUMNS, "grad", "aot_eager"),  # columns differ by a turn alone
        (COLUMNS, "jvp", "aot_eager"),
    ],
)
def test_every_transform_compiles_to_one_graph(form, name, backend):
    torch.compiler.reset()
    inputs = inputs_for(name)
    transformed = TRANSFORMS[name](form.convolve)
    compiled = torch.compile(transformed, backend=backend, fullgraph=True)
    torch.testing.assert_close(compiled(*inputs), transformed(*inputs))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Dynamo does not know how to trace")
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("vmap", True),
        ("grad", True),
        ("jvp", True),
        ("functionalize", True),
        ("functionalize", False),
    ],
)
def test_what_torch_compile_does_not_support_is_right_or_refused(
    layout, name, outside, backend
):
    torch.compiler.reset()
    inputs = inputs_for(name)
    compiled = torch.compile(layout.convolve, backend=backend)
    compiled(*inputs)
    transformed = TRANSFORMS[name](compiled if outside else layout.convolve)
    if not outside:
        transformed = torch.compile(transformed, backend=backend)
    with contextlib.suppress(RuntimeError):  # torch's own
        found = transformed(*inputs)
        wanted = TRANSFORMS[name](layout.wanted)(*inputs)
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("backend", [None, "eager", "aot_eager", "inductor"])
@pytest.mark.parametrize("tangents_first", [False, True])
def test_dual_tensors_keep_their_tangents(layout, backend, tangents_first):
    torch.compiler.reset()
    a, v, *tangents = layout.numbers(3, 5, 7, 5, 7)
    wanted = layout.wanted(a, v)
    of_a, of_v = layout.wanted(tangents[0], v), layout.wanted(a, tangents[1])
    function = layout.convolve
    if backend:
        function = torch.compile(function, backend=backend)
    if not tangents_first:
        assert torch.equal(function(a, v), wanted)
    with forward_ad.dual_level():
        duals = map(forward_ad.make_dual, (a, v), tangents)
        value, tangent = forward_ad.unpack_dual(function(*duals))
    assert torch.equal(value, wanted)
    assert torch.equal(tangent, of_a + of_v)
    assert torch.equal(function(a, v), wanted)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_one_graph_refuses_dual_tensors_also_once_it_is_compiled(layout, backend):
    torch.compiler.reset()
    a, v = layout.numbers(3, 5, 7)
    compiled = torch.compile(layout.convolve, backend=backend, fullgraph=True)
    compiled(a, v)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(a, a)
        with pytest.raises(RuntimeError, match="lose the tangents of dual tensors"):
            compiled(dual, v)


def test_forward_over_reverse_and_reverse_over_forward_are_right(layout):
    inputs = [batch.requires_grad_() for batch in layout.numbers(3, 5, 7)]
    assert gradcheck(layout.convolve, inputs, check_forward_ad=True)
    assert gradgradcheck(layout.convolve, inputs, check_fwd_over_rev=True)
    assert gradgradcheck(layout.convolve, inputs, check_rev_over_rev=True)
    assert gradcheck(layout.convolve, inputs, check_batched_grad=True)
    assert gradcheck(
        layout.convolve, inputs, check_batched_forward_grad=True, check_forward_ad=True
    )


def test_a_graph_exported_without_tangents_refuses_them(layout):
    class Module(torch.nn.Module):
        def forward(self, a, v):
            return layout.convolve(a, v)

    a, v = layout.numbers(3, 5, 7)
    exported = torch.export.export(Module(), (a, v)).module()
    assert torch.equal(exported(a, v), layout.wanted(a, v))
    with forward_ad.dual_level(), pytest.raises(NotImplementedError, match="jvp"):
        exported(forward_ad.make_dual(a, a), v)
    with pytest.raises(RuntimeError, match="functorch transforms"):
        func.jvp(exported, (a, v), (a, v))


@pytest.mark.parametrize("name", ["vmap", "grad", "jvp", "functionalize"])
def test_a_result_to_write_to_is_refused_under_transforms(layout, name):
    a, v = inputs_for(name)
    rows, m = (None, len(a[0])) if name == "vmap" else layout.turned(a).shape
    out = torch.empty(layout.shape(rows, 2 * m - 1), dtype=a.dtype)
    with pytest.raises(
        NotImplementedError, match=r"out works neither under torch\.func"
    ):
        TRANSFORMS[name](lambda a, v: layout.convolve(a, v, out=out))(a, v)


def test_a_result_to_write_to_is_refused_with_tangents(layout):
    a, v, out = layout.numbers(3, 5, 7, 11)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(a, a)
        with pytest.raises(NotImplementedError, match="nor in forward mode"):
            layout.convolve(dual, v, out=out)


@pytest.mark.parametrize("needed", [0, 1])
def test_one_gradient_alone(layout, needed):
    inputs = layout.numbers(3, 5, 7)
    inputs[needed].requires_grad_()
    layout.convolve(*inputs).sum().backward()
    total = inputs[1 - needed].sum(0 if layout.columns else 1, keepdim=True)
    assert torch.equal(inputs[needed].grad, total.expand_as(inputs[needed]))
    assert inputs[1 - needed].grad is None


@pytest.mark.parametrize("rows", [None, 3])
@pytest.mark.parametrize("gradients", [False, True])
def test_torch_finds_no_fault_with_the_operators(layout, rows, gradients):
    a, v, out = layout.numbers(rows, 5, 7, 11)
    torch.library.opcheck(operators().convolve_out, (a, v, out, layout.columns))
    for tensor in (a, v, out):
        tensor.requires_grad_(gradients)
    torch.library.opcheck(operators().convolve, (a, v, layout.columns))
    torch.library.opcheck(operators().correlate, (out, v, layout.columns))


def test_it_compiles_to_one_graph_with_gradients(layout):
    torch.compiler.reset()
    compiled = torch.compile(layout.convolve, backend="aot_eager", fullgraph=True)
    for m, n in [(5, 7), (7, 5), (2, 9)]:
        a, v, weights = layout.numbers(3, m, n, m + n - 1)
        assert torch.equal(compiled(a, v), layout.wanted(a, v))
        found = gradients(compiled, a, v, weights)
        assert all(map(torch.equal, found, gradients(layout.wanted, a, v, weights)))


def test_what_is_compiled_is_the_operator(layout):
    torch.compiler.reset()
    called = []

    def backend(graph, inputs):
        called.extend(node.target for node in graph.graph.nodes)
        return graph

    compiled = torch.compile(layout.convolve, backend=backend, fullgraph=True)
    compiled(*layout.numbers(3, 5, 7))
    assert called.count(operators().convolve) == 1


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_result_to_write_to_compiles_to_one_graph(layout, backend):
    torch.compiler.reset()
    a, v, out = layout.numbers(3, 5, 7, 11)
    compiled = torch.compile(layout.convolve, backend=backend, fullgraph=True)
    assert compiled(a, v, out=out) is out
    assert torch.equal(out, layout.wanted(a, v))


# Signals and kernels, each as rows (None is a pair's), length and dtype; and the error.
BAD = {
    "batch": ((3, 5), (4, 7), ValueError),
    "one kernel": ((3, 5), (None, 7), ValueError),
    "one signal": ((None, 5), (3, 7), ValueError),
    "empty": ((3, 5), (3, 0), ValueError),
    "nothing": ((0, 5), (0, 7), ValueError),
    "mixed": ((3, 5), (3, 7, torch.float64), TypeError),
    "short": ((3, 5, torch.float16), (3, 7, torch.float16), TypeError),
}


def bad_inputs(layout, name):
    """Return what is bad, the error, and a pattern for what it says."""
    *sizes, error = BAD[name]
    inputs = [
        torch.ones(layout.shape(*size[:2]), dtype=(*size, torch.float32)[2])
        for size in sizes
    ]
    told = [t.dtype if error is TypeError else tuple(t.shape) for t in inputs]
    named = re.escape("not {} and {}".format(*told))
    if error is ValueError:
        layouts = "(m, B) and (n, B)" if layout.columns else "(B, m) and (B, n)"
        named = f"{re.escape(layouts)}.+{named}"
    return inputs, error, named


every_bad_input = pytest.mark.parametrize("bad", BAD)


@every_bad_input
def test_compiled_it_refuses_bad_inputs_by_name(layout, bad):
    inputs, error, named = bad_inputs(layout, bad)
    torch.compiler.reset()
    with pytest.raises(error, match=named):
        torch.compile(layout.convolve, backend="aot_eager")(*inputs)
    torch.compiler.reset()
    with pytest.raises(RuntimeError, match=named):  # torch's, which quotes it
        torch.compile(layout.convolve, backend="aot_eager", fullgraph=True)(*inputs)


@every_bad_input
def test_every_way_refuses_the_same(layout, bad):
    inputs, error, named = bad_inputs(layout, bad)
    with pytest.raises(error, match=named):
        layout.convolve(*inputs)
    with pytest.raises(error, match=named):
        layout.convolve(*inputs, out=torch.ones(layout.shape(3, 11)))
    with forward_ad.dual_level(), pytest.raises(error, match=named):
        layout.convolve(*inputs)


@every_bad_input
@pytest.mark.parametrize("name", native.Operators._fields)
def test_the_operators_refuse_the_same_when_only_shapes_are_known(layout, name, bad):
    inputs, error, named = bad_inputs(layout, bad)
    operator = getattr(operators(), name)
    if name == "convolve_out":
        inputs.append(torch.ones(layout.shape(3, 11)))
    with pytest.raises(RuntimeError):
        operator(*inputs, layout.columns)
    with pytest.raises(error, match=named):
        operator(*(tensor.to("meta") for tensor in inputs), layout.columns)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("correlate", [(3, 4), (3, 5)]),
        ("correlate", [(None, 4), (None, 5)]),
        ("correlate", [(2, 9), (3, 5)]),
        ("correlate", [(None, 9), (3, 5)]),
        ("convolve_out", [(3, 5), (3, 7), (3, 10)]),
        ("convolve_out", [(None, 5), (None, 7), (1, 11)]),
    ],
)
def test_they_refuse_lengths_that_do_not_fit_either_way(layout, name, sizes):
    shapes = [layout.shape(*size) for size in sizes]
    inputs = [torch.ones(shape) for shape in shapes]
    operator = getattr(operators(), name)
    with pytest.raises(RuntimeError):
        operator(*inputs, layout.columns)
    with pytest.raises(ValueError, match=re.escape(f"{shapes[-1]}")):
        operator(*(tensor.to("meta") for tensor in inputs), layout.columns)


COMPILED = """
import torch
from native import convolve_native
a, v = torch.ones(3, 5, requires_grad=True), torch.ones(3, 7)
compiled = torch.compile(convolve_native, backend="aot_eager", fullgraph=True)
compiled(a, v).sum().backward()
assert a.grad.eq(7).all()
"""
COMPILED_INTO = """
import torch
from native import convolve_columns
out = torch.empty(11, 3)
compiled = torch.compile(convolve_columns, backend="eager", fullgraph=True)
compiled(torch.ones(5, 3), torch.ones(7, 3), out=out)
assert out.sum() == 3 * 5 * 7
"""
THREADS = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from native import operators
start = Barrier(4)
def load(_):
    start.wait()
    return operators()
with ThreadPoolExecutor(4) as pool:
    assert len(set(pool.map(load, range(4)))) == 1
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [COMPILED, COMPILED_INTO, THREADS])
def test_the_first_call_of_a_process_may_be_compiled_or_come_from_four_threads(script):
    operators()  # builds, if need be
    folders = map(
        str, [Path(native.__file__).parents[1], Path(native.__file__).parents[2]]
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_other_devices_are_refused(layout):
    a = torch.ones(3, 5, device="meta")
    with pytest.raises(ValueError, match="on the CPU, not on meta"):
        layout.convolve(a, a)

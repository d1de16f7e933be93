"""The native operator keeps the answers' contract, and torch's own rules for operators.

`test_answers.py` tries it beside the other answers.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import func
from torch.autograd import forward_ad, gradcheck, gradgradcheck

import native
from native import convolve_native, operators
from SO_CONVOLVE_QUESTION import convolve_antidiagonals, convolve_shift_add

pytestmark = pytest.mark.skipif(not native.has_compiler(), reason=native.NO_COMPILER)

every_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def whole_numbers(*shape, dtype=torch.float64):
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randint(-9, 10, shape, generator=generator).to(dtype)


@every_dtype
@pytest.mark.parametrize("m", [*range(1, 18), 40])
def test_it_is_exact_at_all_lengths_specialised_or_not(m, dtype):
    for n in [*range(1, 18), 40]:
        for rows in (1, 2, 3, 50):  # the last rows go another way
            a = whole_numbers(rows, m, dtype=dtype)
            v = whole_numbers(rows, n, dtype=dtype)
            result = convolve_native(a, v)
            torch.testing.assert_close(result, convolve_shift_add(a, v), rtol=0, atol=0)


@every_dtype
def test_it_writes_no_further_than_its_result(dtype):
    for m, n in [(1, 1), (2, 2), (5, 7), (9, 9), (16, 16)]:
        memory = torch.full((52, m + n - 1), 77.0, dtype=dtype)
        out = memory[1:-1]
        a, v = whole_numbers(50, m, dtype=dtype), whole_numbers(50, n, dtype=dtype)
        assert convolve_native(a, v, out=out) is out
        assert torch.equal(out, convolve_shift_add(a, v))
        assert (memory[[0, -1]] == 77).all()


@pytest.mark.parametrize("which", [0, 1])
def test_an_infinity_never_reaches_another_row(which):
    inputs = torch.ones(50, 5), torch.ones(50, 7)
    inputs[which][20, 2] = torch.inf
    touched = ~convolve_native(*inputs).isfinite()
    assert touched.any(1).nonzero().tolist() == [[20]]


@pytest.mark.parametrize(
    ("shape", "dtype", "named"),
    [
        ((3, 10), torch.float64, r"must be \(3, 11\).+ not \(3, 10\)"),
        ((11,), torch.float64, r"must be \(3, 11\).+ not \(11,\)"),
        ((3, 11), torch.float32, "torch.float64, not .+ and torch.float32"),
    ],
)
def test_a_result_that_does_not_fit_is_refused(shape, dtype, named):
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    with pytest.raises(ValueError, match=named):
        convolve_native(a, v, out=torch.empty(shape, dtype=dtype))


def test_a_scattered_or_shared_result_is_refused():
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    with pytest.raises(ValueError, match="not contiguous"):
        convolve_native(a, v, out=torch.empty(11, 3, dtype=torch.float64).T)
    memory = torch.ones(33 + 15, dtype=torch.float64)
    with pytest.raises(ValueError, match="memory of its own"):
        convolve_native(memory[32:47].view(3, 5), v, out=memory[:33].view(3, 11))
    beside, out = memory[33:].view(3, 5), memory[:33].view(3, 11)
    assert torch.equal(convolve_native(beside, v, out=out), convolve_native(beside, v))


def test_a_result_to_write_to_takes_no_gradients():
    a, v = whole_numbers(3, 5).requires_grad_(), whole_numbers(3, 7)
    out = torch.empty(3, 11, dtype=torch.float64)
    with pytest.raises(ValueError, match="no gradients"):
        convolve_native(a, v, out=out)
    with torch.no_grad():
        assert torch.equal(convolve_native(a, v, out=out), convolve_shift_add(a, v))


@pytest.mark.parametrize("shapes", [((5,), (7,)), ((3, 5), (3, 7)), ((3, 7), (3, 5))])
def test_gradients_are_right_twice(shapes):
    a, v = (whole_numbers(*shape).requires_grad_() for shape in shapes)
    assert gradcheck(convolve_native, (a, v))
    assert gradgradcheck(convolve_native, (a, v))
    assert gradcheck(operators().convolve, (a, v))
    assert gradgradcheck(operators().convolve, (a, v))


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
    a, v = whole_numbers(2, 4), whole_numbers(2, 4) + 1
    if name == "vmap of one":
        return a, v[0]
    if name == "vmap of grad of vmap":
        return torch.stack([a, a + 1]), torch.stack([v, v - 1])
    return a, v


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_is_right(name):
    inputs = inputs_for(name)
    found = TRANSFORMS[name](convolve_native)(*inputs)
    wanted = TRANSFORMS[name](convolve_antidiagonals)(*inputs)
    torch.testing.assert_close(found, wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *[(name, "aot_eager") for name in TRANSFORMS if name != "functionalize"],
        ("vmap", "eager"),
        ("jvp", "eager"),
    ],
)
def test_every_transform_compiles_to_one_graph(name, backend):
    torch.compiler.reset()
    inputs = inputs_for(name)
    transformed = TRANSFORMS[name](convolve_native)
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
    name, outside, backend
):
    torch.compiler.reset()
    inputs = inputs_for(name)
    compiled = torch.compile(convolve_native, backend=backend)
    compiled(*inputs)
    transformed = TRANSFORMS[name](compiled if outside else convolve_native)
    if not outside:
        transformed = torch.compile(transformed, backend=backend)
    with contextlib.suppress(RuntimeError):  # torch's own
        found = transformed(*inputs)
        wanted = TRANSFORMS[name](convolve_antidiagonals)(*inputs)
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("backend", [None, "eager", "aot_eager", "inductor"])
@pytest.mark.parametrize("tangents_first", [False, True])
def test_dual_tensors_keep_their_tangents(backend, tangents_first):
    torch.compiler.reset()
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    tangents = whole_numbers(3, 5) + 1, whole_numbers(3, 7) - 1
    of_a = convolve_antidiagonals(tangents[0], v)
    of_v = convolve_antidiagonals(a, tangents[1])
    function = convolve_native
    if backend:
        function = torch.compile(function, backend=backend)
    if not tangents_first:
        assert torch.equal(function(a, v), convolve_antidiagonals(a, v))
    with forward_ad.dual_level():
        duals = map(forward_ad.make_dual, (a, v), tangents)
        value, tangent = forward_ad.unpack_dual(function(*duals))
    assert torch.equal(value, convolve_antidiagonals(a, v))
    assert torch.equal(tangent, of_a + of_v)
    assert torch.equal(function(a, v), convolve_antidiagonals(a, v))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_one_graph_refuses_dual_tensors_also_once_it_is_compiled(backend):
    torch.compiler.reset()
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    compiled = torch.compile(convolve_native, backend=backend, fullgraph=True)
    compiled(a, v)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(a, a)
        with pytest.raises(RuntimeError, match="lose the tangents of dual tensors"):
            compiled(dual, v)


def test_forward_over_reverse_and_reverse_over_forward_are_right():
    a, v = whole_numbers(3, 5).requires_grad_(), whole_numbers(3, 7).requires_grad_()
    assert gradcheck(convolve_native, (a, v), check_forward_ad=True)
    assert gradgradcheck(convolve_native, (a, v), check_fwd_over_rev=True)
    assert gradgradcheck(convolve_native, (a, v), check_rev_over_rev=True)
    assert gradcheck(convolve_native, (a, v), check_batched_grad=True)
    assert gradcheck(
        convolve_native, (a, v), check_batched_forward_grad=True, check_forward_ad=True
    )


def test_a_graph_exported_without_tangents_refuses_them():
    class Module(torch.nn.Module):
        def forward(self, a, v):
            return convolve_native(a, v)

    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    exported = torch.export.export(Module(), (a, v)).module()
    assert torch.equal(exported(a, v), convolve_antidiagonals(a, v))
    with forward_ad.dual_level(), pytest.raises(NotImplementedError, match="jvp"):
        exported(forward_ad.make_dual(a, a), v)
    with pytest.raises(RuntimeError, match="functorch transforms"):
        func.jvp(exported, (a, v), (a, v))


@pytest.mark.parametrize("name", ["vmap", "grad", "jvp", "functionalize"])
def test_a_result_to_write_to_is_refused_under_transforms(name):
    a, v = inputs_for(name)
    out = torch.empty(4 + 4 - 1, dtype=a.dtype)
    out = out if name == "vmap" else out.expand(2, 7).contiguous()
    with pytest.raises(
        NotImplementedError, match=r"out works neither under torch\.func"
    ):
        TRANSFORMS[name](lambda a, v: convolve_native(a, v, out=out))(a, v)


def test_a_result_to_write_to_is_refused_with_tangents():
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    out = torch.empty(3, 11, dtype=a.dtype)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(a, a)
        with pytest.raises(NotImplementedError, match="nor in forward mode"):
            convolve_native(dual, v, out=out)


@pytest.mark.parametrize("needed", [0, 1])
def test_one_gradient_alone(needed):
    inputs = [whole_numbers(3, 5), whole_numbers(3, 7)]
    inputs[needed].requires_grad_()
    convolve_native(*inputs).sum().backward()
    total = inputs[1 - needed].sum(1, keepdim=True)
    assert torch.equal(inputs[needed].grad, total.expand_as(inputs[needed]))
    assert inputs[1 - needed].grad is None


@pytest.mark.parametrize("rows", [(), (3,)])
@pytest.mark.parametrize("gradients", [False, True])
def test_torch_finds_no_fault_with_the_operators(rows, gradients):
    a, v = whole_numbers(*rows, 5), whole_numbers(*rows, 7)
    out = whole_numbers(*rows, 11)
    torch.library.opcheck(operators().convolve, (a, v))
    torch.library.opcheck(operators().correlate, (out, v))
    torch.library.opcheck(operators().convolve_out, (a, v, out))
    for tensor in (a, v, out):
        tensor.requires_grad_(gradients)
    torch.library.opcheck(operators().convolve, (a, v))
    torch.library.opcheck(operators().correlate, (out, v))


def test_it_compiles_to_one_graph_with_gradients():
    torch.compiler.reset()
    compiled = torch.compile(convolve_native, backend="aot_eager", fullgraph=True)
    for m, n in [(5, 7), (7, 5), (2, 9)]:
        a, v = (
            whole_numbers(3, m).requires_grad_(),
            whole_numbers(3, n).requires_grad_(),
        )
        result = compiled(a, v)
        assert torch.equal(result, convolve_shift_add(a, v))
        wanted = torch.autograd.grad(convolve_shift_add(a, v).sum(), (a, v))
        found = torch.autograd.grad(result.sum(), (a, v))
        assert all(map(torch.equal, found, wanted))


def test_what_is_compiled_is_the_operator():
    torch.compiler.reset()
    called = []

    def backend(graph, inputs):
        called.extend(node.target for node in graph.graph.nodes)
        return graph

    compiled = torch.compile(convolve_native, backend=backend, fullgraph=True)
    compiled(whole_numbers(3, 5), whole_numbers(3, 7))
    assert called.count(operators().convolve) == 1


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_result_to_write_to_compiles_to_one_graph(backend):
    torch.compiler.reset()
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    out = torch.empty(3, 11, dtype=a.dtype)
    compiled = torch.compile(convolve_native, backend=backend, fullgraph=True)
    assert compiled(a, v, out=out) is out
    assert torch.equal(out, convolve_shift_add(a, v))


BAD = [  # a, v, error, what names it
    (torch.ones(3, 5), torch.ones(4, 7), ValueError, r"not \(3, 5\) and \(4, 7\)"),
    (torch.ones(3, 5), torch.ones(7), ValueError, r"not \(3, 5\) and \(7,\)"),
    (torch.ones(3, 5), torch.ones(3, 0), ValueError, r"not \(3, 5\) and \(3, 0\)"),
    (
        torch.ones(3, 5),
        torch.ones(3, 7).double(),
        TypeError,
        "float32 and torch.float64",
    ),
    (torch.ones(3, 5).half(), torch.ones(3, 7).half(), TypeError, "not torch.float16"),
]


@pytest.mark.parametrize(("a", "v", "error", "named"), BAD)
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_it_refuses_bad_inputs_by_name(backend, a, v, error, named):
    torch.compiler.reset()
    with pytest.raises(error, match=named):
        torch.compile(convolve_native, backend=backend)(a, v)
    torch.compiler.reset()
    with pytest.raises(RuntimeError, match=named):  # torch's, which quotes it
        torch.compile(convolve_native, backend=backend, fullgraph=True)(a, v)


@pytest.mark.parametrize(("a", "v", "error", "named"), BAD)
def test_what_takes_another_way_refuses_the_same(a, v, error, named):
    with forward_ad.dual_level(), pytest.raises(error, match=named):
        convolve_native(a, v)


@pytest.mark.parametrize(("a", "v", "error", "named"), BAD)
@pytest.mark.parametrize("name", native.Operators._fields)
def test_the_operators_refuse_the_same_when_only_shapes_are_known(
    name, a, v, error, named
):
    operator = getattr(operators(), name)
    more = [torch.ones(3, 11)] if name == "convolve_out" else []
    with pytest.raises(RuntimeError):
        operator(a, v, *more)
    with pytest.raises(error, match=named):
        operator(*(tensor.to("meta") for tensor in (a, v, *more)))


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("correlate", [(3, 4), (3, 5)]),
        ("correlate", [(4,), (5,)]),
        ("convolve_out", [(3, 5), (3, 7), (3, 10)]),
        ("convolve_out", [(5,), (7,), (1, 11)]),
    ],
)
def test_they_refuse_lengths_that_do_not_fit_either_way(name, shapes):
    for device, error in [("cpu", RuntimeError), ("meta", ValueError)]:
        inputs = [torch.ones(shape, device=device) for shape in shapes]
        with pytest.raises(error):
            getattr(operators(), name)(*inputs)


COMPILED = """
import torch
from native import convolve_native
a, v = torch.ones(3, 5, requires_grad=True), torch.ones(3, 7)
compiled = torch.compile(convolve_native, backend="aot_eager", fullgraph=True)
compiled(a, v).sum().backward()
assert a.grad.eq(7).all()
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
@pytest.mark.parametrize("script", [COMPILED, THREADS])
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


@pytest.mark.parametrize("grad", [torch.ones(3, 4), torch.ones(2, 9), torch.ones(9)])
def test_the_operators_themselves_refuse_what_would_not_fit(grad):
    with pytest.raises(RuntimeError):
        operators().correlate(grad, torch.ones(3, 5))


def test_it_agrees_with_numpy_on_random_numbers():
    rng = np.random.default_rng(0)
    a, v = rng.random((50, 9)), rng.random((50, 9))
    wanted = np.stack([np.convolve(*pair) for pair in zip(a, v, strict=True)])
    found = convolve_native(torch.from_numpy(a), torch.from_numpy(v))
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-13)


def test_other_devices_are_refused():
    a = torch.ones(3, 5, device="meta")
    with pytest.raises(ValueError, match="on the CPU, not on meta"):
        convolve_native(a, a)

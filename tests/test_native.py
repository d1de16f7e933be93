"""The native operator keeps the answers' contract, and torch's own rules for operators.

`test_answers.py` tries it beside the other answers.
"""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.func import jacrev

import native
from native import convolve_native, operators
from SO_CONVOLVE_QUESTION import convolve_shift_add

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
        convolve_native(memory[33:].view(3, 5), v, out=memory[:33].view(3, 11))


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
    assert gradcheck(operators().full, (a, v))
    assert gradgradcheck(operators().full, (a, v))


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_torch_func_may_transform_it():
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    found, wanted = (
        [slopes(a), jacrev(slopes)(a)]
        for function in (convolve_native, convolve_shift_add)
        for slopes in [jacrev(lambda a, f=function: f(a, v).square().sum())]
    )
    torch.testing.assert_close(found, wanted)


def test_forward_mode_is_refused_and_not_silently_left_out():
    a, v = whole_numbers(3, 5), whole_numbers(3, 7)
    with pytest.raises(NotImplementedError, match="jvp"):
        torch.func.jvp(lambda a: convolve_native(a, v), (a,), (a,))
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(a, a)
        with pytest.raises(NotImplementedError, match="no forward-mode derivatives"):
            convolve_native(dual, v)
        assert torch.equal(convolve_native(a, v), convolve_shift_add(a, v))


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
    torch.library.opcheck(operators().full_plain, (a, v))
    torch.library.opcheck(operators().correlate_plain, (out, v))
    torch.library.opcheck(operators().full_out, (a, v, out))
    for tensor in (a, v, out):
        tensor.requires_grad_(gradients)
    torch.library.opcheck(operators().full, (a, v))
    torch.library.opcheck(operators().correlate, (out, v))


def test_it_compiles_to_one_graph_with_gradients():
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


@pytest.mark.parametrize("grad", [torch.ones(3, 4), torch.ones(2, 9), torch.ones(9)])
def test_the_operators_themselves_refuse_what_would_not_fit(grad):
    with pytest.raises(RuntimeError):
        operators().correlate(grad, torch.ones(3, 5))


def test_without_a_compiler_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(native, "COMPILER", "no-such-compiler")
    assert not native.has_compiler()
    with pytest.raises(RuntimeError, match="apt-get install g\\+\\+"):
        native._build()


def test_the_name_of_what_is_built_follows_the_source(monkeypatch, tmp_path):
    before = native._key()
    changed = tmp_path / "convolve.cpp"
    changed.write_text(native.SOURCE.read_text() + "\n")
    monkeypatch.setattr(native, "SOURCE", changed)
    assert native._key() != before


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


def test_what_the_compiler_says_is_told(monkeypatch, tmp_path):
    broken = tmp_path / "convolve.cpp"
    broken.write_text("int main( {")
    monkeypatch.setattr(native, "SOURCE", broken)
    with pytest.raises(RuntimeError, match=r"can't build convolve\.cpp:\n.+error"):
        native._compile(tmp_path / "convolve.so")

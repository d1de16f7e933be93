"""What is compiled besides the operators: a count, and two kinds of stores."""

import platform
import shutil

import pytest
import torch

import native
from native import convolve_columns, instructions
from native.instructions import KINDS, count_instructions
from native.stores import columns_with

pytestmark = [
    pytest.mark.skipif(not native.has_compiler(), reason=native.NO_COMPILER),
    pytest.mark.slow,
]
on_x86 = pytest.mark.skipif(
    platform.machine() not in instructions.X86, reason="it reads the assembly of x86"
)
COMPILERS = [
    pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason="none"))
    for name in ("g++", "clang++")
]


@on_x86
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize(("flags", "registers"), [("x86-64-v4", 1), ("haswell", 2)])
def test_the_loops_are_counted(monkeypatch, compiler, flags, registers):
    """A register holds 16 numbers or 8: so 1 or 2 take part for sixteen columns."""
    monkeypatch.setenv("CXX", compiler)
    flag = f"-march={flags}"
    columns = count_instructions("columns", 5, 7, flag)
    # With few registers GCC does some work twice, and keeps sums on the stack.
    few = 2 if registers > 1 else 1
    assert 35 * registers <= columns["multiply-adds"] <= 35 * registers * few
    assert 11 * registers <= columns["stores"] <= 11 * registers * few
    assert columns["shuffles"] == 0
    assert columns["loads"] >= 12 * registers
    rows = count_instructions("rows", 5, 7, flag)
    assert rows["multiply-adds"] == 80 * registers
    assert rows["stores"] == 16 * registers
    assert rows["shuffles"] >= 64 * registers
    assert rows["all"] > 2 * columns["all"] > 2 * 46 * registers
    assert count_instructions("rows", 7, 5, flag) == rows


def test_where_assembly_is_not_read_it_says_so(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    counts = count_instructions("rows", 5, 7)
    assert counts == dict.fromkeys([*KINDS, "all"], instructions.UNREADABLE)


@on_x86
def test_a_compiler_that_fails_is_told():
    with pytest.raises(RuntimeError, match="can't compile rows"):
        count_instructions("rows", 5, 7, "-no-such-flag")


@pytest.mark.parametrize("stream", [False, True])
def test_both_stores_write_the_same(stream):
    torch.manual_seed(0)
    a, v, out = torch.randn(5, 160), torch.randn(7, 160), torch.zeros(11, 160)
    convolve = columns_with(stream)
    assert convolve(a, v, out) is out
    torch.testing.assert_close(out, convolve_columns(a, v))
    for wrong in [
        (a[:, :15].contiguous(), v[:, :15].contiguous(), out[:, :15].contiguous()),
        (a, v, out[:10]),
        (a.double(), v, out),
        (a, v, out.T.contiguous().T),
    ]:
        with pytest.raises(ValueError, match="do not fit"):
            convolve(*wrong)

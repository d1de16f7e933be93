"""The full convolution as a native operator: C++ in `convolve.cpp`, built on first use.

It needs GCC or Clang. The built library is kept in torch's folder for extensions, under
a name made of the source, torch's version, the processor and the compiler.
"""

import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch.autograd import forward_ad

from SO_CONVOLVE_QUESTION import _as_batch

# The import warns where a CUDA toolkit is installed and no GPU is seen.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils import cpp_extension  # noqa: E402

SOURCE = Path(__file__).with_name("convolve.cpp")
COMPILER = os.environ.get("CXX", "c++")
NO_COMPILER = (
    "the native operator needs a C++ compiler, GCC or Clang, and found none: on Debian "
    "and Ubuntu run apt-get install g++, on macOS xcode-select --install"
)


def has_compiler():
    """Tell whether there is a compiler to build the operator with."""
    return os.name == "posix" and shutil.which(COMPILER) is not None


class Operators(NamedTuple):
    """The operators; the plain ones know nothing of autograd, and are called faster."""

    full: Callable
    full_plain: Callable
    full_out: Callable
    correlate: Callable
    correlate_plain: Callable


_operators = None


def operators():
    """Return the `Operators`; build and register them on the first call.

    Raises RuntimeError without a compiler, or if it fails.
    """
    global _operators  # a cache that torch.compile can look through
    if _operators is None:
        _operators = _build()
    return _operators


def _build():
    if not has_compiler():
        raise RuntimeError(NO_COMPILER)
    root = os.environ.get("TORCH_EXTENSIONS_DIR")
    root = root or cpp_extension.get_default_build_root()
    folder = Path(root, f"convolve_native_{_key()}")
    library = folder / "convolve.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            compiled = Path(unfinished, library.name)
            _compile(compiled)
            compiled.replace(library)  # at once, whoever else is building it
    torch.ops.load_library(library)
    _register()
    ops = torch.ops.convolve_native
    return Operators(*(getattr(ops, name).default for name in Operators._fields))


def _compile(library):
    options = ["-std=c++20", "-O3", "-march=native", "-shared", "-fPIC"]
    headers = [f"-I{path}" for path in cpp_extension.include_paths()]
    libraries = [f"-L{path}" for path in cpp_extension.library_paths()]
    files = [SOURCE, "-o", library, *libraries, "-ltorch_cpu", "-lc10"]
    command = [COMPILER, *options, *headers, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{COMPILER} can't build {SOURCE.name}:\n{done.stderr}")


def _key():
    """Return what a built library depends on, as a short hash."""
    cpuinfo = Path("/proc/cpuinfo")
    processor = platform.processor() + platform.machine()
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        processor += next((line for line in lines if line.startswith("flags")), "")
    parts = [SOURCE.read_text(), torch.__version__, processor, COMPILER]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _register():
    """Tell torch the shapes of the results, and the gradients."""

    def shape_of_full(a, v):
        return a.new_empty(*a.shape[:-1], a.shape[-1] + v.shape[-1] - 1)

    def shape_of_correlate(grad, other):
        return grad.new_empty(*grad.shape[:-1], grad.shape[-1] - other.shape[-1] + 1)

    for name, shape_of, gradient in [
        ("full", shape_of_full, _Full),
        ("correlate", shape_of_correlate, _Correlate),
    ]:
        name = f"convolve_native::{name}"
        torch.library.register_fake(name, shape_of)
        torch.library.register_fake(f"{name}_plain", shape_of)
        torch.library.register_autograd(name, gradient.backward, setup_context=_keep)
    torch.library.register_fake("convolve_native::full_out", lambda a, v, out: None)


def _keep(ctx, inputs, output=None):
    ctx.save_for_backward(*inputs)


class _Full(torch.autograd.Function):
    """The full convolution and its gradients, which are cross-correlations.

    out[k] holds a[i] * v[k - i], so the gradient of a[i] gathers grad[i + j] * v[j].
    """

    @staticmethod
    def forward(ctx, a, v):
        _keep(ctx, (a, v))
        return operators().full_plain(a, v)

    @staticmethod
    def backward(ctx, grad):
        a, v = ctx.saved_tensors
        of_a, of_v = ctx.needs_input_grad
        return (
            _choose("correlate", grad, v) if of_a else None,
            _choose("correlate", grad, a) if of_v else None,
        )


class _Correlate(torch.autograd.Function):
    """The cross-correlation: out[i] holds grad[i + j] * other[j]."""

    @staticmethod
    def forward(ctx, grad, other):
        _keep(ctx, (grad, other))
        return operators().correlate_plain(grad, other)

    @staticmethod
    def backward(ctx, grad):
        long, short = ctx.saved_tensors
        of_long, of_short = ctx.needs_input_grad
        return (
            _choose("full", grad, short) if of_long else None,
            _choose("correlate", long, grad) if of_short else None,
        )


# torch.func wants a forward without ctx. Such a call takes three times as long.
class _FullForFunc(_Full):
    generate_vmap_rule = True
    forward = staticmethod(lambda a, v: operators().full_plain(a, v))
    setup_context = staticmethod(_keep)


class _CorrelateForFunc(_Correlate):
    generate_vmap_rule = True
    forward = staticmethod(lambda grad, other: operators().correlate_plain(grad, other))
    setup_context = staticmethod(_keep)


_FUNCTIONS = {
    "full": (_Full, _FullForFunc),
    "correlate": (_Correlate, _CorrelateForFunc),
}


def _choose(name, a, v):
    """Call an operator by the shortest way that whoever watches can follow."""
    if torch.compiler.is_compiling():
        return getattr(operators(), name)(a, v)
    if torch._C._are_functorch_transforms_active():  # then requires_grad may not tell
        return _FUNCTIONS[name][1].apply(a, v)
    if torch.is_grad_enabled() and (a.requires_grad or v.requires_grad):
        return _FUNCTIONS[name][0].apply(a, v)
    if forward_ad._current_level >= 0:
        _refuse_tangents(a, v)
    ops = _operators or operators()
    return ops.full_plain(a, v) if name == "full" else ops.correlate_plain(a, v)


def _refuse_tangents(*tensors):
    if any(forward_ad.unpack_dual(tensor).tangent is not None for tensor in tensors):
        raise NotImplementedError(
            "convolve_native has no forward-mode derivatives: take convolve_fast"
        )


def convolve_native(a, v, out=None):
    """Convolve each row of `a` with the same row of `v`, in registers.

    Args:
        a, v: signals (m,) or (B, m) and kernels (n,) or (B, n) on the CPU, both float32
            or both float64, contiguous or not; B, m, n >= 1.
        out: where to write the result: contiguous, of its shape and dtype, memory of
            its own. It takes no gradients.

    Returns the full convolution, (m + n - 1,) or (B, m + n - 1), or `out`. Autograd
    works backward, any number of times; so do `torch.compile` and `torch.func`, the
    latter slowly. Numbers are finite: an infinity or a NaN may spread over its row,
    never to another.

    Raises TypeError, ValueError: see `SO_CONVOLVE_QUESTION`, and for `out`;
    RuntimeError: no compiler; NotImplementedError: derivatives in forward mode.
    """
    try:
        if not (a.is_cpu and v.is_cpu):
            _as_batch(a, v)
            raise ValueError(f"a and v must be on the CPU, not on {a.device}")
        if out is None:
            return _choose("full", a, v)
        _check_memory(a, v, out)
        operators().full_out(a, v, out)
        return out
    except (AttributeError, RuntimeError, TypeError):
        *_, shape = _as_batch(a, v)  # tells what is wrong with the input, if that is it
        if out is not None:
            _check_shape(out, shape, a.dtype)
        raise


def _check_memory(a, v, out):
    place = out.untyped_storage().data_ptr()
    if place in (a.untyped_storage().data_ptr(), v.untyped_storage().data_ptr()):
        raise ValueError("out must have memory of its own, and shares an input's")
    recorded = a.requires_grad or v.requires_grad
    if out.requires_grad or (recorded and torch.is_grad_enabled()):
        raise ValueError("out takes no gradients: leave it away, or use no_grad")


def _check_shape(out, shape, dtype):
    if out.shape != shape or out.dtype != dtype or not out.is_contiguous():
        kind = "" if out.is_contiguous() else ", not contiguous"
        found = f"{tuple(out.shape)} and {out.dtype}{kind}"
        raise ValueError(f"out must be {shape}, contiguous, {dtype}, not {found}")

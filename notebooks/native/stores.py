"""The operator for columns, with either kind of store; only the usual ones prefetch."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from compilers import find_compiler

from .building import FLAGS, FOLDER

SOURCE = """#include "columns.h"
extern "C" void convolve(const float* a, const float* v, float* out, int64_t B) {
  convolve_columns<float, 5, 7, PAST_CACHES>({a, B}, {v, B}, {out, B}, B);
}"""


def columns_with(stream: bool) -> Callable:
    """Return a function of (a, v, out) that convolves columns of 5 × 7, in float32.

    With `stream` it writes past the caches, where the processor has such stores. The
    three are contiguous, (5, B), (7, B) and (11, B), and B is a multiple of 16. It
    raises ValueError if they are not; `columns_with` raises RuntimeError if the
    compiler fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "columns.cpp"), Path(folder, "columns.so")
        source.write_text(SOURCE)
        flags = [*FLAGS, f"-DPAST_CACHES={int(stream)}", f"-I{FOLDER}"]
        done = subprocess.run(
            [*find_compiler().command, *flags, str(source), "-o", str(library)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the compiler fails:\n{done.stderr}")
        native = ctypes.CDLL(str(library)).convolve
    native.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_int64]

    def convolve(a, v, out):
        B = a.shape[-1]
        fit = [tuple(x.shape) for x in (a, v, out)] == [(5, B), (7, B), (11, B)]
        for x in (a, v, out):
            fit = fit and x.is_contiguous() and x.dtype == torch.float32
        if not fit or B % 16 or out.data_ptr() % 64:
            raise ValueError("a, v and out do not fit")
        native(a.data_ptr(), v.data_ptr(), out.data_ptr(), B)
        return out

    return convolve

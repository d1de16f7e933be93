"""Count what a processor is told to do: compile a loop of an operator to assembly."""

import platform
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from compilers import NATIVE, find_compiler

from .building import FOLDER

# Each convolves B signals and kernels of float32, LONGER and SHORTER numbers long.
SOURCES = {
    "columns": """#include "columns.h"
void convolve(const float* a, const float* v, float* out, int64_t B) {
  convolve_columns<float, LONGER, SHORTER, false>({a, B}, {v, B}, {out, B}, B);
}""",
    "rows": """#include "rows.h"
constexpr int WIDTH = LONGER + SHORTER - 1, MOST = WIDEST / 4;
constexpr int L = WIDTH <= 4 ? 4 : WIDTH <= 8 && 8 < MOST ? 8 : MOST;
void convolve(const float* a, const float* v, float* out, int64_t B) {
  convolve_registers<float, false, L, SHORTER, (LONGER + L - 1) / L,
                     (WIDTH + L - 1) / L>(a, LONGER, v, out, B);
}""",
}
X86, UNREADABLE = ("x86_64", "AMD64"), "not counted: no x86"
PER_PASS = {"columns": 16, "rows": 1}  # convolutions in one pass of the loop
KINDS = {  # of instructions, as x86's assembly names and writes them
    "multiply-adds": r"vfn?madd|v?mulp",
    "shuffles": r"v?p?(?:perm|shuf|unpck|align|expand|insert|extract|blend)",
    "loads": r"v.*\)(?:\{1to\d+\})?,",
    "stores": r"v?mov(?:[au]p[sd]|dq[au]\d*)\b.*\)(?:\{.*\})?$",
}


def count_instructions(
    layout: str, m: int, n: int, *flags: str
) -> dict[str, int | str]:
    """Count the instructions for 16 convolutions of m × n, float32, in `layout`.

    `layout` is "rows" or "columns". The dict has "all" of the operator's loop, and some
    kinds of them: one that loads and multiplies counts as both. `flags` are further
    ones for the compiler. On processors other than x86, whose assembly it can't read,
    it says so in place of the counts. Raises RuntimeError if the compiler fails.
    """
    if platform.machine() not in X86:
        return dict.fromkeys([*KINDS, "all"], UNREADABLE)
    lines = _loop(_assembly(layout, max(m, n), min(m, n), flags))
    counts = Counter({"all": len(lines)})
    for kind, pattern in KINDS.items():
        counts[kind] = sum(bool(re.match(pattern, line)) for line in lines)
    return {kind: counts[kind] * 16 // PER_PASS[layout] for kind in [*KINDS, "all"]}


def _assembly(layout, m, n, flags):
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "loop.cpp"), Path(folder, "loop.s")
        source.write_text(SOURCES[layout])
        lengths = [f"-DLONGER={m}", f"-DSHORTER={n}", f"-I{FOLDER}"]
        command = [*find_compiler().command, "-std=c++20", "-O3", NATIVE, *flags]
        done = subprocess.run(
            [*command, *lengths, "-S", str(source), "-o", str(result)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} can't compile {layout}:\n{done.stderr}")
        return result.read_text()


def _loop(assembly):
    """Return the instructions of the loop that multiplies most, one text each."""
    lines, places, loops = [], {}, [[]]
    for line in map(str.strip, assembly.splitlines()):
        line = re.sub(r"\s*#.*", "", line)
        if label := re.match(r"(\S+):$", line):
            places[label[1]] = len(lines)
        elif line and not line.startswith("."):
            lines.append(line)
            jump = re.match(r"j\w+\s+(\S+)", line)
            if jump and jump[1] in places:  # back
                loops.append(lines[places[jump[1]] :])
    multiplying = re.compile(KINDS["multiply-adds"])
    return max(loops, key=lambda loop: sum(bool(multiplying.match(i)) for i in loop))

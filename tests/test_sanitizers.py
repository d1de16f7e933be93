"""The masks of `sanitize.cfg` hide what varies, and nothing else."""

import re

import nbformat
import pytest
from nbval.plugin import get_sanitize_patterns
from packaging.requirements import Requirement
from paths import NOTEBOOKS, ROOT

from workshop.measure.verdicts import NO_VERDICT

CONFIGURED = (ROOT / "tests" / "sanitize.cfg").read_text(encoding="ascii")
PATTERNS = dict(get_sanitize_patterns(CONFIGURED))

PROFILE = """\
Timer unit: 1e-09 s

Total time: 0.000921 s
File: SO_CONVOLVE_QUESTION.py
Function: convolve at line 41

Line #      Hits         Time  Per Hit   % Time  Line Contents
==============================================================
    41                                           def convolve(a, v):
    53        40       9911.0    247.8      1.1          for j in range(vcols):
    54        35     724782.0  20708.1     78.6              out[:, i+j] += e[:, i, j]
"""
SAME_PROFILE_ELSEWHERE = """\
Timer unit: 1e-07 s

Total time: 5.2e-05 s
File: SO_CONVOLVE_QUESTION.py
Function: convolve at line 41

Line #      Hits         Time   Per Hit   % Time  Line Contents
===============================================================
    41                                            def convolve(a, v):
    53        40          9.0       0.2      0.0          for j in range(vcols):
    54        35     2.47e+12  7.06e+10    100.0              out[:, i+j] += e[:, i, j]
"""
LOGGED = """\
oneDNN: reorder by jit:uni
oneDNN: convolution by jit_dw:avx512_core
kernels of 8
"""
LOGGED_ELSEWHERE = """\
oneDNN: refused: width unroll exceeds padding size
oneDNN: convolution by x64:gemm:jit
oneDNN: reorder by jit:uni
kernels of 8
"""
WAY = ", gradient=False: convolve_fast → _convolve_full → "
VARYING = [
    ("12.3 µs", "4.0 ms"),
    (
        "   133       247    9911.0   247.8   1.1          for unit, row in step.flows",
        "   133                                            for unit, row in step.flows",
    ),
    ("1.2 s", "0.0 s"),
    ("999.9 ns a call", "2 s a call"),
    ("| fast | 2.5 µs | 25 s | 7 h |", "| fast | 40.1 µs | 1,185 s | 110 h |"),
    ("5 blocks were done twice", "12 blocks were done twice"),
    ("| a | 808.5 µs | 81.5 µs | 1× |", "| a | 1.1 ms | 2.0 µs | 0.98× |"),
    ("grouped is 0.034× as fast", "grouped is 1,234× as fast"),
    ("1e-05×", "3.2×"),
    ("3.2×", "1.01× slower"),
    ("12 % of the time", "7.5 % of the time"),
    ("Fastest here: convolve_fft", "Fastest here: convolve_transposed"),
    ("3.2×", "0.9× to 1.2×: no clear difference"),
    ("4.8×", f"0.9× to 1e+02×: {NO_VERDICT}"),
    (
        "Here, from somewhere between 95 and 1,800 rows on",
        "Here, from somewhere between 1 and 1.9 rows on",
    ),
    ("Here, at none of these sizes", "Here, at all of these sizes"),
    (
        "Here, from kernels of 7 to kernels of 8",
        "Here, nobody can tell: a copy shows as much",
    ),
    (
        "**✓ Ready:** torch 2.13.0\n\n<details><summary>Details</summary>",
        "**✗ To do:** GPU: wait\n\n<details open><summary>Details</summary>",
    ),
    ("| cores granted | 2 | nothing |", "| cores granted | 0.5 | expect other times |"),
    ("| instruction set | AVX2 | nothing |", "| instruction set | NEON | nothing: a |"),
    ("| GPU | none | nothing |", "| GPU | Apple GPU | nothing: left idle |"),
    ('"data:image/png;base64,iVBOR/+a=="', '"data:image/png;base64,AAAA"'),
    ("Writing my_loop.py", "Overwriting my_loop.py"),
    (PROFILE, SAME_PROFILE_ELSEWHERE),
    (LOGGED, LOGGED_ELSEWHERE),
    ("cores granted: 2", "cores granted: 0.5"),
    ("threads: 2, median 1.2 ms", "threads: 16, median 3 ms"),
    ("You wrote 3. It is 24 of 60 races: you", "You wrote 3. It is 1 of 60 races."),
    ("| busy, long blocks | 30 | 4 | 1 |", "| busy, long blocks | 7 | 12 | 0 |"),
    (
        "| 1 calls a block | 0% of the blocks |  |",
        "| 1 calls a block | 3% of the blocks |",
    ),
    ("| quiet | 1.0 s | 2.0 s | 3 | is content |", "| quiet | 1 s | 2 s | 1 | warns |"),
    (
        "5 rows, call 1: 3.1 ms; oneDNN: 252 refusals, 4 built",
        "5 rows, call 1: 0.2 ms; oneDNN: 0 refusals, 0 built",
    ),
    (f"rows=4000{WAY}_transpose", f"rows=4000{WAY}_add_in_place"),
    (
        "float32, 1 row: [S a / 1.3× 12×*]",
        "float32, 1 row: [a a / 7.1× –]",
    ),
    (
        "| rows, assembly | 80 | 64 | 96 | 16 | 368 |",
        "| rows, assembly | not counted: no x86 | not counted: no x86 |",
    ),
    ("10,743 page faults, 32.9 ms", "524 page faults, 15.2 ms"),
    ("float64, with gradients, 9 rows: [S]", "float64, with gradients, 9 rows: [a]"),
]
KEPT = [
    ("12.3 µs a call", "12.3 µs a row"),
    ("speed-up 3.2×", "gain 3.2×"),
    ("3.2× to 4×: no clear difference", "3.2× to 4×: no difference"),
    ("5 × 7", "5 × 8"),
    ("5×7", "5×8"),
    ("43 times fewer calls", "42 times fewer calls"),
    ("217 calls", "216 calls"),
    ("12 % of the calls", "13 % of the calls"),
    ("| grouped | 5 | 360 |", "| grouped | 6 | 360 |"),
    ("| grouped | 5 | 360 |", "| grouped | 5 | 361 |"),
    ("| convolve | 217 | 12.3 µs |", "| convolve | 216 | 12.3 µs |"),
    ("tensor([35., 7.])", "tensor([36., 7.])"),
    ("Fastest here: a", "Slowest here: a"),
    ("Fastest here: a, 217 calls", "Fastest here: a, 216 calls"),
    ("Here, the loop wins", "Here, the loop loses"),
    ("| numpy | 217 | 3 | 12.3 µs |", "| numpy | 216 | 3 | 12.3 µs |"),
    ("| torch | 2.13.0 | nothing |", "| scipy | 2.13.0 | nothing |"),
    ("| threads in use | 1 | nothing |", "| threads in use | 2 | nothing |"),
    (
        'alt="a" src="data:image/png;base64,AA"',
        'alt="b" src="data:image/png;base64,AA"',
    ),
    ("Writing my_loop.py", "Writing my_other.py"),
    (LOGGED, LOGGED.replace("of 8", "of 7")),
    ("cores seen: 2", "cores seen: 3"),
    ("You wrote 3. It is 24 of 60 calls.", "You wrote 3. It is 1 of 60 calls."),
    ("| busy, long blocks | 3 | 4 | 1 |", "| busy, short blocks | 3 | 4 | 1 |"),
    ("5 rows, call 1: 3.1 ms; 4 built", "5 rows, call 1: 3.1 ms; 0 built"),
    (f"rows=500{WAY}_transpose", f"rows=500{WAY}_add_in_place"),
    (f"rows=4000{WAY}_transpose", f"rows=4000{WAY}_sum_antidiagonals"),
    ("You wrote 7. It is 5 of 60 races.", "You wrote 6. It is 5 of 60 races."),
    ("You wrote 7. It is 5 of 7.", "You wrote 7. It is 4 of 7."),
    ("float32, 1 row: [S]", "float64, 1 row: [S]"),
    ("float32, 1 row: [S]", "float32, 2 rows: [S]"),
    ("float32, 1 row: [S]", "float32, with gradients, 1 row: [S]"),
    (PROFILE, PROFILE.replace("   35  ", "   36  ")),
    (PROFILE, PROFILE.replace("   54  ", "   55  ")),
    (PROFILE, PROFILE.replace("   41  ", "   42  ")),
    (PROFILE, PROFILE.replace("+= e", "-= e")),
    (PROFILE, PROFILE.replace("def convolve", "def other")),
    (PROFILE, PROFILE.replace("at line 41", "at line 42")),
    (PROFILE, PROFILE.replace("File: SO", "File: NO")),
]


def sanitized(text):
    """Return `text` as nbval compares it."""
    for regex, replace in PATTERNS.items():
        text = re.sub(regex, replace, text)
    return text


@pytest.mark.parametrize(("one", "other"), VARYING)
def test_what_varies_is_masked(one, other):
    assert one != other
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize(("one", "other"), KEPT)
def test_what_is_counted_or_said_is_still_compared(one, other):
    assert sanitized(one) != sanitized(other)


def test_the_version_of_every_required_package_is_masked():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        row = f"| {Requirement(line).name} | {{}} | nothing |"
        assert sanitized(row.format("1.0")) == sanitized(row.format("2.0+cpu"))


def stored_texts():
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                yield from [output.get("text", ""), *output.get("data", {}).values()]


@pytest.mark.parametrize("regex", PATTERNS)
def test_no_mask_is_without_use(regex):
    assert any(re.search(regex, str(text)) for text in stored_texts())

"""What torch and oneDNN do today, and the series tells: the day it ends, these fail.

`upstream/` holds a script for each, which needs torch alone, and beside it the text of
a report to torch or oneDNN.
"""

import re
import subprocess
import sys

import pytest
import torch
from paths import ROOT

UPSTREAM = ROOT / "tests" / "upstream"

needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN"
)


def printed(script):
    command = [sys.executable, str(UPSTREAM / script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.slow
@needs_onednn
def test_in_float64_torch_runs_a_convolution_for_each_group():
    found = dict(re.findall(r"torch\.(float\d\d) (.+)", printed("grouped_float64.py")))
    assert "'aten::mkldnn_convolution': 1}" in found["float32"]
    assert "'aten::_slow_conv2d_forward': 1000}" in found["float64"], (
        "In float64 torch no longer takes the groups one by one: good. Rewrite the end "
        "of “Group the batch”, what “Choose by a map” says of float64, and README's "
        "surprise; run tests/tools/benchmark.py and fit convolve_fast's rule "
        "anew."
    )


@pytest.mark.slow
@needs_onednn
def test_onednn_refuses_its_depthwise_code_where_the_padding_is_wide():
    log = re.split(r"(padded_\w+, \d+)\n", printed("depthwise_padding.py"))
    log = dict(zip(log[1::2], log[2::2], strict=True))
    if "jit_dw:avx" not in log["padded_inside, 4"]:  # 4 is the width unroll of AVX2
        pytest.skip("this processor has neither AVX2 nor AVX-512")
    assert "exec,cpu,convolution,jit_dw" in log["padded_before, 9"]
    refused = "width unroll exceeds padding size"
    assert refused in log["padded_inside, 9"], (
        "oneDNN no longer refuses its depthwise code where the padding is wide: good. "
        "Rewrite “The cliff” in “Choose by a map”; run "
        "tests/tools/benchmark.py and fit convolve_fast's rule anew."
    )
    assert "exec,cpu,convolution,x64:gemm" in log["padded_inside, 9"]

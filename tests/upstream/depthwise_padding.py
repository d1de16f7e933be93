"""Show which of oneDNN's codes does a depthwise conv1d, by its padding.

Needs torch alone. With the word `time` it times them instead, without oneDNN's log.
"""

import os
import sys
import time

TIMED = "time" in sys.argv
if not TIMED:
    os.environ["ONEDNN_VERBOSE"] = "dispatch,profile_exec"  # before oneDNN is loaded

import torch  # noqa: E402

CHANNELS = 1000
PADDINGS = range(2, 10)


def inputs(padding):
    """Return signals (1, CHANNELS, 5) and kernels (CHANNELS, 1, padding + 1)."""
    return torch.ones(1, CHANNELS, 5), torch.ones(CHANNELS, 1, padding + 1)


def padded_inside(padding):
    signals, kernels = inputs(padding)
    return torch.conv1d(signals, kernels, padding=padding, groups=CHANNELS)


def padded_before(padding):
    signals, kernels = inputs(padding)
    padded = torch.nn.functional.pad(signals, (padding, padding))
    return torch.conv1d(padded, kernels, groups=CHANNELS)


def microseconds(function, padding):
    """Return the least time of 200 calls."""
    times = []
    for _ in range(200):
        start = time.perf_counter()
        function(padding)
        times.append(time.perf_counter() - start)
    return min(times) * 1e6


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability())
    for padding in PADDINGS:
        for function in (padded_inside, padded_before):
            print(f"{function.__name__}, {padding}", flush=True)
            if TIMED:
                print(f"{microseconds(function, padding):.0f} us")
            else:
                function(padding)  # oneDNN prints its log

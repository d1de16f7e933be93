"""Count the convolutions inside one grouped conv1d, and time it. Needs torch alone."""

import time

import torch
from torch.profiler import ProfilerActivity, profile

GROUPS = 1000


def inputs(dtype):
    """Return signals (1, GROUPS, 5) and kernels (GROUPS, 1, 5)."""
    return torch.ones(1, GROUPS, 5, dtype=dtype), torch.ones(GROUPS, 1, 5, dtype=dtype)


def grouped(signals, kernels):
    return torch.conv1d(signals, kernels, padding=4, groups=GROUPS)


def unfolded(signals, kernels):
    """Do the same by one batched product of matrices, without a loop over groups."""
    windows = torch.nn.functional.pad(signals, (4, 4)).unfold(2, 5, 1)
    return torch.bmm(windows.squeeze(0), kernels.mT).mT.reshape(1, GROUPS, 9)


def convolutions(dtype):
    """Return a dict of operator -> its calls, for one grouped conv1d."""
    with profile(activities=[ProfilerActivity.CPU]) as trace:
        grouped(*inputs(dtype))
    return {e.key: e.count for e in trace.key_averages() if "conv" in e.key}


def seconds(function, dtype):
    """Return the least time of 200 calls."""
    arguments, times = inputs(dtype), []
    for _ in range(200):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability())
    for dtype in (torch.float32, torch.float64):
        print(dtype, convolutions(dtype))
        torch.testing.assert_close(grouped(*inputs(dtype)), unfolded(*inputs(dtype)))
    double = seconds(grouped, torch.float64)
    print("On one thread, grouped conv1d in float64 takes, as a multiple of")
    print(f"- the same in float32: {double / seconds(grouped, torch.float32):.0f}")
    print(f"- unfold and bmm: {double / seconds(unfolded, torch.float64):.0f}")

"""Say what torch's own error messages mean in a convolution."""

import re

ERRORS = {  # how torch puts it: what it means here
    r"weight should have at least three dimensions": (
        "That is the kernel: it needs three axes, (channels out, channels in / groups, "
        "width). `unsqueeze` or `view` adds those that are missing."
    ),
    r"Expected 2D \(unbatched\) or 3D \(batched\) input": (
        "The signals need three axes, (samples, channels, length). `unsqueeze` or "
        "`view` adds those that are missing."
    ),
    r"expected input\[(\d+, (\d+), \d+)\] to have (\d+) channel": (
        "`conv1d` took your signals as (samples, channels, length) = ({0}): {1} in the "
        "middle, where kernels and groups ask for {2}. With one kernel for all, rows "
        "are samples, `a.unsqueeze(1)`. With a kernel for each, they are channels, "
        "`a.unsqueeze(0)`, and each is a group: `groups=len(a)`."
    ),
    r"Given groups=(\d+), expected weight to be .* weight of size \[+(\d+)": (
        "`groups` says {0}, and the first axis of the kernels {1}. Each row is a group "
        "with a kernel of its own: `groups=len(a)`, and kernels of shape (B, 1, n)."
    ),
    r"batch2 must be a 3D tensor|first two dimensions of batch2": (
        "`bmm` multiplies (B, places, n) by (B, n, 1): in each row the kernel stands "
        "as a column, and is as long as a window."
    ),
    r"Dimension out of range .* \[-\d+, (\d+)\], but got (-?\d+)": (
        "Axes are counted from 0. The last one here is {0}, or -1: there is no {1}."
    ),
    r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)": (
        "This a and this b aren't yours: torch means the left and the right side of "
        "that operation, {0} and {1} numbers long."
    ),
    r"expanded size of the tensor \((\d+)\) must match .* size \((\d+)\)": (
        "The place that you write to takes {0} numbers, and you give it {1}."
    ),
}


def explain(message: str) -> str:
    """Return what torch's error `message` means in a convolution; "" if unknown."""
    for pattern, meaning in ERRORS.items():
        found = re.search(pattern, message)
        if found:
            return meaning.format(*found.groups())
    return ""

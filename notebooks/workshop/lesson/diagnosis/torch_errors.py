"""Say what torch's own error messages mean in a convolution."""

import re

ERRORS = {  # how torch puts it: what it means here
    r"weight should have at least three dimensions": (
        "By weight torch means the kernels. They need three axes, (channels out, "
        "channels in / groups, length): `unsqueeze` or `view` adds the missing ones."
    ),
    r"Expected 2D \(unbatched\) or 3D \(batched\) input": (
        "The signals need three axes, (samples, channels, length): `unsqueeze` or "
        "`view` adds the missing ones."
    ),
    r"expected input\[(\d+), (\d+), \d+\] to have (\d+) channel": (
        "`conv1d` took your `a` as {0} samples of {1} channels, but your kernels "
        "and `groups` are made for {2}. With one kernel for all, rows are samples: "
        "`a.unsqueeze(1)`. With a kernel for each, they are channels, "
        "`a.unsqueeze(0)`, and each is a group of its own: `groups=len(a)`."
    ),
    r"Given groups=(\d+), expected weight to be .* weight of size \[+(\d+)": (
        "You ask for {0} groups, but the first axis of the kernels has length {1}. "
        "Each row is a group with its own kernel: `groups=len(a)`, and kernels of "
        "shape (B, 1, n)."
    ),
    r"batch2 must be a 3D tensor|first two dimensions of batch2": (
        "`bmm` multiplies (B, places, n) by (B, n, 1): each row's kernel must be a "
        "column, and as long as a window."
    ),
    r"Dimension out of range .* \[-\d+, (\d+)\], but got (-?\d+)": (
        "Axes are counted from 0, so the last axis of this tensor is {0}, or -1. It "
        "has no axis {1}."
    ),
    r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)": (
        "By a and b torch means the two sides of that operation, {0} and {1} numbers "
        "long, and not your `a` and `v`."
    ),
    r"expanded size of the tensor \((\d+)\) must match .* size \((\d+)\)": (
        "There is room for {0} numbers where you write {1}."
    ),
    r"index (-?\d+) is out of bounds for dimension \d+ with size (\d+)": (
        "Its {1} places are counted from 0: there is no place {0}."
    ),
    r"shape '(\[.*\])' is invalid for input of size (\d+)": (
        "Your {1} numbers don't fill the shape {0} exactly."
    ),
}


def explain(message: str) -> str:
    """Return what torch's error `message` means in a convolution; "" if unknown."""
    for pattern, meaning in ERRORS.items():
        found = re.search(pattern, message)
        if found:
            text = meaning.format(*found.groups())
            return re.sub(r"\b1 (sample|channel|group|number|place)s\b", r"1 \1", text)
    return ""

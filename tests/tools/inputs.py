"""What the tests of several functions feed them, and how they are to refuse it."""

import re
import warnings

import pytest
import torch
from hypothesis import settings
from torch.utils._python_dispatch import TorchDispatchMode

# The same examples in every run, and no clock.
generated = settings(derandomize=True, deadline=None, max_examples=60)

SCATTERED = {
    "transposed": lambda t: t.movedim(-1, 0).contiguous().movedim(0, -1),
    "strided": lambda t: t.repeat_interleave(2, -1)[..., ::2],
    "expanded": lambda t: t[:1].expand(t.shape),
}
ONES = torch.ones(2)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch calls nested tensors a prototype
    NESTED = torch.nested.nested_tensor([ONES, torch.ones(3)])
    JAGGED = torch.nested.nested_tensor([ONES, torch.ones(3)], layout=torch.jagged)


class NoWork(TorchDispatchMode):
    """Let no call into torch pass."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        # The first checks by itself, the other only tells a nested tensor's layout.
        if func.namespace in ("convolve_native", "prim"):
            return func(*args, **(kwargs or {}))
        pytest.fail(f"{func} was called before the inputs were checked")


def assert_refused(answer, a, v, error, named):
    with NoWork(), pytest.raises(error, match=re.escape(named)):
        answer(a, v)

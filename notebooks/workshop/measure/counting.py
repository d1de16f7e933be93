"""Count what a function asks of torch: figures that no machine changes."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode


class _Recorder(TorchDispatchMode):
    """Record each call that reaches the dispatcher: its name and fresh bytes."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = {id_ for id_, _ in _storages((args, kwargs))}
        result = func(*args, **(kwargs or {}))
        fresh = dict(
            storage for storage in _storages(result) if storage[0] not in given
        )
        self.calls.append((func.overloadpacket.__name__, sum(fresh.values())))
        return result


def _storages(tree):
    """Yield (address, bytes) of the memory behind every tensor in `tree`."""
    for leaf in tree_leaves(tree):
        if hasattr(leaf, "untyped_storage"):
            yield leaf.untyped_storage().data_ptr(), leaf.untyped_storage().nbytes()


def dispatched(function: Callable, *args: Any) -> list[tuple[str, int]]:
    """Return the calls into torch of `function(*args)` in order, as (name, bytes).

    Counted are the calls that reach torch's dispatcher below autograd, views included;
    bytes are those of the fresh memory behind a call's result. What a kernel takes for
    itself and frees again, such as oneDNN's scratch memory, is not seen; neither is the
    memory that a meta tensor only pretends to have.
    """
    with _Recorder() as recorder:
        function(*args)
    return recorder.calls


def count_calls(function: Callable, *args: Any) -> Counter[str]:
    """Return a Counter of the calls into torch of `function(*args)`, by name."""
    return Counter(name for name, _ in dispatched(function, *args))


def count_bytes(function: Callable, *args: Any) -> int:
    """Return how many bytes of fresh memory the calls of `function(*args)` return."""
    return sum(size for _, size in dispatched(function, *args))


class _Products(TorchDispatchMode):
    """Count the multiplications that `FlopCounterMode` leaves out."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.strip("_")
        if name in ("mul", "addcmul"):
            self.total += result.numel()
        elif name in ("dot", "vdot", "mv"):
            self.total += args[0].numel()
        elif name == "addmv":
            self.total += args[1].numel()
        return result


def count_multiplications(function: Callable, *args: Any) -> int:
    """Return how many numbers `function(*args)` lets torch multiply.

    Counted are elementwise products, and what matrix products and torch's layers do, by
    its `FlopCounterMode` (two operations are one multiplication and one addition). What
    a Fourier transform multiplies inside isn't seen.
    """
    with FlopCounterMode(display=False) as counter, _Products() as products:
        function(*args)
    return counter.get_total_flops() // 2 + products.total

"""A result that is no tensor, or one of another dtype, layout or device."""

from typing import Any

import torch
from torch import Tensor

from .fault import Fault


def name_the_type(got: Any, a: Tensor) -> None:
    """Raise the `Fault` of what `got` is, where a tensor like `a` is wanted."""
    if not isinstance(got, torch.Tensor):
        raise Fault("wrong type", f"You return {_an(got)} Wanted is a tensor.")
    if got.layout != torch.strided or got.device != a.device:
        raise Fault(
            "wrong type",
            f"You return a {got.layout} tensor on {got.device}. Wanted is a dense one "
            f"on {a.device}.",
        )
    if got.dtype != a.dtype:
        raise Fault(
            "wrong dtype",
            f"You return {got.dtype} for {a.dtype}. The result has the dtype of the "
            "inputs: `a.new_zeros(…)` takes it along, `torch.zeros(…)` doesn't.",
        )


def _an(thing):
    if thing is None:
        return "None: is the `return` missing?"
    return f"a `{type(thing).__module__}.{type(thing).__name__}`."

"""A result that is no tensor, or one of another dtype, layout or device."""

from typing import Any

import torch
from torch import Tensor

from .fault import Fault


def name_the_type(got: Any, a: Tensor) -> None:
    """Raise the `Fault` of what `got` is, where a tensor like `a` is wanted."""
    if not isinstance(got, torch.Tensor):
        text = f"You return `{_full_name(type(got))}` instead of a tensor."
        if got is None:
            text = "You return None instead of a tensor. Is the `return` missing?"
        raise Fault("wrong type", text)
    if got.layout != torch.strided or got.device != a.device:
        raise Fault(
            "wrong type",
            f"You return a {got.layout} tensor on {got.device} instead of a dense one "
            f"on {a.device}.",
        )
    if got.dtype != a.dtype:
        raise Fault(
            "wrong dtype",
            f"You return {got.dtype} for {a.dtype}. The result should keep the dtype "
            "of the inputs: `a.new_zeros(…)` takes it over, `torch.zeros(…)` doesn't.",
        )


def _full_name(kind):
    return f"{kind.__module__}.{kind.__name__}"

"""Check on several ranks that no shard moves: what a single process can't tell."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from ..diagnosis.fault import Fault
from .feedback import as_feedback
from .readers_code import attempt, tell_error
from .running import make_inputs, refuse_what_is_no_answer

if TYPE_CHECKING:
    from distributed import Client


@as_feedback
def check_shards(function: Callable, slow: Callable, client: "Client") -> str:
    """Check that `function(a, v)` is `slow(a, v)`, rows in shards, and moves none.

    The workers of `client` are the ranks. Returns `Feedback`.
    """
    from clusters import on_ranks  # imports Dask, which takes a while

    refuse_what_is_no_answer(function)
    for fault in on_ranks(client, _find_fault, function, slow):
        if fault:
            raise Fault(*fault)
    return "The numbers are right, and there's no collective, forward or backward."


def _find_fault(mesh, function, slow):
    from torch.distributed.tensor import DTensor, Shard, distribute_tensor

    from clusters import count_collectives

    whole = make_inputs(6, 5, 7)
    pair = [
        distribute_tensor(t, mesh, [Shard(0)], src_data_rank=None).requires_grad_()
        for t in whole
    ]
    out, error = attempt(function, *pair)
    if error is not None:
        return "an error in your code", f"{tell_error(error, function)}."
    if not isinstance(out, DTensor):
        return "wrong type", f"You return `{type(out).__name__}`, not a DTensor."
    found, wanted = out.full_tensor(), slow(*whole)
    if found.shape != wanted.shape or not torch.allclose(found, wanted, atol=1e-5):
        return "wrong numbers", f"They aren't those of `{slow.__name__}`."
    forward = count_collectives(function, *pair)
    backward = count_collectives(torch.autograd.grad, out, pair, torch.ones_like(out))
    if forward or backward:
        told = f"{forward.total()} collectives forward, {backward.total()} backward"
        return "a shard moves", f"{told}. The result's placement is {out.placements}."
    return None

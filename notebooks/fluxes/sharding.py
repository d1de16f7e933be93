"""Simulate on several processes, each of which solves a part of the flux vectors."""

import torch
from torch import distributed
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from .balances import Fluxes, flux_columns
from .labelling import Labels
from .simulator import Network


def simulate_sharded(
    network: Network,
    fluxes: Fluxes,
    labels: Labels,
    mesh: distributed.DeviceMesh,
    natural: float = 0.0,
) -> DTensor:
    """Return what `network.simulate` returns, its rows in shards over the `mesh`.

    Every rank calls this with the same arguments, all flux vectors included; each rank
    solves its share of them. The masses are a DTensor, float64 (B, masses), any B >= 1.
    Raises what `network.simulate` raises, on all ranks alike: all flux vectors are
    checked before any is sharded, and the ranks tell each other, in the one collective,
    which of theirs nothing feeds.
    """
    network.refuse_unmeasured()
    v = flux_columns(network.reactions, fluxes, network.stoichiometry)
    fed = [m[:, None] for m in network.substrate_masses(labels, natural).values()]
    mine = distribute_tensor(v, mesh, [Shard(1)], src_data_rank=None).to_local()
    solved = network.solve_fast(mine, fed)
    # Told the shape, DTensor needn't assume that all shards are as large as this one.
    shape = torch.Size([v.shape[1], solved.shape[1]])
    rows = [Shard(0)]
    masses = DTensor.from_local(
        solved.contiguous(), mesh, rows, shape=shape, stride=(shape[1], 1)
    )
    network.refuse_unreached(v, network.is_fed(masses).full_tensor())
    return masses

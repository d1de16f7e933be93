"""torch.compile, as a user meets it first."""

import os
import tempfile

_caches = []  # kept until the process ends


def empty_compiler_cache() -> None:
    """Let torch.compile begin with an empty cache: no earlier run helps a first call.

    What it finds out once on a machine, the vector instructions, it finds out before.
    """
    from torch._inductor.cpu_vec_isa import pick_vec_isa  # takes seconds

    pick_vec_isa()
    _caches.append(tempfile.TemporaryDirectory())
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = _caches[-1].name

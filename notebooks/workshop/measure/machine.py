"""Tell what this machine is, and what to do where it is not what the series needs."""

import platform

import torch

import preflight

from ..show.tables import table


def check_machine() -> table:
    """Return a table of what this machine has, and what to do where it is amiss.

    Its rows are those of `preflight.py` that need no further kernel, and torch's.
    """
    checks = [
        *preflight.check_python(),
        *preflight.check_packages(),
        *preflight.check_compiler(),
        *preflight.check_settings(),
        *preflight.check_disk(),
        *preflight.check_cores(),
    ]
    rows = [(name, found, mend or "nothing") for name, found, mend in checks]
    return table([*rows, *_torch()], ["", "found", "what to do"])


def _torch():
    threads = torch.get_num_threads()
    advice = "nothing" if threads == 1 else "torch.set_num_threads(1)"
    yield "threads in use", str(threads), advice
    kind = f"{torch.backends.cpu.get_cpu_capability()}, {platform.machine()}"
    yield "instruction set", kind, "nothing: your times will differ"
    gpu = "none"
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        gpu = "Apple GPU"
    yield "GPU", gpu, "nothing: these notebooks need none"

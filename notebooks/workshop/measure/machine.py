"""Tell what this machine is, and what to do where it is not what the series needs."""

import platform

import torch

import preflight

from ..show.tables import table

FINE = "nothing"


class machine(table):
    """One line on this machine, or what to do first; a table of all, folded away."""

    def __init__(self, rows: list[tuple[str, str, str]]):
        super().__init__(rows, ["", "found", "what to do"])
        todo = {}
        for name, _, mend in rows:
            if not mend.startswith(FINE):
                todo.setdefault(mend, []).append(name)
        told = [f"{', '.join(names)}: {mend}" for mend, names in todo.items()]
        headline = "**✗ To do:** " + "<br>".join(told)
        if not todo:
            found = {name: found for name, found, _ in rows}
            headline = (
                f"**✓ Ready:** Python {found['Python']}, torch {found['torch']}, "
                f"{found['instruction set']}, cores: {found['cores granted']}, "
                f"threads: {found['threads in use']}, GPU: {found['GPU']}"
            )
        self.markdown = (
            f"{headline}\n\n<details{' open' if todo else ''}>"
            f"<summary>Details</summary>\n\n{self.markdown}\n\n</details>"
        )


def check_machine() -> machine:
    """Return one line that says that this machine is ready, or else what to do.

    The table behind it has the rows of `preflight.py` that need no further kernel, one
    for all packages that are fine, and torch's own.
    """
    checks = [
        *preflight.check_python(),
        *_grouped(preflight.check_packages()),
        *preflight.check_compiler(),
        *preflight.check_settings(),
        *preflight.check_disk(),
        *preflight.check_cores(),
    ]
    rows = [(name, found, mend or FINE) for name, found, mend in checks]
    return machine([*rows, *_torch()])


def _grouped(packages):
    """Yield torch and what needs mending, then one row for all that is fine."""
    fine = []
    for check in packages:
        if check.mend or check.name == "torch":
            yield check
        else:
            fine.append(check.name)
    yield preflight.Check("other packages", f"{len(fine)}, as required", "")


def _torch():
    threads = torch.get_num_threads()
    advice = FINE if threads == 1 else "torch.set_num_threads(1)"
    yield "threads in use", str(threads), advice
    kind = f"{torch.backends.cpu.get_cpu_capability()}, {platform.machine()}"
    yield "instruction set", kind, f"{FINE}: your times will differ"
    gpu = "none"
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        gpu = "Apple GPU"
    yield "GPU", gpu, f"{FINE}: these notebooks need none"

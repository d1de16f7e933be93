"""Check what a reader makes of measurements: which of them show a winner."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from .choices import check_choice
from .feedback import Feedback

LEAD = 1.1  # what counts, if noise is no larger
TWIN = "f again"

Report = Mapping[str, Sequence[float]]


def check_reports(
    chosen: str | Iterable[str], reports: Mapping[str, Report]
) -> Feedback:
    """Check that `chosen` names those `reports` that let one say that g is faster.

    A report is a dict of name -> times of blocks: of `f`, of its twin `f again` and of
    `g`. By the least, f must take over a tenth longer than g, and longer by more than
    the twins differ; and by the median it must take longer, too. Returns `Feedback`.
    """
    return check_choice(chosen, reports, _shows_a_winner, _why)


def _shows_a_winner(report):
    noise = max(_lead(report, min, TWIN), 1 / _lead(report, min, TWIN))
    return _lead(report, min) > max(LEAD, noise) and _lead(report, median) > 1


def _lead(report, summary, other="g"):
    return summary(report["f"]) / summary(report[other])


def _why(report):
    return (
        f"By the least, `f` takes {_lead(report, min):.2f} times as long as `g`, and "
        f"{_lead(report, min, TWIN):.2f} times as long as its own twin. By the median "
        f"it takes {_lead(report, median):.2f} times as long as `g`."
    )

"""Time functions over a grid of sizes: the map behind a choice."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from math import inf
from statistics import quantiles
from typing import Any

from tqdm.auto import tqdm

from .timing import Measurement, doubt, is_stopped, least, time_together

COPY = "the same again"  # the name under which one contestant runs a second time


def sweep(
    points: Iterable[Any],
    calls_at: Callable[[Any], dict[str, Callable]],
    stop: float = 50,
    keep: str | None = None,
    tell: Callable | None = None,
    **options: Any,
) -> dict[Any, dict[str, Measurement]]:
    """Time what `calls_at(point)` returns at each of `points`, as `time_together` does.

    Points are named tuples with a field `rows`, how much there is of the same.

    A contestant over `stop` times behind is stopped after a few calls. One that was
    over four times as far behind does not run again on more rows of the same sizes, but
    for the one named `keep`, by default the first of all. That one runs once more, as
    COPY: what the two differ by is noise, see `clear_ratio`. Shows a progress bar, and
    calls `tell(point, measured)` after each point. Returns a dict of point -> (name ->
    `Measurement`).
    """
    out, results = set(), {}
    for point in tqdm(points):
        series = point._replace(rows=0)
        calls = calls_at(point)
        keep = keep or next(iter(calls))
        calls = {name: calls[name] for name in calls if (series, name) not in out}
        calls[COPY] = calls[keep]
        measured = time_together(calls, stop=stop, near=1.5, **options)
        results[point] = measured
        if tell:
            tell(point, measured)
        limit = 4 * stop * min(map(least, measured.values()))
        behind = {name for name, m in measured.items() if least(m) > limit}
        out |= {(series, name) for name in behind - {keep}}
    return results


def clear_ratio(
    measured: Mapping[Hashable, Mapping[str, Measurement]], keep: str
) -> float:
    """Return how far apart two times of this sweep must be to count: 1.1 or more.

    `measured` is what `sweep(…, keep=keep)` returned. Of the ratios between `keep` and
    its copy, taken so that all are above 1, 95 % are no larger than the result.
    """
    pairs = [(least(m[keep]), least(m[COPY])) for m in measured.values()]
    ratios = [max(pair) / min(pair) for pair in pairs]
    return max(1.1, quantiles([1, *ratios], n=20, method="inclusive")[-1])


def winner(
    results: Mapping[str, Measurement], names: Iterable[str], clear: float
) -> tuple[str, bool]:
    """Return the fastest of `names` in `results`, and whether it clearly is.

    Clearly: whoever comes next, less its doubt, takes over `clear` times as long.
    """
    racing = sorted((n for n in names if n in results), key=lambda n: least(results[n]))
    first, *others = (results[name] for name in racing)
    ahead = least(first) * (1 + doubt(first))
    behind = [least(m) / (1 if is_stopped(m) else 1 + doubt(m)) for m in others]
    return racing[0], min(behind, default=inf) > clear * ahead

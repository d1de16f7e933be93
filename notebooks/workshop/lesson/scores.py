"""Score rules that choose an answer by the sizes, against what a sweep measured."""

from collections.abc import Callable, Iterable, Mapping

from ..measure.timing import Measurement, least
from .grid_points import Point

LEFT_OUT = 200  # who is so far behind isn't swept any further: see `sweep`


def times_as_long(
    measured: Mapping[Point, Mapping[str, Measurement]],
    choose: Callable[[Point], str] | str,
    among: Iterable[str],
) -> dict[Point, float]:
    """Return a dict of `Point` -> how many times as long as the fastest the choice is.

    `measured` is what `sweep` returned; `choose(point)` names one that ran in it, or
    `choose` is a name, the same everywhere. The fastest is that of the names `among`.
    So 1 is the best of these, and a choice that isn't among them may have less. One
    that `sweep` left out at a point, because it had been so far behind on fewer rows,
    counts LEFT_OUT. Raises KeyError where `choose` names nobody that ran.
    """
    known = {name for results in measured.values() for name in results}
    ratios = {}
    for point, results in measured.items():
        fastest = min(least(results[name]) for name in among if name in results)
        chosen = choose if isinstance(choose, str) else choose(point)
        if chosen not in known:
            raise KeyError(chosen)
        ran = chosen in results
        ratios[point] = least(results[chosen]) / fastest if ran else float(LEFT_OUT)
    return ratios

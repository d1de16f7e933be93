"""Set what a reader predicted beside what was found."""

from collections.abc import Sequence

from ..measure.verdicts import format_ratio

Told = int | float | str


def compare_guess(
    guess: Told | Sequence[Told], found: Told | Sequence[Told], unit: str = ""
) -> None:
    """Print a reader's `guess` beside what was `found`: a number each, or several.

    Whole numbers are counts. A float is a ratio, how many times faster; what is a text
    is told as it stands.
    """
    mine, wanted = (x if isinstance(x, (tuple, list)) else [x] for x in (guess, found))
    told = "nothing down" if guess is ... else " and ".join(map(str, mine))
    print(f"You wrote {told}. It is {' and '.join(map(_tell, wanted))}{unit}.")


def _tell(number):
    if isinstance(number, str):
        return number
    if not isinstance(number, float):
        return f"{number:,}"
    speed = format_ratio(number)
    if speed.endswith("slower"):
        return f"{speed}, a factor of {number:.2g}×"
    return f"{speed} faster"

"""Check a reader's own test: right functions pass it, wrong ones don't."""

from collections.abc import Callable, Iterable
from typing import Any

from ..diagnosis.fault import Fault
from .feedback import as_feedback
from .readers_code import attempt, first_line, tell_error
from .running import refuse_what_is_no_answer


@as_feedback
def check_test(
    test: Callable, right: Iterable[Callable], wrong: Iterable[Callable]
) -> str:
    """Check that `test(f)` passes for each f in `right`, and fails for each in `wrong`.

    To fail is to raise AssertionError. Returns `Feedback`.
    """
    refuse_what_is_no_answer(test)
    for function in right:
        said = _verdict(test, function)
        if said is not None:
            text = f"`{function.__name__}` is right, but your test fails it: {said}"
            raise Fault("it refuses a right function", text)
    for function in wrong:
        if _verdict(test, function) is None:
            text = (
                f"`{function.__name__}` gets through. For which input is it wrong, and "
                "does your test assert what should hold there? (Your test can't see "
                "the function's name, only what it returns.)"
            )
            raise Fault("it lets a wrong function pass", text)
    return f"Right functions that pass: {len(right)}. Wrong ones found: {len(wrong)}."


def _verdict(test, function):
    """Return None if `test(function)` passes, else what its assertion says."""

    def nameless(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    _, error = attempt(test, nameless)
    if error is None:
        return None
    if isinstance(error, AssertionError):
        return first_line(error) if str(error) else tell_error(error, test)
    text = (
        f"While it tries `{function.__name__}`, your test fails by itself: "
        f"{tell_error(error, test)}. Assert what should hold before it gets there; and "
        "if the error comes from what you compare with, compare with something else."
    )
    raise Fault("an error in your code", text)

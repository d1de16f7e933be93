"""The box that a check shows."""

import contextlib
import functools
import io
from collections.abc import Callable
from typing import Any

from ..diagnosis.fault import Fault
from .readers_code import attempt, tell_error

RIGHT, UNANSWERED = "✓ Right", "Not answered yet"
FAILED = "The check itself failed"


class Feedback:
    """What a check says, as a box: `name` is RIGHT, UNANSWERED, FAILED or a fault's."""

    def __init__(self, name: str, text: str, picture: str = ""):
        self.name, self.text, self.picture = name, text, picture

    def _repr_markdown_(self) -> str:
        kinds = {RIGHT: "success", UNANSWERED: "info", FAILED: "info"}
        title = self.name if self.name in kinds else f"✗ Not yet: {self.name}"
        kind = kinds.get(self.name, "danger")
        box = f'<div class="alert alert-{kind}">\n\n**{title}.** {self.text}\n\n</div>'
        return f"{box}\n\n{self.picture}".rstrip()

    def __repr__(self) -> str:
        return f"{self.name}. {self.text}"


def as_feedback(check: Callable[..., str]) -> Callable[..., Feedback]:
    """Make `check`, which returns a text or raises a `Fault`, return `Feedback`."""

    @functools.wraps(check)
    def checked(*args: Any, **options: Any) -> Feedback:
        with contextlib.redirect_stdout(io.StringIO()):  # it calls you many times
            text, error = attempt(check, *args, **options)
        if error is None:
            return Feedback(RIGHT, text)
        if isinstance(error, Fault):
            return Feedback(error.name, error.text, error.picture)
        # Nobody learns from our own traceback.
        text = f"It stumbled over your answer: {tell_error(error)}. Please report it."
        return Feedback(FAILED, text)

    return checked

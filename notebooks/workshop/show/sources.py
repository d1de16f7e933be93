"""Show code: a function's source, or any."""

import inspect
import re
from collections.abc import Callable

from IPython.display import display


def show(function: Callable, docstring: bool = True) -> None:
    """Show the source of `function` as it stands in its file now."""
    source = inspect.getsource(function)
    if not docstring:
        source = re.sub(r'(?s) +""".*?"""\n', "", source, count=1)
    show_code(source)


def show_code(source: str, language: str = "python") -> None:
    """Show `source`, whole lines of a `language` that Markdown can colour."""
    markdown = f"```{language}\n{source}```"
    display({"text/markdown": markdown, "text/plain": source}, raw=True)

"""Show the source of a function."""

import inspect
import re
from collections.abc import Callable

from IPython.display import display


def show(function: Callable, docstring: bool = True) -> None:
    """Show the source of `function` as it stands in its file now."""
    source = inspect.getsource(function)
    if not docstring:
        source = re.sub(r'(?s) +""".*?"""\n', "", source, count=1)
    markdown = f"```python\n{source}```"
    display({"text/markdown": markdown, "text/plain": source}, raw=True)

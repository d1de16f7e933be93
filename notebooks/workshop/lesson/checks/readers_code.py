"""What can be said of a reader's code: which line fails, what it reads besides."""

import ast
import dis
import inspect
import textwrap
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import torch

from ..diagnosis.torch_errors import explain


def attempt(
    function: Callable, *args: Any, **options: Any
) -> tuple[Any, BaseException | None]:
    """Return what `function` returns, and None; or None, and what it raises."""
    try:
        return function(*args, **options), None
    except (Exception, SystemExit) as error:  # noqa: BLE001  it may raise anything
        return None, error


def is_a_stub(function: Callable) -> bool:
    """Tell whether the body of `function` is a docstring, `...` or `pass`, no more.

    Not by its bytecode: that of `assert True` is the same. Raises an error if there is
    no source to look at.
    """
    return all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in _parsed(function).body
    )


def find_early_return(function: Callable) -> str | None:
    """Return the code of a `return` inside a `for` loop of `function`, if there is one.

    Raises an error if there is no source to look at.
    """
    loops = [node for node in ast.walk(_parsed(function)) if isinstance(node, ast.For)]
    inside = [node for loop in loops for node in ast.walk(loop)]
    returns = (ast.unparse(node) for node in inside if isinstance(node, ast.Return))
    return next(returns, None)


def _parsed(function):
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def tell_error(error: BaseException, function: Callable | None = None) -> str:
    """Tell `error`, the last line of the reader's own that led to it, what it means."""
    text = f"{type(error).__name__}: {first_line(error).rstrip('.')}"
    meaning = explain(text)
    if meaning:
        text = f"{text}. {meaning.rstrip('.')}"
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if frame.filename == own]
    if not lines:
        return text
    where = "its cell" if function.__module__ == "__main__" else Path(own).name
    return f"Line {lines[-1].lineno} of {where}, `{lines[-1].line}`, raises {text}"


def first_line(error: BaseException) -> str:
    """Return the first line of what `error` says, fit for HTML."""
    return (str(error).strip() or "(no message)").split("\n")[0].replace("<", "&lt;")


def tell_names(function: Callable) -> str:
    """Tell which data `function` takes from the notebook, and not from its caller."""
    scope = getattr(function, "__globals__", {})
    data = (torch.Tensor, int, float, list, tuple)
    names = dict.fromkeys(_globals(getattr(function, "__code__", None)))
    found = [f"`{name}`" for name in names if isinstance(scope.get(name), data)]
    if not found:
        return ""
    return f" It reads {', '.join(found)} from the notebook: use only `a` and `v`."


def tell_constants(function: Callable) -> str:
    """Tell the whole numbers in the code that are no axis and no n - 1."""
    constants = getattr(getattr(function, "__code__", None), "co_consts", ())
    found = [f"`{k}`" for k in constants if type(k) is int and k > 2]
    if not found:
        return ""
    return f" Does {' or '.join(found)} in your code fit only the page's example?"


def _globals(code: CodeType | None) -> Iterator[str]:
    """Yield the names of the globals that `code` reads, comprehensions included."""
    if code is None:
        return
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            yield from _globals(constant)

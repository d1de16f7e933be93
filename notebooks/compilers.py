"""Which C++ compiler is here, and is it new enough for the native operator?

Like the preflight, this needs nothing but Python, even an old one.
"""

import functools
import os
import platform
import re
import shlex
import subprocess
from collections import namedtuple

OLDEST = {"GCC": 11, "Clang": 13}  # that were tried
NO_COMPILER = (
    "the native operator needs a C++ compiler, "
    f"GCC {OLDEST['GCC']} or Clang {OLDEST['Clang']} or newer: "
    "on Debian and Ubuntu run apt-get install g++ (if that's too old, g++-11, and set "
    "CXX=g++-11), on macOS xcode-select --install"
)
ARM = platform.machine() in ("arm64", "aarch64")
NATIVE = "-mcpu=native" if ARM else "-march=native"  # as older Clangs know it

# The command, as a list; what it is, in words; if it's new enough; what it predefines
# for this processor.
Compiler = namedtuple("Compiler", ["command", "found", "fits", "macros"])


def find_compiler():
    """Return the `Compiler` for the native operator: what CXX names, or else c++."""
    return _ask_compiler(os.environ.get("CXX", "").strip() or "c++")


@functools.lru_cache(maxsize=None)  # noqa: UP033  old Python
def _ask_compiler(name):
    try:
        command = shlex.split(name)
        done = subprocess.run(
            [*command, NATIVE, "-dM", "-E", "-x", "c++", os.devnull],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            check=False,
        )
    except (OSError, ValueError):  # no such program, or an unclosed quotation mark
        return Compiler([name], f"nothing called {name}", False, "")
    numbers = dict(re.findall(r"#define (\w+) (\d+)\n", done.stdout))
    for family, major, minor in [
        ("Clang", "__clang_major__", "__clang_minor__"),
        ("GCC", "__GNUC__", "__GNUC_MINOR__"),  # Clang defines these, too
    ]:
        if major in numbers:
            found = f"{family} {numbers[major]}.{numbers[minor]} ({name})"
            fits = os.name == "posix" and int(numbers[major]) >= OLDEST[family]
            return Compiler(command, found, fits, done.stdout)
    return Compiler(command, f"{name}, neither GCC nor Clang", False, "")

"""Which settings of the reader's own change what notebooks show?

Like the preflight, this needs nothing but Python, even an old one. The variables and
files that hold the settings are looked at, not the programs.
"""

import os
import sys
from pathlib import Path

INLINE = "module://matplotlib_inline.backend_inline"  # Jupyter's own choice


def set_variables():
    """Yield (name, value) of each variable."""
    for name in ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS"):
        value = os.environ.get(name, "").replace(INLINE, "")
        if value:
            yield name, value


def other_kernels():
    """Yield each folder of JUPYTER_PATH that has a kernel which stands in for ours."""
    for folder in os.environ.get("JUPYTER_PATH", "").split(os.pathsep):
        if folder and Path(folder, "kernels", "python3").exists():
            yield folder


def ipython_files():
    """Return what IPython reads or runs before the first cell."""
    folder = os.environ.get("IPYTHONDIR") or os.path.expanduser("~/.ipython")
    profile = Path(folder, "profile_default")
    files = [*profile.glob("ipython*_config.*"), *profile.glob("startup/*.*py")]
    return sorted(filter(_says_something, files))


def matplotlib_files():
    """Return where matplotlib finds settings of the user's, if they say a thing."""
    linux = sys.platform.startswith(("linux", "freebsd"))
    home = os.path.expanduser("~")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    folder = Path(config, "matplotlib") if linux else Path(home, ".matplotlib")
    path = os.environ.get("MATPLOTLIBRC") or os.environ.get("MPLCONFIGDIR") or folder
    file = Path(path, "matplotlibrc") if Path(path).is_dir() else Path(path)
    return [file] if _says_something(file) else []


def _says_something(path):
    """Tell whether a file of settings holds more than its comments."""
    if not path.is_file():
        return False
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    said = {line.partition("#")[0].strip() for line in lines}
    return bool(said - {"", "c = get_config()"})

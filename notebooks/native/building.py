"""Build the library of operators once, and keep it where nobody else can change it.

`torch.utils.cpp_extension.load` would need ninja, and takes longer to import and build.
"""

import contextlib
import errno
import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import torch
from filelock import FileLock

from compilers import NATIVE, NO_COMPILER, find_compiler

# The import warns where a CUDA toolkit is installed and no GPU is seen.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils import cpp_extension  # noqa: E402

FOLDER = Path(__file__).parent  # of the sources; convolve.cpp includes the others
FLAGS = ["-std=c++20", "-O3", NATIVE, "-shared", "-fPIC"]


def has_compiler():
    """Tell whether there is a compiler that can build the operator."""
    return find_compiler().fits


def load():
    """Load the library into torch, built first if need be.

    It lies in the folder convolve_native of TORCH_EXTENSIONS_DIR, or of torch's own
    folder for extensions. Raises RuntimeError: there is no compiler, or it is too old,
    or it fails; somebody else could change the library; it can't be kept.
    """
    compiler = find_compiler()
    if not compiler.fits:
        raise RuntimeError(f"found {compiler.found}, but {NO_COMPILER}")
    root = os.environ.get("TORCH_EXTENSIONS_DIR")
    folder = Path(root or cpp_extension.get_default_build_root(), "convolve_native")
    try:
        library = find_or_build(folder)
        try:
            torch.ops.load_library(library)
        except OSError:  # built beside another system's libraries
            library.unlink(missing_ok=True)
            torch.ops.load_library(find_or_build(folder))
    except OSError as error:
        raise RuntimeError(
            f"the native operator can't be kept in {folder} ({error}): make room "
            "there, or set TORCH_EXTENSIONS_DIR to another folder of yours"
        ) from error


def find_or_build(folder):
    """Return the path of the library in `folder`, whole and the user's own.

    Threads and processes may call it at once: one of them builds. Raises OSError: it
    can't be written there; RuntimeError: see `load`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_strangers(folder)
    key = _key()
    if library := _find(folder, key):
        return library
    with FileLock(folder / "lock"):
        if library := _find(folder, key):  # built while this one waited
            return library
        for useless in folder.glob(f"{key}-*"):
            useless.unlink()
        for unfinished in folder.glob("unfinished*"):  # by a build that was killed
            shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="unfinished", dir=folder) as unfinished:
            library = Path(unfinished, "convolve.so")
            _compile(library)
            library.chmod(0o700)
            return library.rename(folder / f"{key}-{_hash(library.read_bytes())}.so")


def _refuse_strangers(path):
    status = path.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise RuntimeError(
            f"{path} belongs to another user, or others may write to it, and what it "
            "holds would run as you: delete it, or set TORCH_EXTENSIONS_DIR to a "
            "folder of your own"
        )


def _find(folder, key):
    """Return the library built from `key`, or None; its name holds its hash, too."""
    for library in folder.glob(f"{key}-*.so"):
        # Another process may be removing what isn't whole.
        with contextlib.suppress(FileNotFoundError):
            _refuse_strangers(library)
            if library.name == f"{key}-{_hash(library.read_bytes())}.so":
                return library
    return None


def _key():
    """Return what a built library depends on, as a short hash."""
    compiler = find_compiler()  # its macros tell its version and the processor
    sources = [path.read_text() for path in sorted(FOLDER.glob("*.[ch]*"))]
    parts = [*sources, torch.__version__, *compiler.command, compiler.macros, *FLAGS]
    return _hash("\n".join(parts).encode())[:16]


def _hash(content):
    return hashlib.sha256(content).hexdigest()


def _compile(library):
    """Compile convolve.cpp to the file `library`; what is temporary goes beside it."""
    compiler = find_compiler().command
    headers = [f"-I{path}" for path in cpp_extension.include_paths()]
    libraries = [f"-L{path}" for path in cpp_extension.library_paths()]
    source = str(FOLDER / "convolve.cpp")
    files = [source, "-o", str(library), *libraries, "-ltorch_cpu", "-lc10"]
    done = subprocess.run(
        [*compiler, *FLAGS, *headers, *files],
        env=os.environ | {"LC_ALL": "C", "TMPDIR": str(library.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        if os.strerror(errno.ENOSPC) in done.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        name = " ".join(compiler)
        raise RuntimeError(f"{name} can't build convolve.cpp:\n{done.stderr}")

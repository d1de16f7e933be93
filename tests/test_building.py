"""The native operator's library is built once, and nothing else is ever loaded.

A shell script plays the compiler: what it writes need not be a library.
"""

import multiprocessing
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

import compilers
from native import building
from native.building import find_or_build, has_compiler, load

pytestmark = pytest.mark.skipif(os.name != "posix", reason="plays with a shell script")

# It writes how often it was called.
WRITES = 'while [ "$1" != -o ]; do shift; done; wc -l < "$LOG" > "$2"'


@pytest.fixture(name="compiler")
def make_compiler(monkeypatch, tmp_path):
    """Return a function that sets CXX to a script: what it does, and how often."""
    script, log = tmp_path / "c++", tmp_path / "log"
    monkeypatch.setenv("LOG", str(log))
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path / "cache"))

    def become(does=WRITES, macros="#define __GNUC__ 12\n#define __GNUC_MINOR__ 3\n"):
        (tmp_path / "macros").write_text(macros)
        script.write_text(
            "#!/bin/sh\n"
            f'case "$*" in *-dM*) exec cat {tmp_path}/macros;; esac\n'
            f'echo built >> "$LOG"\n{does}\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("CXX", str(script))
        compilers._ask_compiler.cache_clear()
        return lambda: log.read_text().count("built")

    yield become
    compilers._ask_compiler.cache_clear()


@pytest.fixture(name="folder")
def make_folder(tmp_path):
    return tmp_path / "cache" / "convolve_native"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_is_built_once_and_found_again(compiler, folder):
    count = compiler()
    assert find_or_build(folder) == find_or_build(folder)
    assert count() == 1
    assert find_or_build(folder).read_text().strip() == "1"


def test_nobody_else_may_look_into_the_folder_whatever_the_umask(compiler, folder):
    compiler()
    before = os.umask(0)
    try:
        library = find_or_build(folder)
    finally:
        os.umask(before)
    for path in (folder, library):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_threads_at_once_build_once(compiler, folder):
    count = compiler(f"sleep 0.1; {WRITES}")
    start = threading.Barrier(4)

    def build(_):
        start.wait()
        return find_or_build(folder)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(build, range(4)))) == 1
    assert count() == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_at_once_build_once(compiler, folder):
    count = compiler(f"sleep 0.1; {WRITES}")
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(4)

    def build():
        start.wait()
        find_or_build(folder)

    processes = [fork.Process(target=build) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert count() == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_killed_build_leaves_nothing(compiler, folder):
    fork = multiprocessing.get_context("fork")
    compiler('while [ "$1" != -o ]; do shift; done; echo half > "$2"; kill -9 $PPID')
    killed = fork.Process(target=find_or_build, args=[folder])
    killed.start()
    killed.join()
    assert any(name.startswith("unfinished") for name in names(folder))
    compiler()
    library = find_or_build(folder)
    assert names(folder) == [library.name, "lock"]


@pytest.mark.parametrize("content", ["", "1", "another"])
def test_an_empty_a_truncated_or_another_library_is_built_anew(
    content, compiler, folder
):
    compiler()
    find_or_build(folder).write_text(content)
    library = find_or_build(folder)
    assert library.read_text().strip() == "2"
    assert names(folder) == [library.name, "lock"]


@pytest.mark.parametrize("loads_then", [True, False])
def test_a_library_that_does_not_load_is_built_anew_once(
    loads_then, compiler, monkeypatch
):
    count = compiler()
    answers = [False, loads_then]

    def load_library(path):
        if not answers.pop(0):
            raise OSError(f"{Path(path).name}: invalid ELF header")

    monkeypatch.setattr(torch.ops, "load_library", load_library)
    if loads_then:
        load()
    else:
        with pytest.raises(RuntimeError, match=r"invalid ELF.+TORCH_EXTENSIONS_DIR"):
            load()
    assert (count(), answers) == (2, [])


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o720, 0o702])
@pytest.mark.parametrize("what", ["folder", "library"])
def test_what_others_may_write_is_refused(what, mode, compiler, folder):
    count = compiler()
    path = {"library": find_or_build(folder), "folder": folder}[what]
    path.chmod(mode)
    wanted = rf"{path} belongs to another user, or others .+TORCH_EXTENSIONS_DIR"
    with pytest.raises(RuntimeError, match=wanted):
        load()
    assert count() == 1


@pytest.mark.parametrize("what", ["folder", "library"])
def test_what_belongs_to_another_user_is_refused(what, compiler, folder, monkeypatch):
    compiler()
    path = {"library": find_or_build(folder), "folder": folder}[what]
    looked = Path.stat

    def stat_of_another(self, **options):
        status = list(looked(self, **options))
        status[stat.ST_UID] += self == path
        return os.stat_result(status)

    monkeypatch.setattr(Path, "stat", stat_of_another)
    with pytest.raises(RuntimeError, match=f"{path} belongs to another user"):
        load()


def test_no_room_for_the_cache_comes_with_one_sentence_of_advice(compiler):
    compiler("echo 'x.s: error: No space left on device, please report' >&2; exit 1")
    wanted = (
        r"^the native operator can't be kept in .+/convolve_native \(.+No space left "
        r"on device\): make room there, or set TORCH_EXTENSIONS_DIR to another folder "
        "of yours$"
    )
    with pytest.raises(RuntimeError, match=wanted):
        load()


def test_so_does_a_cache_that_can_not_be_written(compiler, monkeypatch, tmp_path):
    compiler()
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path / "log"))
    (tmp_path / "log").write_text("no folder")
    with pytest.raises(RuntimeError, match=r"can't be kept.+set TORCH_EXTENSIONS_DIR"):
        load()


def test_what_the_compiler_says_is_told_and_what_it_left_is_cleared(compiler, folder):
    compiler('echo error: "$TMPDIR" >&2; touch "$TMPDIR/half.s"; exit 1')
    wanted = rf"can't build convolve\.cpp:\nerror: {folder}/unfinished"
    with pytest.raises(RuntimeError, match=wanted):
        load()
    assert names(folder) == ["lock"]


def test_a_compiler_may_come_with_arguments(compiler, folder, monkeypatch):
    count = compiler()
    monkeypatch.setenv("CXX", f"env NAME='two words' {os.environ['CXX']} -m64")
    assert has_compiler()
    find_or_build(folder)
    assert count() == 1


def test_without_a_compiler_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not has_compiler()
    wanted = r"found nothing called no-such-compiler, but .+apt-get install g\+\+"
    with pytest.raises(RuntimeError, match=wanted):
        load()


def test_a_compiler_that_is_too_old_is_refused_by_name(compiler):
    compiler(macros="#define __GNUC__ 10\n#define __GNUC_MINOR__ 4\n")
    assert not has_compiler()
    with pytest.raises(RuntimeError, match=r"^found GCC 10\.4 .+ needs .+ GCC 11 or"):
        load()


def other_header(monkeypatch, tmp_path):
    for path in building.FOLDER.glob("*.[ch]*"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "columns.h").write_text("// other\n")
    monkeypatch.setattr(building, "FOLDER", tmp_path)


def other_flags(monkeypatch, tmp_path):
    monkeypatch.setattr(building, "FLAGS", [*building.FLAGS, "-g"])


def other_torch(monkeypatch, tmp_path):
    monkeypatch.setattr(torch, "__version__", "2.0")


def other_arguments(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", os.environ["CXX"] + " -m64")


def other_version(monkeypatch, tmp_path):
    (tmp_path / "macros").write_text("#define __GNUC__ 13\n#define __GNUC_MINOR__ 3\n")
    compilers._ask_compiler.cache_clear()


@pytest.mark.parametrize(
    "change", [other_header, other_flags, other_torch, other_arguments, other_version]
)
def test_whatever_would_change_the_library_makes_it_be_built(
    change, compiler, folder, monkeypatch, tmp_path
):
    count = compiler()
    before = find_or_build(folder)
    change(monkeypatch, tmp_path)
    assert find_or_build(folder) != before
    assert count() == 2
    assert before.exists()  # for another torch or compiler of this user

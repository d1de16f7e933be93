"""The preflight finds what is missing, and says what mends it: each thing is broken."""

import errno
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_output
from paths import path_of

import native
import preflight
import workshop
from readiness import cores as cores_granted
from readiness import files, remedies, telling, trial

SCRIPT = Path(preflight.__file__)
ROOT = SCRIPT.parents[1]


@pytest.fixture(autouse=True)
def _usual_environment(monkeypatch):
    """Run without what other tests, or whoever runs them, have set."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_PATH", "MPLBACKEND", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)


def said(*options, folder=None, script=SCRIPT, **environment):
    """Run the preflight; return its lines, the last of them, its status."""
    command = [sys.executable, *options, str(script)]
    settings = os.environ | {"PYTHONIOENCODING": "utf-8"} | environment
    done = subprocess.run(
        command,
        cwd=folder,
        env=settings,
        capture_output=True,
        encoding=settings["PYTHONIOENCODING"],
        check=False,
    )
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()
    return lines, last, done.returncode


def told(check):
    """Return (found, mend) of the only thing that `check` looks at."""
    [(_, found, mend)] = check()
    return found, mend


@pytest.mark.slow
def test_on_a_good_machine_all_is_green_from_any_folder(tmp_path):
    lines, last, status = said(folder=tmp_path)
    wrong = {line for line in lines if line[0] not in "✓l" and "starting" not in line}
    assert wrong == set()
    for name in ["files", "Python", "torch", "JupyterLab", "kernel", "%lprun", "port"]:
        assert any(line.startswith(f"✓ {name}: ") for line in lines)
    assert re.fullmatch(PHOTOGRAPH.format("Ready", r"torch \S+ · \w+ · "), last)
    assert len(last) < 100
    assert status == 0


PHOTOGRAPH = r"{}\. \w+ \w+ · Python [\d.]+ · {}[\d.]+ cores? · \d{{4}}-\d\d-\d\d"


def test_without_any_package_it_tells_the_set_up_once_and_the_way_to_it(series):
    script = series / "notebooks" / "preflight.py"
    lines, last, status = said("-E", "-S", script=script)
    assert "✗ torch, jupyterlab, ipywidgets, matplotlib and 8 more: missing" in lines
    assert sum("-m venv" in line for line in lines) == 1
    assert f"    cd {shlex.quote(str(series))}" in lines
    assert any("not tried: no torch" in line for line in lines)
    assert re.fullmatch(PHOTOGRAPH.format("1 thing to mend", ""), last)
    assert status == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_knows_no_ticks_gets_words(encoding):
    lines, last, status = said("-S", PYTHONIOENCODING=encoding)
    assert any(line.startswith("ok Python: ") for line in lines)
    assert any(line.startswith("NO torch, ") for line in lines)
    assert last.startswith("1 thing to mend. ")
    assert status == 1


@pytest.mark.parametrize(
    "streams", [">&-", "2>&-", "<&-", "<&- >&- 2>&-", ">/dev/full"]
)
def test_closed_and_full_streams_do_no_harm(streams):
    if os.name == "nt":
        pytest.skip("these are a POSIX shell's")
    command = (
        f"{shlex.quote(sys.executable)} -E -S {shlex.quote(str(SCRIPT))} {streams}"
    )
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode == 1


def test_who_reads_only_its_first_line_gets_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)  # as `| head -1` soon does
    command = [sys.executable, "-E", "-S", str(SCRIPT)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""


def test_an_interruption_is_told_without_a_traceback(series, tmp_path):
    """A module that hangs stands for a kernel that doesn't come up."""
    (series / "notebooks" / "compilers.py").write_text(HANGS)
    done = subprocess.run(
        [sys.executable, "-E", "-S", str(series / "notebooks" / "preflight.py")],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.endswith("\nInterrupted: not all was looked at.\n")
    assert done.returncode == 130


HANGS = """\
NO_COMPILER = ""
def find_compiler():
    raise KeyboardInterrupt
"""


# ---- files ----------------------------------------------------------------------


@pytest.fixture
def series(tmp_path):
    """Return a copy of what the preflight looks at, in an awkwardly named folder."""
    folder = tmp_path / "Größe 'eins'"
    for path in [*ROOT.glob("*.*"), *(ROOT / "notebooks").rglob("*.*")]:
        name = path.relative_to(ROOT)
        ignored = {"__pycache__", ".ipynb_checkpoints"} & {*name.parts}
        if path.is_file() and not ignored and not path.name.startswith("my_"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
    return folder


def said_in(series, **environment):
    return said("-S", script=series / "notebooks" / "preflight.py", **environment)


@pytest.mark.parametrize(
    "name",
    [
        "SO_CONVOLVE_QUESTION.py",
        "README.md",
        "requirements.txt",
        f"notebooks/{path_of('leave_the_machine').name}",
        "notebooks/workshop/__init__.py",
        "notebooks/workshop/show/tables.py",
        "notebooks/workshop/lesson/diagnosis/wrong_numbers.py",
        "notebooks/native/building.py",
    ],
)
def test_a_missing_file_is_named(name, series, monkeypatch):
    monkeypatch.setattr(files, "ROOT", series)
    monkeypatch.setattr(files, "NOTEBOOKS", series / "notebooks")
    assert files.missing() == []
    (series / name).unlink()
    assert files.missing() == [name]


@pytest.mark.parametrize("name", ["compilers.py", "readiness/cores.py"])
def test_a_part_of_the_preflight_that_is_missing_is_named(name, series):
    (series / "notebooks" / name).unlink()
    script = series / "notebooks" / "preflight.py"
    command = [sys.executable, "-E", "-S", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    module = name[:-3].replace("/", ".")
    advice = "download the series, and unpack all of it"
    assert done.stderr == f"No module named '{module}': {advice}\n"


def test_a_file_that_hides_a_module_is_named_first_and_comes_with_its_renaming(series):
    for name in "random", "platform", "codecs", "torch", "SO_CONVOLVE_QUESTION":
        (series / "notebooks" / f"{name}.py").write_text("raise SystemExit('hidden')")
    (series / "line_profiler").mkdir()
    (series / "line_profiler" / "__init__.py").touch()
    (series / "notebooks" / "my_convolve.py").touch()
    lines, last, _ = said_in(series)
    hidden = [line for line in lines if "hides the module" in line]
    assert lines[1:7] == hidden
    assert len(hidden) == 6
    assert "✗ files: notebooks/random.py hides the module random" in lines
    assert f"    cd {shlex.quote(str(series))}" in lines
    moves = [line.strip() for line in lines if line.startswith("    mv ")]
    assert "mv line_profiler my_line_profiler" in moves
    assert last.startswith("7 things to mend. ")
    for move in moves:
        subprocess.run(shlex.split(move), cwd=series, check=True)
    lines, last, _ = said_in(series)
    assert lines[0] == "✓ files: all there"
    assert last.startswith("1 thing to mend. ")


def test_what_pythonpath_hides_is_named(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('hidden')")
    lines, _, _ = said("-S", PYTHONPATH=str(tmp_path))
    assert "✗ PYTHONPATH: hides random" in lines
    assert "    unset PYTHONPATH" in lines


def test_while_files_are_wrong_no_kernel_is_started(monkeypatch):
    monkeypatch.setattr(files, "missing", lambda: ["a.py"])
    found, mend = next(preflight.check_files())[1:]
    assert found == "no a.py"
    assert mend.startswith("download the series, unpack all of it, and copy")
    assert {check.found for check in preflight.check_notebook()} == {
        "not tried: mend files first"
    }


# ---- how to set the series up ---------------------------------------------------


@pytest.mark.parametrize(("windows", "block"), [(False, "bash"), (True, "powershell")])
def test_the_set_up_is_the_first_step_of_readmes_command(windows, block):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(rf"```{block}\n(.+)\n```", readme)[1]
    assert re.match(re.escape(remedies.SET_UP[windows]) + " ?(;|&&) ", command)


def pythons(monkeypatch, *fits, needs=("sys", "pip", "ensurepip")):
    """Let only these commands be Pythons that fit, and have only these modules."""

    def fit(*command, needs):
        name = " ".join(command)
        return needs in modules and (name in fits or name.endswith(fits))

    modules = needs
    monkeypatch.setattr(remedies, "_fits", fit)


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_the_set_up_takes_a_python_that_fits_and_clears_what_is_broken(
    windows, there, monkeypatch, tmp_path
):
    monkeypatch.setattr(remedies, "WINDOWS", windows)
    monkeypatch.setattr(remedies, "ROOT", tmp_path)
    other = "py -3.12" if windows else "python3.12"
    pythons(monkeypatch, other)
    usual = remedies.SET_UP[windows]
    command = usual.replace(usual.split()[0], other, 1)
    if there:
        (tmp_path / ".venv").mkdir()
        command = command.replace("venv .venv", "venv --clear .venv")
    assert remedies.install() == f"run: {command}"


def test_a_python_without_venv_comes_with_the_package_that_has_it(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(remedies, "ROOT", tmp_path)
    pythons(monkeypatch, "python3", needs=["sys"])
    first, command = remedies.set_up().split(", run: ")
    assert first.endswith("(sudo apt-get install python3-venv)")
    assert command == remedies.SET_UP[False]


def test_without_any_python_that_fits_one_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(remedies, "ROOT", tmp_path)
    pythons(monkeypatch, "no-such-python")
    first, command = remedies.set_up().split(", run: ")
    assert first.startswith("install Python 3.13 ")
    assert command.startswith("python3.13 -m venv .venv && ")


def test_another_python_than_the_one_set_up_is_told_which_to_take(
    monkeypatch, tmp_path
):
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(remedies, "ROOT", tmp_path)
    pythons(monkeypatch, ".venv/bin/python")
    assert remedies.install() == "run: .venv/bin/python notebooks/preflight.py"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    mend = "run: .venv/bin/python -m pip install -r requirements.txt"
    assert remedies.install() == mend


def test_windows_gets_its_own_commands(monkeypatch):
    monkeypatch.setattr(remedies, "WINDOWS", True)
    monkeypatch.setattr(remedies, "ROOT", "C:\\my files\\series")
    assert remedies.go() == 'run: cd "C:\\my files\\series"'
    assert remedies.again() == r"run: .venv\Scripts\python notebooks\preflight.py"
    assert remedies.unset("A", "B") == "run: Remove-Item Env:A,Env:B"


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unsupported_python_is_named(version, monkeypatch):
    monkeypatch.setattr(preflight, "sys", SimpleNamespace(version_info=version))
    monkeypatch.setattr(preflight, "install", lambda: "run: this")
    found, mend = told(preflight.check_python)
    assert found.endswith(", not 3.11 to 3.13")
    assert mend == "run: this"


def test_a_wrong_version_comes_with_the_command_that_mends_it(monkeypatch):
    monkeypatch.setattr(preflight, "_version", lambda name: "0.1")
    monkeypatch.setattr(preflight, "install", lambda: "run: this")
    first, *_ = preflight.check_packages()
    found = "0.1, not ==2.13.0: expect other numbers"
    assert first == ("torch", found, "run: this")


@pytest.mark.slow
def test_a_venv_that_was_moved_is_set_up_again(monkeypatch, tmp_path):
    script = tmp_path / "jupyter"
    script.write_text("#!/no/such/.venv/bin/python\n")
    script.chmod(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(preflight, "set_up", lambda: "run: this")
    *_, check = preflight.check_jupyterlab()
    assert check.found.startswith("doesn't start: ")
    assert check.mend == "run: this"


# ---- a small notebook -----------------------------------------------------------


def broken_kernel(folder):
    """Return the environment of a Jupyter whose kernel python3 fails at its start."""
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit(1)", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "broken", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    return {"JUPYTER_PATH": str(folder), "JUPYTER_PREFER_ENV_PATH": "0"}


@pytest.mark.slow
def test_a_kernel_that_does_not_start_is_red(tmp_path, monkeypatch):
    for name, value in broken_kernel(tmp_path).items():
        monkeypatch.setenv(name, value)
    wait, kernel, *others = preflight.check_notebook()
    assert wait.found.startswith("starting a kernel")
    assert kernel.found.startswith("fails: ")
    assert kernel.mend == "run: unset JUPYTER_PATH"
    assert {check.found for check in others} == {"not tried: no kernel"}
    monkeypatch.delenv("JUPYTER_PATH")
    monkeypatch.setattr(trial, "has_foreign_kernel", lambda: True)
    assert preflight._mend() == "run: export JUPYTER_PREFER_ENV_PATH=1"


@pytest.mark.slow
def test_the_notebook_ends_where_going_on_is_of_no_use(monkeypatch):
    cells = {"kernel": ("1", "1"), "workshop": ("1 / 0", ""), "figure": ("1", "1")}
    monkeypatch.setattr(trial, "CELLS", cells)
    failed = ("workshop", "fails: ZeroDivisionError: division by zero", False)
    assert list(trial.run()) == [("kernel", "works", True), failed]


@pytest.mark.parametrize(
    ("name", "outputs", "found"),
    [
        ("kernel", [new_output("execute_result", {"text/plain": "True"})], "works"),
        ("workshop", [], "works"),
        ("%lprun", [new_output("stream", text="Line #  Hits  Time")], "works"),
        ("figure", [new_output("display_data", {"text/html": "<img>"})], "works"),
        ("%lprun", [], "shows nothing"),
        ("figure", [], "shows nothing"),
        (
            "instruction set",
            [new_output("execute_result", {"text/plain": "'AVX2'"})],
            "AVX2",
        ),
        (
            "kernel",
            [new_output("execute_result", {"text/plain": "'/usr/bin/python3'"})],
            "runs another Python: '/usr/bin/python3'",
        ),
        (
            "workshop",
            [new_output("error", ename="ValueError", evalue="no\nsuch")],
            "fails: ValueError: no",
        ),
    ],
)
def test_what_a_cell_gives_is_judged(name, outputs, found):
    judged, fine = trial.judge(name, outputs, trial.CELLS[name][1])
    assert judged == found
    assert fine == (found in ("works", "AVX2"))


@pytest.mark.parametrize("name", ["MPLBACKEND", "PYTHONPATH"])
def test_a_workshop_that_fails_is_red_once_and_told_by_a_variable(name, monkeypatch):
    monkeypatch.setenv(name, "nonsense")
    gave = [("kernel", "works", True), ("workshop", "fails: no", False)]
    monkeypatch.setattr(trial, "run", lambda: gave)
    checks = {check.name: check for check in preflight.check_notebook()}
    assert checks["workshop"][1:] == ("fails: no", f"run: unset {name}")
    for other in "%lprun", "figure":
        assert checks[other][1:] == ("not tried: no workshop", "")


def test_a_cell_that_shows_nothing_is_red_alone(monkeypatch):
    gave = [(name, "works", True) for name in trial.CELLS]
    gave[-2] = ("%lprun", "shows nothing", False)
    monkeypatch.setattr(trial, "run", lambda: gave)
    monkeypatch.setattr(trial, "has_foreign_kernel", lambda: False)
    checks = list(preflight.check_notebook())
    assert [check.name for check in checks if check.mend] == ["%lprun"]


# ---- settings, room, cores ------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("MPLBACKEND", "agg", "agg"),
        ("PYTHONSTARTUP", "mine.py", "mine.py"),
        ("PYTHONWARNINGS", "always", "always"),
    ],
)
def test_a_variable_that_changes_what_notebooks_show_is_named(
    name, value, found, monkeypatch
):
    monkeypatch.setenv(name, value)
    [check] = preflight.check_settings()
    assert check == (name, f"{found}, so outputs may differ", f"run: unset {name}")


def test_the_backend_that_jupyter_sets_is_nobodys_setting(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    assert list(preflight.check_settings()) == []


@pytest.mark.parametrize(
    ("file", "text", "name", "variable"),
    [
        (".ipython/profile_default/ipython_config.py", "c.A.b = 1", "IPython", "IPYTH"),
        (
            ".ipython/profile_default/ipython_kernel_config.json",
            "{",
            "IPython",
            "IPYTH",
        ),
        (".ipython/profile_default/startup/00-mine.ipy", "1", "IPython", "IPYTHONDIR"),
        (
            ".config/matplotlib/matplotlibrc",
            "font.size: 20",
            "matplotlib",
            "MATPLOTLIB",
        ),
    ],
)
def test_a_file_that_changes_what_notebooks_show_is_named(
    file, text, name, variable, monkeypatch, tmp_path
):
    for setting in ("IPYTHONDIR", "MATPLOTLIBRC", "MPLCONFIGDIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(setting, raising=False)
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text("# A comment\n\nc = get_config()  #noqa\n")
    assert list(preflight.check_settings()) == []
    path.write_text(f"# A comment\n{text}\n")
    [check] = preflight.check_settings()
    assert check[:2] == (name, f"reads {path}")
    assert f"set {variable}" in check.mend


def test_another_kernel_on_jupyters_path_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", broken_kernel(tmp_path)["JUPYTER_PATH"])
    [check] = preflight.check_settings()
    assert check.found.startswith(f"another kernel python3 is in {tmp_path}")
    assert check.mend == "run: unset JUPYTER_PATH"


def test_the_first_notebook_shows_what_is_set_too(monkeypatch):
    rows = workshop.check_machine().markdown
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    more = set(workshop.check_machine().markdown.splitlines()) - set(rows.splitlines())
    found = "always, so outputs may differ"
    assert f"| PYTHONWARNINGS | {found} | run: unset PYTHONWARNINGS |" in more


def test_the_first_notebook_tells_equal_remedies_once(monkeypatch):
    monkeypatch.setattr(preflight, "_version", lambda name: None)
    monkeypatch.setattr(preflight, "install", lambda: "run: this")
    headline = workshop.check_machine().markdown.split("\n\n")[0]
    assert headline.startswith("**✗ To do:** torch, jupyterlab, ")
    assert headline.count("run: this") == 1


COPY = "copy the series to a folder of your own, and go on there"
HOME = "let it be written, or run: export HOME=$(mktemp -d)"
ROOM = "make room: delete what you don't need, or ask for more"


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC])
@pytest.mark.parametrize(
    ("check", "mend"), [(preflight.check_folder, COPY), (preflight.check_home, HOME)]
)
def test_a_folder_that_takes_no_file_is_red(check, mend, number, monkeypatch):
    def refuse(dir):
        raise OSError(number, os.strerror(number), dir)

    assert [found.mend for found in check() if found.mend] == []
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    found, told_mend = told(check)
    assert os.strerror(number) in found
    assert told_mend == (ROOM if number == errno.ENOSPC else mend)


def test_no_compiler_is_told_and_not_red(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    found, mend = told(preflight.check_compiler)
    assert found.startswith(
        f"nothing called no-such-compiler, but {native.NO_COMPILER}"
    )
    assert "apt-get install g++" in found
    assert "read about the operator without running it" in found
    assert mend == ""


GCC = "#define __GNUC__ {}\n#define __GNUC_MINOR__ {}\n"
CLANG = "#define __clang_major__ {}\n#define __clang_minor__ {}\n" + GCC.format(4, 2)


@pytest.mark.parametrize(
    ("macros", "named", "fits"),
    [
        (GCC.format(10, 4), "GCC 10.4", False),
        (GCC.format(11, 1), "GCC 11.1", True),
        (CLANG.format(12, 0), "Clang 12.0", False),
        (CLANG.format(13, 0), "Clang 13.0", True),
        ("", "neither GCC nor Clang", False),
    ],
)
def test_a_compiler_is_named_and_must_be_new_enough(
    macros, named, fits, monkeypatch, tmp_path
):
    (tmp_path / "macros").write_text(macros)
    script = tmp_path / "c++"
    script.write_text(f"#!/bin/sh\ncat {tmp_path}/macros\n")
    script.chmod(0o755)
    monkeypatch.setenv("CXX", f"{script} -m64")
    found, mend = told(preflight.check_compiler)
    assert named in found
    assert (native.NO_COMPILER in found) is not fits
    assert native.has_compiler() is fits
    assert mend == ""


def test_it_finds_the_compiler_that_the_operator_is_built_with():
    found, _ = told(preflight.check_compiler)
    assert (native.NO_COMPILER in found) is not native.has_compiler()


def test_a_full_disk_is_red(monkeypatch):
    usage = namedtuple("Usage", "free")(5e8)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert told(preflight.check_disk) == ("0.5 GB", "make room, 1 GB in all")
    monkeypatch.setattr(preflight, "_version", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "or take torch's small build" in told(preflight.check_disk)[1]


class NoSocket(socket.socket):
    def bind(self, address):
        raise OSError("not permitted")


def test_a_machine_that_gives_no_port_is_red(monkeypatch):
    monkeypatch.setattr(socket, "socket", NoSocket)
    found, mend = told(preflight.check_port)
    assert found == "none: not permitted"
    assert mend.startswith("let programs listen on 127.0.0.1")


@pytest.mark.parametrize(
    ("code", "found"),
    [(0, "8888 is taken, JupyterLab takes the next"), (111, "8888 is free")],
)
def test_a_port_that_is_taken_is_told_and_not_red(code, found, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect_ex", lambda self, address: code)
    assert told(preflight.check_port) == (found, "")


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, 2),
        ({"cpu/cpu.cfs_quota_us": "150000", "cpu/cpu.cfs_period_us": "100000"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 2),
        ({}, 2),
    ],
)
def test_cores_are_what_a_quota_leaves(files, cores, monkeypatch, tmp_path):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(cores_granted, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert preflight.granted_cores() == workshop.granted_cores() == cores
    assert told(preflight.check_cores)[0] == f"{cores:g}"
    assert bool(told(preflight.check_cores)[1]) == (cores < 1)


def test_a_check_that_stumbles_is_a_red_line(monkeypatch, capsys):
    def check_nothing():
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(preflight, "CHECKS", [check_nothing])
    assert telling.tell(preflight.look(), None) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✗ nothing: RuntimeError: first line"
    assert "nothing: please report it: this check stumbled" in lines
    assert lines[-1].startswith("1 thing to mend. ")


def test_equal_remedies_count_as_one(capsys):
    checks = [preflight.Check(name, "missing", "run: this") for name in "abcdefg"]
    checks += [preflight.Check("h", "no", "run: that")]
    telling.tell(checks, None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✗ a, b, c, d and 3 more: missing"
    assert lines.count("    this") == lines.count("    that") == 1
    assert lines[-1].startswith("2 things to mend. ")


@pytest.mark.parametrize(
    ("variable", "value", "start"),
    [("TERM", "xterm", "\033[32m✓"), ("TERM", "dumb", "✓"), ("NO_COLOR", "1", "✓")],
)
def test_colours_are_for_terminals_that_want_them(
    variable, value, start, monkeypatch, capsys
):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("WT_SESSION", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    telling.tell([preflight.Check("a", "fine", "")], None)
    assert capsys.readouterr().out.startswith(f"{start} a: fine")

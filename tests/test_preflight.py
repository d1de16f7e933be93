"""The preflight finds what is missing, and says what mends it: each thing is broken."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_output

import native
import preflight
import workshop

SCRIPT = Path(preflight.__file__)


@pytest.fixture(autouse=True)
def _usual_environment(monkeypatch):
    """Run without what other tests, or whoever runs them, have set."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_PATH", "MPLBACKEND", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)


def said(*options, folder=None, **environment):
    """Run the preflight; return a dict of name -> line, its last line, its status."""
    command = [sys.executable, *options, str(SCRIPT)]
    settings = os.environ | {"PYTHONIOENCODING": "utf-8"} | environment
    done = subprocess.run(
        command,
        cwd=folder,
        env=settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()
    return {line[2:].split(":")[0]: line for line in lines}, last, done.returncode


def told(check):
    """Return (found, mend) of the only thing that `check` looks at."""
    [(_, found, mend)] = check()
    return found, mend


@pytest.mark.slow
def test_on_a_good_machine_all_is_green_from_any_folder(tmp_path):
    lines, last, status = said(folder=tmp_path)
    assert [line for line in lines.values() if not line.startswith("✓ ")] == []
    assert {"Python", "torch", "kernel", "%lprun", "figure", "port"} <= set(lines)
    assert (last, status) == ("Ready.", 0)


def test_without_any_package_it_still_says_everything():
    lines, last, status = said("-E", "-S")
    assert lines["torch"].startswith("✗ torch: missing. To mend it, run")
    assert lines["kernel"] == "– kernel: not tried: no torch"
    assert lines["Python"].startswith("✓")
    assert lines["cores granted"].startswith("✓")
    assert (last, status) == ("12 things to mend.", 1)


def test_a_terminal_that_knows_no_ticks_gets_the_rest():
    _, last, status = said("-E", "-S", PYTHONIOENCODING="ascii")
    assert (last, status) == ("12 things to mend.", 1)


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unsupported_python_is_named(version, monkeypatch):
    monkeypatch.setattr(preflight, "sys", SimpleNamespace(version_info=version))
    wanted = "set the series up again with Python 3.11 to 3.13"
    assert told(preflight.check_python)[1] == wanted


def test_a_wrong_version_comes_with_the_command_that_mends_it(monkeypatch):
    monkeypatch.setattr(preflight, "_version", lambda name: "0.1")
    first, *_ = preflight.check_packages()
    mend = f"{preflight._install()}, or expect other numbers"
    assert first == ("torch", "0.1", mend)


def test_a_python_beside_the_one_set_up_is_told_which_to_take(monkeypatch, tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / "requirements.txt").write_text("no-such-package\n")
    monkeypatch.setattr(preflight, "ROOT", tmp_path)
    assert told(preflight.check_packages) == ("missing", preflight.ANOTHER)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert told(preflight.check_packages) == ("missing", preflight.INSTALL)


def broken_kernel(folder):
    """Return the environment of a Jupyter whose kernel python3 fails at its start."""
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit(1)", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "broken", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    return {"JUPYTER_PATH": str(folder), "JUPYTER_PREFER_ENV_PATH": "0"}


@pytest.mark.slow
def test_a_kernel_that_does_not_start_is_red(tmp_path):
    lines, _, status = said(**broken_kernel(tmp_path))
    assert lines["kernel"].startswith("✗ kernel: doesn't start: ")
    assert lines["kernel"].endswith("unset JUPYTER_PATH, then run this again")
    assert lines["%lprun"] == "– %lprun: not tried: no kernel"
    assert lines["figure"] == "– figure: not tried: no kernel"
    assert status == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "thing"), [("nbclient", "kernel"), ("line_profiler", "workshop")]
)
def test_a_broken_package_is_red_once_where_it_is_needed(module, thing, tmp_path):
    (tmp_path / f"{module}.py").write_text(f"raise ImportError('{module} is broken')")
    lines, last, status = said(PYTHONPATH=str(tmp_path))
    assert f"{module} is broken. To mend it, unset PYTHONPATH" in lines[thing]
    assert lines["%lprun"] == f"– %lprun: not tried: no {thing}"
    assert lines["figure"] == f"– figure: not tried: no {thing}"
    assert (last, status) == ("1 thing to mend.", 1)


GIVEN = {  # what the cells give on a good machine
    "kernel": new_output("execute_result", {"text/plain": "42"}),
    "%lprun": new_output("stream", text="Line #  Hits  Time"),
    "figure": new_output("display_data", {"text/html": "<img>"}),
}


def notebook_gives(monkeypatch, **outputs):
    """Return what `check_notebook` finds where the cells give `GIVEN | outputs`."""

    def execute(client):
        for cell, name in zip(client.nb.cells, preflight.CELLS, strict=True):
            given = (GIVEN | outputs).get(name)
            cell.outputs = [given] if given else []

    monkeypatch.setattr(preflight, "_execute", execute)
    return {check.name: check for check in preflight.check_notebook()}


def test_what_its_cells_give_on_a_good_machine_is_green(monkeypatch):
    checks = notebook_gives(monkeypatch).values()
    assert [check.found for check in checks] == ["works"] * len(preflight.CELLS)


@pytest.mark.parametrize("name", ["MPLBACKEND", "PYTHONPATH"])
def test_a_workshop_that_fails_is_red_once_and_told_by_a_variable(name, monkeypatch):
    monkeypatch.setenv(name, "nonsense")
    told = new_output("error", ename="ValueError", evalue="'nonsense' is not valid")
    checks = notebook_gives(monkeypatch, workshop=told)
    assert checks["workshop"].found == "fails: ValueError: 'nonsense' is not valid"
    assert checks["workshop"].mend == f"unset {name}, then run this again"
    assert [checks[n].found for n in ("%lprun", "figure")] == 2 * [
        "not tried: no workshop"
    ]


@pytest.mark.parametrize("name", ["%lprun", "figure"])
def test_a_cell_that_shows_nothing_is_red_alone(name, monkeypatch):
    checks = notebook_gives(monkeypatch, **{name: None})
    assert (checks[name].found, checks[name].mend) == ("shows nothing", preflight.AGAIN)
    assert [n for n, check in checks.items() if check.mend] == [name]


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
    assert check == (name, found, "unset it, or expect other outputs")


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
    assert check.mend.startswith(f"set {variable}")


def test_another_kernel_on_jupyters_path_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_PATH", broken_kernel(tmp_path)["JUPYTER_PATH"])
    [check] = preflight.check_settings()
    assert check[:2] == ("JUPYTER_PATH", f"another kernel python3 is in {tmp_path}")


def test_the_first_notebook_shows_what_is_set_too(monkeypatch):
    rows = workshop.check_machine().markdown
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    more = set(workshop.check_machine().markdown.splitlines()) - set(rows.splitlines())
    assert "| PYTHONWARNINGS | always | unset it, or expect other outputs |" in more


def test_a_folder_that_cannot_be_written_is_red(monkeypatch):
    def refuse(dir):
        raise OSError(f"{dir} is a read-only file system")

    assert told(preflight.check_folder) == ("can be written", "")
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    found, mend = told(preflight.check_folder)
    assert found.startswith(f"can't be written: {SCRIPT.parent} is a read-only")
    assert mend == "copy the series to a folder of your own"


def test_who_reads_only_its_first_line_gets_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)  # as `| head -1` soon does
    command = [sys.executable, "-E", "-S", str(SCRIPT)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""


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
    wanted = "0.5 GB", "make room: 1 GB at least"
    assert told(preflight.check_disk) == wanted


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
    monkeypatch.setattr(preflight, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert preflight.granted_cores() == workshop.granted_cores() == cores
    assert told(preflight.check_cores)[0] == f"{cores:g}"
    assert bool(told(preflight.check_cores)[1]) == (cores < 1)


def test_a_check_that_stumbles_is_a_red_line(monkeypatch, capsys):
    def check_nothing():
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(preflight, "CHECKS", [check_nothing])
    assert preflight.main() == 1
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith("✗ nothing: RuntimeError: first line. To mend it, please")
    assert last == "1 thing to mend."


def test_colours_are_for_terminals(monkeypatch, capsys):
    monkeypatch.setattr(preflight, "CHECKS", [preflight.check_python])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert preflight.main() == 0
    assert capsys.readouterr().out.startswith("\033[32m✓ Python")

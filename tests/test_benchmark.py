"""The benchmark compares what is equal; nothing here is timed."""

import subprocess
import sys

import benchmark
import pytest
import torch
from torch.utils.benchmark import Measurement, TaskSpec

import native
from SO_CONVOLVE_QUESTION import convolve_fast
from workshop import Point


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("peer", benchmark.PEERS)
def test_every_installed_peer_convolves_each_row(peer, dtype):
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(4, 5, dtype=dtype, generator=generator)
    v = torch.randn(4, 7, dtype=dtype, generator=generator)
    try:
        call = peer(a.numpy(), v.numpy())
    except ImportError as error:
        pytest.skip(str(error))
    result = torch.from_numpy(benchmark.np.array(call()))
    torch.testing.assert_close(result, convolve_fast(a, v))


def test_loops_over_rows_convolve_each_row():
    a, v = torch.ones(4, 5), torch.ones(4, 7)
    assert torch.equal(benchmark.conv1d_by_row(a, v), convolve_fast(a, v))


@pytest.mark.skipif(not native.has_compiler(), reason=native.NO_COMPILER)
@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("backward", [False, True])
def test_each_operator_gets_the_same_numbers_in_its_own_layout(rows, backward):
    point = Point(5, 7, rows, backward=backward)
    calls = benchmark.calls_at(point, [native.convolve_native], [])
    copy, wanted = calls.pop("copy", None), calls.pop("convolve_fast")()
    assert len(calls) == (2 if backward else 4)
    for name, call in calls.items():
        found = call()
        pairs = zip(found, wanted, strict=True) if backward else [(found, wanted)]
        for given, right in pairs:
            assert given.is_contiguous()
            rowwise = given.T if "columns" in name else given
            torch.testing.assert_close(rowwise, right)
        if name.startswith("into"):
            assert found.data_ptr() == copy().data_ptr()


def measured(**seconds):
    spec = TaskSpec("call()", setup="")
    return {name: Measurement(1, [s], spec) for name, s in seconds.items()}


def test_it_tells_where_an_operator_is_ahead_behind_and_close(capsys):
    results = {
        Point(2, 5, rows): measured(ours=1, first=first, second=second)
        for rows, first, second in [(1, 3, 2), (5, 0.5, 9), (100, 1.05, 2), (7, 5, 4)]
    }
    results[Point(9, 9, 1)] = measured(ours=1)
    benchmark.report_ahead("ours", "them", ["first", "second"], results, clear=1.1)
    benchmark.report_ahead("ours", "nobody", ["third"], results, clear=1.1)
    first, *lines = capsys.readouterr().out.split("\n")[1:-1]
    assert first == "ours, them:"
    assert lines == [
        "clearly ahead at 2 of 4 points, clearly behind at 1; the closest:",
        "  0.50  5 rows, 2 x 5, float32",
        "  1.05  100 rows, 2 x 5, float32",
        "  2.00  1 rows, 2 x 5, float32",
    ]


def test_it_tells_how_many_copies_an_operator_takes(capsys):
    results = {
        Point(2, 5, 10): measured(into_rows=1, copy=2),
        Point(9, 5, 10): measured(into_rows=4, copy=2),
        Point(8, 5, 10): measured(into_rows=9, copy=2),  # no length of the bounds
        Point(2, 5, 20): measured(into_rows=9, copy=2),
    }
    benchmark.report_copies(results, 10)
    told = capsys.readouterr().out
    assert told.strip().split("\n") == [
        "convolve_native, torch.float32, 10 rows into a given result: 1.00 copies,",
        "at most",
        "  2.00  10 rows, 9 x 5, float32",
    ]


def test_a_missing_peer_is_reported(monkeypatch, capsys):
    def missing_peer(a, v):
        raise ImportError("No module named 'missing'")

    monkeypatch.setattr(benchmark, "PEERS", [missing_peer, benchmark.numpy_by_row])
    assert benchmark.installed_peers() == [benchmark.numpy_by_row]
    told = capsys.readouterr().out
    assert "missing_peer is left out: No module named 'missing'" in told


@pytest.mark.slow
def test_it_runs_from_any_folder(tmp_path):
    command = [sys.executable, benchmark.__file__, "--help"]
    told = subprocess.check_output(command, cwd=tmp_path, text=True)
    assert "--quick" in told

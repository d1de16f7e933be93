"""The benchmark compares what is equal; nothing here is timed."""

import subprocess
import sys

import benchmark
import pytest
import torch

from SO_CONVOLVE_QUESTION import convolve_fast


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

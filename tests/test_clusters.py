"""Clusters on this machine: quiet, side by side, and gone when they are closed."""

import os
import warnings

import pytest

from clusters import processes_left, start_cluster
from workshop.measure.fresh_process import run_fresh

SETTING = "MALLOC_TRIM_THRESHOLD_"


@pytest.mark.slow
def test_two_clusters_stand_side_by_side_each_with_its_environment(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    monkeypatch.delenv("OMP_NUM_THREADS")  # which Dask would set here, too
    running = processes_left()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clients = [start_cluster(1, **{SETTING: value}) for value in "23"]
    assert os.environ[SETTING] == "1"
    assert "OMP_NUM_THREADS" not in os.environ
    found = [list(client.run(os.getenv, SETTING).values()) for client in clients]
    assert found == [["2"], ["3"]]
    assert processes_left() == running + 2
    for client in clients:
        client.shutdown()
    assert processes_left() == running


def test_the_simulator_needs_torch_alone():
    code = "import sys, fluxes; print({'matplotlib', 'workshop'} & {*sys.modules})"
    assert run_fresh(code).strip() == "set()"

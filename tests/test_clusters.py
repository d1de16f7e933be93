"""Clusters on this machine: quiet, side by side, and gone when they are closed."""

import os

import psutil
import pytest

from fluxes import central_network, draw_central
from workshop.measure.clusters import processes_left, start_cluster
from workshop.measure.fresh_process import run_fresh

SETTING = "MALLOC_TRIM_THRESHOLD_"


def masses_of(number):
    network = central_network()
    fluxes = network.balance(draw_central(100, seed=number))
    return network.simulate(fluxes, {"Glc": "110000"})


@pytest.mark.slow
def test_workers_get_their_environment_and_this_process_keeps_its_own(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    before = dict(os.environ)
    client = start_cluster(workers=2, **{SETTING: "2"})
    found = client.run(os.environ.get, SETTING)
    assert list(found.values()) == ["2", "2"]
    assert dict(os.environ) == before


def test_the_simulator_needs_torch_alone():
    code = "import sys, fluxes; print({'matplotlib', 'workshop'} & {*sys.modules})"
    assert run_fresh(code).strip() == "set()"

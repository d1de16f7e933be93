"""The simulator gives the masses that 13CFLUX, a published engine in C++, gives.

They were recorded by `python tests/tools/engine.py --record`; where the engine is
installed, it is asked again.
"""

import json
import subprocess
import sys

import engine
import pytest
import torch
from engine import EXPERIMENTS, MEASURED, RECORD, Engine
from fluxml import write_fluxml

from fluxes import CENTRAL, TOY, TOY_FLUXES, Network, draw_central

RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", RECORDED["cases"], ids=["pure", "as in nature"])
def test_the_masses_are_those_that_the_engine_gave(case):
    network = Network(CENTRAL, *MEASURED)
    free = {
        name: torch.tensor(flux, dtype=torch.float64)
        for name, flux in RECORDED["free"].items()
    }
    fluxes = network.balance(free)
    found = network.simulate(fluxes, case["labels"], natural=case["natural"])
    wanted = torch.tensor(case["masses"], dtype=torch.float64)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("labels", "natural"), EXPERIMENTS, ids=["pure", "nature"])
def test_the_engine_agrees_wherever_it_is_installed(labels, natural):
    try:
        engine.load_engine()
    except ImportError as error:
        pytest.skip(str(error))
    network = Network(CENTRAL, *MEASURED)
    free = draw_central(3)
    asked = Engine(network, free, labels, natural > 0)
    masses, slopes = engine.compare(network, asked, free, labels, natural)
    assert masses < 1e-13
    assert slopes < 1e-13


TABLE = """
in: S -> A      ab -> ab
v: A -> B       ab -> ab
v_b: B -> A     ab -> ab
out: B -> C     ab -> ab
"""


@pytest.mark.parametrize(
    ("table", "free", "told"),
    [
        (TABLE, {"in": 2, "v_b": 3}, ['<reaction id="v" bidirectional="true">']),
        (
            TABLE.replace("v:", "w_b:").replace("v_b:", "w:"),
            {"in": 2, "w": 3},
            [
                '<reaction id="w_b" bidirectional="true">',
                '<fluxvalue flux="in" type="net">2.0</fluxvalue>',
                '<fluxvalue flux="w_b" type="xch">3.0</fluxvalue>',
            ],
        ),
        (TABLE, {"v": 5, "v_b": 3}, ['<fluxvalue flux="v" type="net">2.0</fluxvalue>']),
        (
            TABLE.replace("v_b", "v_back"),
            {"in": 2, "v_back": 3},
            ['<reaction id="v_back" bidirectional="false">'],
        ),
    ],
    ids=["a pair", "its net flux goes back", "both are free", "other names"],
)
def test_two_directions_are_one_reaction(table, free, told):
    written = write_fluxml(Network(table, "C"), free, {"S": "10"})
    assert [line for line in told if line not in written.splitlines()] == []


def test_the_ways_of_a_symmetric_molecule_are_variants_with_shares():
    network = Network("in: S -> A  abc -> abc\ns: A -> B + C  abc -> ab|ba + c", "B")
    written = write_fluxml(network, {"s": 2.0}, {"S": "100"}).splitlines()
    start = written.index('<reaction id="s__0, s__1" bidirectional="false">')
    assert written[start + 2 : start + 6] == [
        '<rproduct id="B">',
        '<variant cfg="ab" ratio="0.5"/>',
        '<variant cfg="ba" ratio="0.5"/>',
        "</rproduct>",
    ]
    assert '<fluxvalue flux="s__0" type="net">1.0</fluxvalue>' in written


def test_variants_of_two_metabolites_at_once_are_refused():
    table = "in: S -> A  abcd -> abcd\ns: A -> B + C  abcd -> ab|ba + cd|dc"
    with pytest.raises(ValueError, match=r"variants of one of \['B', 'C'\] only"):
        write_fluxml(Network(table, "B"), {"s": 2.0}, {"S": "1000"})


def test_unlabelled_carbon_is_natural_only_where_a_purity_is_told():
    network, mixture = Network(TOY, "F"), {"A": {"010": 0.9, "111": 0.1}}
    pure = write_fluxml(network, TOY_FLUXES, mixture)
    assert '<label cfg="010">0.9</label><label cfg="111">0.1</label>' in pure
    natural = write_fluxml(network, TOY_FLUXES, {"A": "010"}, natural=True)
    assert '<label cfg="010" purity="1">1.0</label>' in natural


def test_a_missing_engine_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(engine, "load_engine", engine.load_engine.__wrapped__)
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["engine.py"])
    with pytest.raises(SystemExit):
        engine.main()
    assert capsys.readouterr().err == f"{engine.MISSING}\n"


@pytest.mark.slow
def test_it_runs_from_any_folder(tmp_path):
    command = [sys.executable, engine.__file__, "--help"]
    told = subprocess.check_output(command, cwd=tmp_path, text=True)
    assert "--record" in told

"""Rows in shards, one in each of two processes: who keeps them, and who is refused."""

import pytest
import torch
from torch import distributed
from torch.distributed.tensor import Replicate, Shard, distribute_tensor
from torch.distributed.tensor.experimental import local_map

import SO_CONVOLVE_QUESTION as question
from clusters import count_collectives, on_ranks, start_cluster
from fluxes import CENTRAL, TOY, TOY_FLUXES, Network, draw_central
from fluxes.sharding import simulate_sharded
from SO_CONVOLVE_QUESTION import convolve_fast
from workshop import check_shards

pytestmark = pytest.mark.slow
BY_ROWS = Shard(0)

# Collectives for six rows of 5 x 7, forward and backward, or what is raised.
COUNTED = {
    "convolve": RuntimeError,
    "convolve_shift_add": (10, 0),
    "convolve_antidiagonals": (0, 0),
    "convolve_windows": NotImplementedError,
    "convolve_one_kernel": (0, 0),
    "convolve_grouped": RuntimeError,
    "convolve_transposed": RuntimeError,
    "convolve_vmap": RuntimeError,
    "convolve_fft": (0, 2),
    "convolve_fast": (0, 0),
}
every_function = pytest.mark.parametrize("name", COUNTED)


@pytest.fixture(scope="module")
def client():
    client = start_cluster(workers=2)
    yield client
    client.shutdown()


def shard(mesh, whole, placement=BY_ROWS):
    return distribute_tensor(whole.detach(), mesh, [placement], src_data_rank=None)


# ---- what the answers exchange -----------------------------------------------------


def pair_for(mesh, name):
    """Return six signals and kernels, and how both are placed."""
    one = name == "convolve_one_kernel"
    placements = [BY_ROWS], [Replicate() if one else BY_ROWS]
    whole = torch.ones(6, 5), torch.ones(7) if one else torch.ones(6, 7)
    pair = [
        shard(mesh, t, placed).requires_grad_()
        for t, [placed] in zip(whole, placements, strict=True)
    ]
    return pair, placements


def count_both_ways(mesh, function, pair):
    out = function(*pair)
    weight = shard(mesh, torch.ones(6, 11))
    forward = count_collectives(function, *pair)
    backward = count_collectives(torch.autograd.grad, out, pair, weight)
    return forward.total(), backward.total()


def count_answer(mesh, name):
    pair, _ = pair_for(mesh, name)
    try:
        return count_both_ways(mesh, getattr(question, name), pair)
    except RuntimeError as error:
        return type(error)


def count_in_local_map(mesh, name):
    pair, placements = pair_for(mesh, name)
    answer = getattr(question, name)
    mapped = local_map(answer, [BY_ROWS], placements, device_mesh=mesh)
    return count_both_ways(mesh, mapped, pair)


@every_function
def test_collectives_of_a_function(client, name):
    assert on_ranks(client, count_answer, name) == [COUNTED[name]] * 2


@every_function
def test_in_local_map_it_has_none(client, name):
    assert on_ranks(client, count_in_local_map, name) == [(0, 0)] * 2


def test_no_function_goes_uncounted():
    names = [name for name in vars(question) if name.startswith("convolve")]
    assert list(COUNTED) == names


def compare_fast(mesh, rows, m, n, dtype, mode):
    """Return whether results and gradients are right and in shards; collectives."""
    torch.manual_seed(0)
    pair = [torch.randint(-9, 9, (rows, k)).to(dtype).requires_grad_() for k in (m, n)]
    full = convolve_fast(*pair, mode)
    weight = torch.randint_like(full, -9, 9)
    wanted = [full, *torch.autograd.grad(full, pair, weight)]
    shards = [shard(mesh, t).requires_grad_() for t in pair]
    found = []

    def both_ways():
        out = convolve_fast(*shards, mode)
        found.extend([out, *torch.autograd.grad(out, shards, shard(mesh, weight))])

    count = count_collectives(both_ways).total()
    return count, [
        part.placements == (BY_ROWS,)
        and torch.equal(part.to_local(), shard(mesh, whole).to_local())
        for part, whole in zip(found, wanted, strict=True)
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(
    ("rows", "m", "n", "mode"),
    [
        (2, 5, 7, "full"),
        (501, 9, 2, "valid"),  # shards of 251 and 250 rows
        (4001, 5, 7, "full"),
        (4001, 9, 5, "same"),
    ],
)
def test_rows_in_shards_stay_there_and_no_process_waits(
    client, rows, m, n, dtype, mode
):
    found = on_ranks(client, compare_fast, rows, m, n, dtype, mode)
    assert found == [(0, [True] * 3)] * 2


def refusal(mesh, function, *args):
    try:
        function(mesh, *args)
    except ValueError as error:
        return str(error)


def convolve_unlike(mesh):
    convolve_fast(shard(mesh, torch.ones(3, 5)), shard(mesh, torch.ones(4, 5)))


def test_rows_that_do_not_match_are_refused_on_both_ranks(client):
    mine, others = on_ranks(client, refusal, convolve_unlike)
    assert mine == others
    assert "not (3, 5) and (4, 5)" in mine


def pad_and_add(a, v):
    n, pad = v.shape[1], torch.nn.functional.pad
    return sum(pad(a * w, (j, n - 1 - j)) for j, w in enumerate(v.split(1, 1)))


def too_short(a, v):
    return pad_and_add(a, v)[:, 1:]


def gathered(a, v):
    return pad_and_add(a, v).full_tensor()


def stub(a, v): ...


@pytest.mark.parametrize(
    ("function", "name", "told"),
    [
        (pad_and_add, "✓ Right", "no collective"),
        (question.convolve_shift_add, "a shard moves", "10 collectives forward"),
        (question.convolve_fft, "a shard moves", "2 backward"),
        (question.convolve_grouped, "an error in your code", "groups=6"),
        (gathered, "wrong type", "not a DTensor"),
        (too_short, "wrong numbers", "`convolve`"),
        (stub, "Not answered yet", "in place of the `...`"),
    ],
)
def test_the_check_tells_whether_a_shard_moves(client, function, name, told):
    feedback = check_shards(function, question.convolve, client)
    assert feedback.name == name
    assert told in feedback.text


# ---- ranks that disagree -----------------------------------------------------------


def find_large(mesh):
    large = (shard(mesh, torch.tensor([3.0, 2.0, 1.0, 0.0])) > 2.5).any()
    return bool(large), bool(large.full_tensor())


def test_a_check_may_be_true_on_one_rank_only(client):
    assert on_ranks(client, find_large) == [(True, True), (False, True)]


def leave_alone(mesh):
    if mesh.get_rank() == 0:
        raise ValueError("this rank leaves")
    distributed.all_reduce(torch.ones(1))


def test_a_rank_that_raises_alone_lets_nobody_wait(client):
    with pytest.raises(ExceptionGroup) as caught:
        on_ranks(client, leave_alone)
    mine, others = caught.value.exceptions
    assert str(mine) == "this rank leaves"
    assert "Timed out" not in str(others)


def test_after_that_they_still_meet(client):
    assert on_ranks(client, torch.distributed.DeviceMesh.get_rank) == [0, 1]


def test_without_gloo_it_says_so(monkeypatch):
    monkeypatch.setattr(distributed, "is_gloo_available", lambda: False)
    with pytest.raises(RuntimeError, match="has no gloo"):
        on_ranks(None, print)


# ---- the simulator -----------------------------------------------------------------


def compare_simulations(mesh, B):
    network, labels = Network(CENTRAL, "Trp", "Glu"), {"Glc": "110000"}
    fluxes = network.balance(draw_central(B))
    masses = simulate_sharded(network, fluxes, labels, mesh)
    same = torch.equal(masses.full_tensor(), network.simulate(fluxes, labels))
    return same, len(masses.to_local()), masses.placements


@pytest.mark.parametrize(("B", "parts"), [(1, (1, 0)), (5, (3, 2)), (1000, (500, 500))])
def test_each_rank_solves_its_flux_vectors_to_the_last_bit(client, B, parts):
    found = on_ranks(client, compare_simulations, B)
    assert found == [(True, part, (BY_ROWS,)) for part in parts]


def simulate_toy(mesh, fluxes):
    return simulate_sharded(Network(TOY, "F"), fluxes, {"A": "010"}, mesh)


# Of four vectors, each rank gets two: the last one is rank 1's.
BAD = {
    "a negative flux": {"v2": 59.0, "v3": -1.0},
    "a loop that nothing feeds": dict.fromkeys(TOY_FLUXES, 0) | {"v2": 50, "v3": 50},
    "no steady state": {"v1": 50},
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_flux_vector_is_refused_on_both_ranks(client, bad):
    rows = [TOY_FLUXES] * 3 + [TOY_FLUXES | BAD[bad]]
    fluxes = {name: torch.tensor([float(r[name]) for r in rows]) for name in TOY_FLUXES}
    with pytest.raises(ValueError, match="flux vector 3") as caught:
        Network(TOY, "F").simulate(fluxes, {"A": "010"})
    assert on_ranks(client, refusal, simulate_toy, fluxes) == [str(caught.value)] * 2

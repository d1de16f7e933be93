"""A table of reactions is read as it is meant, or refused with what to write."""

import re

import pytest
import torch

from fluxes import CENTRAL, TOY, Network, Unit, read_reactions
from fluxes.reactions import Reaction, count_atoms, find_substrates


def test_a_reaction_has_a_name_and_two_sides_of_metabolites_and_their_atoms():
    assert read_reactions("v5: B + C -> D + E  abc + de -> bcd + ae") == [
        Reaction("v5", [("B", "abc"), ("C", "de")], [("D", "bcd"), ("E", "ae")], 1.0)
    ]


@pytest.mark.parametrize(
    "table",
    [
        "v: A + B -> C ab + c -> abc",
        "v:A+B->C ab+c->abc",
        "  v:  A +  B   ->   C\tab+ c  ->  abc  ",
        "\n# all of it\n\nv: A + B -> C  ab + c -> abc  # a comment: x -> y\n",
    ],
    ids=["one blank", "hardly a blank", "many blanks", "comments"],
)
def test_blanks_and_comments_change_nothing(table):
    wanted = [Reaction("v", [("A", "ab"), ("B", "c")], [("C", "abc")])]
    assert read_reactions(table) == wanted


def test_any_letter_is_an_atom_and_capitals_are_others():
    [reaction] = read_reactions("v: A -> B  aAb -> Aba")
    assert reaction.right == [("B", "Aba")]


def test_an_empty_table_has_no_reactions():
    assert read_reactions("\n  # nothing yet\n") == []


def test_what_is_used_and_never_made_is_a_substrate():
    assert find_substrates(read_reactions(TOY)) == {"A"}
    assert find_substrates(read_reactions(CENTRAL)) == {"Glc"}


def test_the_atoms_of_a_metabolite_are_counted():
    found = count_atoms(read_reactions(TOY))
    assert found == {"A": 3, "B": 3, "C": 2, "D": 3, "E": 1, "F": 3}


# ---- both directions, and molecules that turn either way ---------------------------


def test_two_arrows_give_both_directions_and_the_one_back_a_name_of_its_own():
    both = read_reactions("v: A <-> B + C  abc <-> ca + b")
    written = "v: A -> B + C  abc -> ca + b\nv_b: B + C -> A  ca + b -> abc"
    assert both == read_reactions(written)


def test_a_symmetric_molecule_goes_either_way_with_half_of_the_flux():
    found = read_reactions("v: A -> B + C  abcd -> bcd|dcb + a")
    assert found == [
        Reaction("v", [("A", "abcd")], [("B", "bcd"), ("C", "a")], 0.5),
        Reaction("v", [("A", "abcd")], [("B", "dcb"), ("C", "a")], 0.5),
    ]


@pytest.mark.parametrize(
    ("table", "shares"),
    [
        ("v: A -> B  ab|ba -> ab|ba", [1 / 4] * 4),
        ("v: A + B -> C  ab|ba + c -> abc", [1 / 2] * 2),
        ("v: A -> B + C  abcd -> ab|ba + cd|dc", [1 / 4] * 4),
        ("v: A -> B  abc -> abc|bca|cab", [1 / 3] * 3),
        ("v: A <-> B  ab <-> ab|ba", [1 / 2] * 4),
    ],
    ids=["both sides", "left side", "two molecules", "three ways", "both directions"],
)
def test_all_ways_round_have_the_same_share(table, shares):
    assert [reaction.share for reaction in read_reactions(table)] == shares


def test_ways_round_give_the_masses_of_as_many_reactions_that_share_the_flux():
    start, end = "in: S -> A  abc -> abc\n", "out: B -> C  abc -> abc"
    turning = start + "v: A -> B  abc -> abc|cba\n" + end
    written = start + "v: A -> B  abc -> abc\nw: A -> B  abc -> cba\n" + end
    measured = [Unit("C", (0, 1)), Unit("C", (2,))]
    labels = {"S": {"110": 0.7, "001": 0.3}}
    fluxes = {"in": 3, "v": 3, "out": 3}
    found = Network(turning, *measured).simulate(fluxes, labels)
    fluxes = {"in": 3, "v": 1.5, "w": 1.5, "out": 3}
    wanted = Network(written, *measured).simulate(fluxes, labels)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-15)


def test_a_balance_counts_all_ways_round_as_one_flux():
    table = "in: S -> A  ab -> ab\nv: A -> B + B  ab|ba -> a + b\nout: B -> C  a -> a"
    found = Network(table, "C").balance({"in": 2})
    assert {name: flux.item() for name, flux in found.items()} == pytest.approx(
        {"in": 2, "v": 2, "out": 4}
    )


# ---- tables that are refused -----------------------------------------------------


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (
            "A -> B  a -> a",
            "can't read 'A -> B  a -> a': write 'v1: A -> B  abc -> abc'",
        ),
        ("v1: A -> B", "can't read 'v1: A -> B': write 'v1: A -> B  abc -> abc'"),
        ("v1: A = B  ab = ab", "can't read 'v1: A = B  ab = ab': write 'v1: A -> B"),
        ("v1: A <- B  ab <- ab", "can't read 'v1: A <- B  ab <- ab': write"),
        ("v1: A <-> B  ab -> ab", "and <-> twice for both directions"),
        ("v1: A -> B  ab <-> ab", "and <-> twice for both directions"),
    ],
    ids=["no name", "no letters", "no arrow", "wrong arrow", "<-> ->", "-> <->"],
)
def test_a_line_that_cannot_be_read_is_quoted_with_what_to_write(line, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_reactions(f"v0: X -> Y  a -> a\n{line}")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (
            "v5: B -> C + 2 E  abcd -> ab + c + d",
            "v5: write 'E + E', and letters for each, in place of '2 E'",
        ),
        (
            "v5: 2 E -> C  a + b -> ab",
            "v5: write 'E + E', and letters for each, in place of '2 E'",
        ),
        (
            "v5: Glc + ATP -> G6P  abcdef -> abcdef",
            "(Glc, ATP) and letters for 1 (abcdef): leave out what has no carbon, such",
        ),
        (
            "v5: A -> B  ab + c -> abc",
            "(A) and letters for 2 (ab, c)",
        ),
    ],
    ids=["2 on the right", "2 on the left", "no letters", "letters too many"],
)
def test_each_metabolite_needs_letters_of_its_own(line, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_reactions(line)


@pytest.mark.parametrize(
    ("atoms", "named"),
    [
        ("12 -> 12", "v1: atoms are letters, not '12'"),
        ("ab -> a1", "v1: atoms are letters, not 'a1'"),
        ("ab -> ab|", "v1: atoms are letters, not 'ab|'"),
        ("ab -> ab | ba", "v1: atoms are letters, not 'ab | ba'"),
        ("abc -> ab", "v1: atom c is lost"),
        ("ab -> abc", "v1: atom c appears from nowhere"),
        ("aab -> aab", "v1: atom a is used 2 times on a side"),
        ("ab -> abb", "v1: atom b is used 2 times on a side"),
        ("ab -> ab|aa", "v1: atom a is used 2 times on a side"),
        ("abc -> abc|ab", "v1: atom c is lost"),
    ],
)
def test_an_atom_is_a_letter_and_goes_from_one_place_to_one_place(atoms, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_reactions(f"v1: A -> B {atoms}")


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("v1: A -> B  ab -> ab\nv2: B -> C  a -> a", "v2: B has 2 atoms, here 1"),
        ("v1: A + A -> B  ab + c -> abc", "v1: A has 2 atoms, here 1"),
        ("v: A -> B  a -> a\nv: B -> C  a -> a", "v is the name of two reactions"),
        ("v: A <-> B  a <-> a\nv: B -> C  a -> a", "v is the name of two reactions"),
        ("v: A <-> B  a <-> a\nv_b: B -> C  a -> a", "v_b is the name of two"),
        ("v_b: B -> C  a -> a\nv: A <-> B  a <-> a", "v_b is the name of two"),
    ],
)
def test_a_name_stands_for_one_reaction_or_for_molecules_of_one_size(table, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_reactions(table)

"""A reader's ruler is checked on simulated machines: what it says of each mistake."""

from statistics import mean, median

import pytest

from workshop import check_ruler
from workshop.lesson.checks.feedback import RIGHT, UNANSWERED


def ruler(of=min, block=10, rounds=100, turns=True, upside_down=False):
    """Return a ruler that makes `of` the times of its blocks what it compares."""

    def measure(f, g, clock):
        times = {f: [], g: []}
        order = [f, g] * rounds if turns else [f] * rounds + [g] * rounds
        for function in order:
            start = clock()
            for _ in range(block):
                function()
            times[function].append(clock() - start)
        ratio = of(times[f]) / of(times[g])
        return 1 / ratio if upside_down else ratio

    return measure


def stub(f, g, clock): ...


def ends_late(f, g, clock):
    while clock() < 3600:
        f()


def shares_a_block(f, g, clock):
    start = clock()
    f()
    g()
    middle = clock()
    g()
    return (middle - start) / (clock() - middle)


def less_one(f, g, clock):
    return ruler()(f, g, clock) - 1


def rounded(f, g, clock):
    return round(ruler()(f, g, clock))


def knows_no_clock(f, g, clock):
    f()
    g()
    return 2.0


@pytest.mark.parametrize(
    ("mine", "name", "said"),
    [
        (stub, UNANSWERED, "Write your code"),
        (1.5, "wrong type", "of type float"),
        (lambda f, g, clock: None, "wrong type", "Is the `return` missing?"),
        (lambda f, g, clock: "1.5", "wrong type", "`'1.5'` isn't one"),
        (lambda f, g, clock: f.time, "an error in your code", "has no attribute"),
        (lambda f, g, clock: 1, "`f` isn't called", "with parentheses, as in `f()`"),
        (lambda f, g, clock: float("nan"), "wrong type", "`nan` isn't one"),
        (lambda f, g, clock: 0, "wrong type", "`0` isn't one"),
        (knows_no_clock, "`clock` isn't called", "no other clock will do"),
        (ends_late, "it takes too long", "more than 0.5 seconds"),
        (shares_a_block, "`f` and `g` share a block", "time each alone"),
        (ruler(upside_down=True), "upside down", "turn it round"),
        (ruler(block=1), "you measure the clock", "Make more calls"),
        (ruler(block=100), "blocks too long", "You make 100 calls between"),
        (ruler(turns=False), "no turns", "Let them take turns"),
        (ruler(rounds=1, block=300), "too few blocks", "2 blocks say little"),
        (ruler(of=median, rounds=9), "too few blocks", "18 blocks are too few"),
        (less_one, "always off", "no bad luck"),
        (rounded, "always off", "no bad luck"),
        (ruler(of=median), "the noise is still in it", "only ever adds"),
        (ruler(of=mean), "the noise is still in it", "only ever adds"),
        (ruler(), RIGHT, "finds the true ratio, to 3 %"),
        (ruler(block=5, rounds=30), RIGHT, "On 20 of 20 simulated machines"),
    ],
)
def test_a_ruler_is_tried_and_its_mistake_named(mine, name, said):
    feedback = check_ruler(mine)
    assert feedback.name == name, feedback.text
    assert said in feedback.text

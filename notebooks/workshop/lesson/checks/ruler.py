"""Check a reader's ruler on simulated machines, whose true times are known."""

from collections.abc import Callable
from itertools import pairwise
from math import exp, inf
from random import Random

from ..diagnosis.fault import Fault
from .feedback import as_feedback
from .one_number import tell_value
from .readers_code import attempt, tell_error
from .running import refuse_what_is_no_answer

CALL_OF_G, CLOCK = 2e-6, 5e-7  # seconds: a call of g, and a look at the clock
FIRST_CALL = 1e-3  # what the first call of each pays besides
EVERY, STALL = 4e-5, 4e-5  # on average, other programs interrupt so often, for so long
WARM, SLOWER = 2.4e-2, 0.6  # the machine slows down as it warms up, by how much
NEAR = 0.03  # how far off a ratio may be, as a share
PATIENCE = 0.5  # seconds that a measurement may take: on that machine, not on yours
MACHINES, UNLUCKY = 20, 1  # how many there are, and on how many one may be wrong
STEADY = 0.9  # a share of the pairs of machines that differ by nothing but noise


class _Machine:
    """A machine with a clock of its own, which only calls and disturbances move."""

    def __init__(self, seed):
        self.random, self.now, self.seen = Random(seed), 0.0, []
        self.true = Random(seed // 2).uniform(1.3, 1.8)  # f's time over g's
        self.begun = set()
        self.next_stall = self.random.expovariate(1 / EVERY)

    def f(self) -> None:
        self._spend("f", self.true * CALL_OF_G)

    def g(self) -> None:
        self._spend("g", CALL_OF_G)

    def clock(self) -> float:
        self.seen.append("clock")
        self.now += CLOCK
        return self.now

    def _spend(self, name, seconds):
        self.seen.append(name)
        if name not in self.begun:
            self.begun.add(name)
            self.now += FIRST_CALL
        self.now += seconds * (1 + SLOWER * (1 - exp(-self.now / WARM)))
        while self.now > self.next_stall:
            self.now += self.random.expovariate(1 / STALL)
            self.next_stall = self.now + self.random.expovariate(1 / EVERY)
        if self.now > PATIENCE:
            raise TimeoutError


@as_feedback
def check_ruler(ruler: Callable) -> str:
    """Check that `ruler(f, g, clock)` tells how many times as long as g f takes.

    It is run on simulated machines: `f()` and `g()` do nothing but move the clock that
    `clock()` reads, in seconds. Other programs interrupt them, the machine slows down
    as it warms up, first calls take longer, and a look at the clock takes time, too.
    Returns `Feedback`.
    """
    refuse_what_is_no_answer(ruler)
    machines = [_Machine(seed) for seed in range(MACHINES)]
    found = [_measure(ruler, machine) for machine in machines]
    ratios = [x / machine.true for x, machine in zip(found, machines, strict=True)]
    wrong = [k for k, ratio in enumerate(ratios) if not _close(ratio, 1)]
    if len(wrong) > UNLUCKY:
        low, high = (f([ratios[k] for k in wrong]) for f in (min, max))
        fault, text = _explain(found, [machines[k] for k in wrong], machines)
        told = f"On {len(wrong)} of {MACHINES} simulated machines you're wrong"
        raise Fault(
            fault, f"{told}, with {low:.3g} to {high:.3g} times the true ratio. {text}"
        )
    return (
        f"On {MACHINES - len(wrong)} of {MACHINES} simulated machines your ruler finds "
        f"the true ratio, to {100 * NEAR:g} %."
    )


def _measure(ruler, machine):
    """Return the ratio that `ruler` finds; raise the `Fault` of one that can't be."""
    found, error = attempt(ruler, machine.f, machine.g, machine.clock)
    if isinstance(error, TimeoutError):
        text = (
            f"It takes more than {PATIENCE:g} seconds of the simulated machine's time. "
            "A call takes microseconds: far fewer will do."
        )
        raise Fault("it takes too long", text)
    if error is not None:
        raise Fault("an error in your code", f"{tell_error(error, ruler)}.")
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not number or not 0 < abs(found) < inf:
        missing = " Is the `return` missing?" if found is None else ""
        text = f"Return one number, a ratio: {tell_value(found)} isn't one.{missing}"
        raise Fault("wrong type", text)
    return found


def _close(x, y, near=NEAR):
    return abs(x - y) <= near * abs(y)


def _explain(found, wrong, machines):
    """Return the name and the text of the mistake that the calls give away."""
    seen = wrong[0].seen
    missing = [name for name in ("f", "g", "clock") if name not in seen]
    if missing:
        text = (
            "Call it with parentheses, as in `f()`; and no other clock will do, since "
        )
        text += "only `clock()` knows a simulated machine's time."
        return f"`{missing[0]}` isn't called", text
    pairs = zip(found, machines, strict=True)
    if all(_close(x * machine.true, 1, 2 * NEAR) for x, machine in pairs):
        return "upside down", "That is g's time over f's: turn it round."
    blocks = _blocks(seen)
    if any(len(set(block)) > 1 for block in blocks):
        text = "Between two looks at the clock you call both: time each alone."
        return "`f` and `g` share a block", text
    calls = max(map(len, blocks), default=0)
    turns = sum(one[0] != other[0] for one, other in pairwise(blocks))
    twins = list(zip(found[::2], found[1::2], strict=True))
    steady = sum(_close(x, y, 4 * NEAR) for x, y in twins) / len(twins)
    if len(blocks) < 10:
        fault = "too few blocks"
        text = (
            f"{len(blocks)} blocks say little: one may hold a first call, another an "
            "interruption."
        )
    elif calls < 4:
        fault = "you measure the clock"
        text = (
            "A look at the clock takes a quarter of a call of `g`. Make more calls "
            "between two looks, and divide."
        )
    elif calls > 15:
        fault = "blocks too long"
        text = (
            f"You make {calls:,} calls between two looks at the clock, and other "
            f"programs interrupt this machine every {1e6 * EVERY:g} µs on average: "
            "hardly such a block stays undisturbed."
        )
    elif turns < 5:
        fault = "no turns"
        text = (
            "You time one function to the end, then the other; and the machine slows "
            "down meanwhile, as it warms up. Let them take turns."
        )
    elif len(blocks) < 30:
        fault = "too few blocks"
        text = f"{len(blocks)} blocks are too few to find undisturbed ones."
    elif steady >= STEADY:
        fault = "always off"
        text = (
            "That's no bad luck: machines that differ by nothing else give you the "
            "same. Do you divide the time of one call of `f` by that of one of `g`? Or "
            "does your summary keep the disturbances, as a median does if most blocks "
            "hold one?"
        )
    else:
        fault = "the noise is still in it"
        text = (
            "You take turns, in blocks that are short enough. But what do you make of "
            "their times? Most hold a disturbance, which only ever adds."
        )
    return fault, text


def _blocks(seen: list[str]) -> list[list[str]]:
    """Return the calls between each look at the clock and the next."""
    blocks, block = [], None
    for name in seen:
        if name == "clock":
            blocks += [block] if block else []
            block = []
        elif block is not None:
            block.append(name)
    return blocks

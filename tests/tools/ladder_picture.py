"""Draw `notebooks/ladder.png`, the picture in README, from counted calls.

python tests/tools/ladder_picture.py
"""

import matplotlib.pyplot as plt
import torch
from paths import FOLDER

import SO_CONVOLVE_QUESTION as question
from workshop import count_calls, draw_ladder
from workshop.show.style import STYLE

PICTURE = FOLDER / "ladder.png"
TITLE = "Calls into torch for a batch of five pairs, 5 × 7"
ONE_KERNEL = "convolve_one_kernel"  # solves another problem: not on the ladder


def five_rows(name):
    """Return the batch that the answer called `name` is counted with."""
    return torch.ones(5, 5), torch.ones(7) if name == ONE_KERNEL else torch.ones(5, 7)


def counts():
    """Return a dict of function -> calls for a batch, the most first."""
    names = [n for n in vars(question) if n.startswith("convolve") and n != ONE_KERNEL]
    calls = {n: count_calls(getattr(question, n), *five_rows(n)).total() for n in names}
    return dict(sorted(calls.items(), key=lambda pair: -pair[1]))


def draw():
    """Return the figure; its label tells it in words, as README does."""
    return draw_ladder(counts(), TITLE)


if __name__ == "__main__":
    with plt.rc_context(STYLE):
        figure = draw()
        figure.savefig(PICTURE, dpi=200, metadata={"Description": figure.get_label()})

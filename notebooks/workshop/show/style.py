"""How every figure looks."""

import matplotlib.pyplot as plt

# Okabe and Ito, Color Universal Design (2008): safe for any colour vision.
OKABE_ITO = [
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#F0E442",
]
TINTS = [  # the same, light enough to be written on
    "#9BCCE6",
    "#F4B58A",
    "#8FD6BE",
    "#E7BFD6",
    "#F5D48A",
    "#C3DDF0",
    "#BDBDBD",
    "#F6EF9A",
]
BLANK, GREY = "#FFFFFF", "#DDDDDD"
STYLE = {  # matplotlib's settings, made by `%load_ext workshop`
    "axes.prop_cycle": plt.cycler(color=OKABE_ITO),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "figure.dpi": 100,
    "figure.figsize": (7.5, 4),
    "figure.constrained_layout.use": True,
    "font.size": 11,
}

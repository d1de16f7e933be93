"""Show figures: a picture for every renderer, and words for those who can't see it."""

import base64
import html
import io
from collections.abc import Callable

import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure


def show_figure(figure: Figure, alt: str | None = None) -> None:
    """Show `figure` and close it; `alt` tells in words what it shows.

    Without `alt`, the words are the figure's label: those that its draw function made
    from what it drew. Raises ValueError if there are none.
    """
    display(_bundle(figure, alt or figure.get_label()), raw=True)


def image_of(figure: Figure, alt: str | None = None) -> str:
    """Return `figure` as an <img>: JupyterLab drops the `alt` of a plain PNG."""
    return _bundle(figure, alt or figure.get_label())["text/html"]


def _bundle(figure, alt):
    """Return `figure` as HTML, for renderers that drop that as PNG, and as words."""
    if not alt:
        raise ValueError("tell in words what the figure shows: pass them as alt")
    png = io.BytesIO()
    figure.savefig(png, dpi=2 * figure.dpi)
    width = round(figure.get_figwidth() * figure.dpi)
    plt.close(figure)
    data = base64.b64encode(png.getvalue()).decode()
    style = f"width: {width}px; max-width: 100%"
    source = f"data:image/png;base64,{data}"
    image = f'<img alt="{html.escape(alt)}" style="{style}" src="{source}">'
    return {"text/html": image, "image/png": data, "text/plain": alt}


def stepper(draw: Callable[[int], Figure], steps: int) -> None:
    """Show a slider over `range(steps)` and the figure that `draw(step)` returns.

    Their labels tell in words what they show. Where nothing can move, as in a stored
    notebook, the first stands alone.
    """
    figures = [draw(step) for step in range(steps)]
    first, *others = [_bundle(figure, figure.get_label()) for figure in figures]
    images = [bundle["text/html"] for bundle in (first, *others)]
    slider = ipywidgets.IntSlider(max=steps - 1, description="step")
    picture = ipywidgets.HTML(images[0])
    slider.observe(
        lambda change: picture.set_trait("value", images[change.new]), "value"
    )
    widget = ipywidgets.VBox([slider, picture])._repr_mimebundle_()
    told = f"A slider over {steps} steps: run this cell to move it. Step 0: "
    display(widget | first | {"text/plain": told + first["text/plain"]}, raw=True)

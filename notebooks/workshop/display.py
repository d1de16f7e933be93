"""Show sources, tables and figures, all alike and comparable as text."""

import base64
import html
import inspect
import io
import re

import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import Markdown, display


def show(function, docstring=True):
    """Show the source of `function` as it stands in its file now."""
    source = inspect.getsource(function)
    if not docstring:
        source = re.sub(r'(?s) +""".*?"""\n', "", source, count=1)
    display(Markdown(f"```python\n{source}```"))


class table:
    """A table, shown as Markdown: `rows` of texts and whole numbers under `headers`.

    Whole numbers get thousands separators; a column whose cells all begin with a digit
    is aligned to the right.
    """

    def __init__(self, rows, headers):
        cells = [
            [f"{value:,}" if isinstance(value, int) else value for value in r]
            for r in rows
        ]
        columns = zip(*cells, strict=True)
        rule = [
            "--:" if all(cell[:1].isdigit() for cell in column) else ":--"
            for column in columns
        ]
        self.markdown = "\n".join(
            f"| {' | '.join(row)} |" for row in [headers, rule, *cells]
        )

    def _repr_markdown_(self):
        return self.markdown

    def __repr__(self):
        return self.markdown


def show_figure(figure, alt):
    """Show `figure` and close it; `alt` tells in words what it shows."""
    image = image_of(figure, alt)
    display({"text/html": image, "text/plain": alt}, raw=True)


def image_of(figure, alt):
    """Return `figure` as an <img>: JupyterLab drops the `alt` of a plain PNG."""
    png = io.BytesIO()
    figure.savefig(png, dpi=2 * figure.dpi)
    width = round(figure.get_figwidth() * figure.dpi)
    plt.close(figure)
    data = base64.b64encode(png.getvalue()).decode()
    style = f"width: {width}px; max-width: 100%"
    source = f"data:image/png;base64,{data}"
    return f'<img alt="{html.escape(alt)}" style="{style}" src="{source}">'


def stepper(draw, steps, alt):
    """Show a slider over `range(steps)` and the figure that `draw(step)` returns.

    `alt(step)` tells in words what that step's figure shows.
    """
    images = [image_of(draw(step), alt(step)) for step in range(steps)]
    slider = ipywidgets.IntSlider(max=steps - 1, description="step")
    picture = ipywidgets.HTML(images[0])
    slider.observe(
        lambda change: picture.set_trait("value", images[change.new]), "value"
    )
    bundle = ipywidgets.VBox([slider, picture])._repr_mimebundle_()
    words = f"A slider over {steps} steps: run this cell to move it. Step 0: {alt(0)}"
    display(bundle | {"text/plain": words}, raw=True)

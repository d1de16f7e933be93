"""Write `notebooks/pictures/`: what notebooks have stored, and a notebook at work.

python tests/tools/pictures.py

The words of each picture become its alt text wherever a page shows it. The screenshot
is taken anew only if its cells have changed, or if its file is gone.
"""

import io
import re
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from chromium import start_chromium
from lab import READY, copy_series, start_lab
from paths import FOLDER, ROOT, path_of
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PICTURES = FOLDER / "pictures"
PAGES = [ROOT / "README.md", FOLDER / "SLIDES.md"]
STORED = {  # a picture's name: the notebook that stores it, and what draws it there
    "polynomials": ("ask_the_question", "draw_outer_product"),
    "shifts": ("drop_the_inner_loop", "draw_shifts"),
    "channels": ("group_the_batch", "draw_block_diagonal"),
    "finding": ("group_the_batch", "draw_curves"),
}


def stored(name):
    """Return a picture as its notebook stores it: its bytes, and its words."""
    words, function = STORED[name]
    cells = nbformat.read(path_of(words), as_version=4).cells
    [cell] = [cell for cell in cells if f"({function}(" in cell.source]
    [output] = [output for output in cell.outputs if "image/png" in output.data]
    return b64decode(output.data["image/png"]), output.data["text/plain"]


# ---- a notebook at work ---------------------------------------------------------

SCREENSHOT = PICTURES / "screenshot.png"
SHOWN = path_of("find_the_slow_line")
FIRST, LAST = "def mine(a, v)", "from workshop import check_profile"
UNANSWERED = '{"line": ..., "hits": ..., "at most": ...}'
ANSWERED = '{"line": 4, "hits": 4000, "at most": 1.05}'  # wrong, and many would say so
WORDS = (
    "A notebook in JupyterLab: a function with two loops, its table under %lprun, what"
    " a reader read off it, and the check, which says why line 4 isn't the slowest."
)
WINDOW = {"width": 1280, "height": 830}


def cells_shown():
    """Return the places of the first and the last cell, and the sources of all."""
    sources = [cell.source for cell in nbformat.read(SHOWN, as_version=4).cells]
    first, last = (
        next(k for k, source in enumerate(sources) if source.startswith(start))
        for start in (FIRST, LAST)
    )
    return first, last, "\n\n".join(sources[first : last + 1])


def is_fresh():
    """Is the screenshot there, and one of today's cells?"""
    if not SCREENSHOT.exists():
        return False
    with Image.open(SCREENSHOT) as picture:
        return picture.text["Source"] == cells_shown()[2]


def take_screenshot():
    first, last, source = cells_shown()
    with TemporaryDirectory() as folder, start_chromium() as browser:
        copy_series(Path(folder, "series"))
        with start_lab(Path(folder, "series"), Path(folder)) as address:
            page = browser.new_page(viewport=WINDOW, device_scale_factor=2)
            page.goto(address.format(SHOWN.name))
            page.wait_for_function(READY, timeout=60_000)
            page.evaluate(RUN, [first, last, UNANSWERED, ANSWERED])
            page.get_by_text("It has the most hits").wait_for()
            page.evaluate(SCROLL, first)
            taken = Image.open(io.BytesIO(page.screenshot()))
    info = PngInfo()
    info.add_itxt("Source", source)
    taken.convert("RGB").quantize(64).save(SCREENSHOT, optimize=True, pnginfo=info)


RUN = """async ([first, last, unanswered, answered]) => {
    const {commands, shell} = jupyterapp;
    const notebook = shell.currentWidget.content;
    for (const {model: {sharedModel}} of notebook.widgets.slice(first, last))
        sharedModel.setSource(sharedModel.source.replace(unanswered, answered));
    await commands.execute('notebook:clear-all-cell-outputs');
    notebook.activeCellIndex = last + 1;
    await commands.execute('notebook:run-all-above');
    shell.collapseLeft();
    shell.collapseRight();
    notebook.activeCellIndex = last;
}"""
SCROLL = """first =>
    jupyterapp.shell.currentWidget.content.widgets[first].node.scrollIntoView()"""


# ---- both -----------------------------------------------------------------------


def words_of(name):
    return WORDS if name == SCREENSHOT.stem else stored(name)[1]


def with_words(text):
    """Return the Markdown `text` with each picture's words as its alt text."""
    shown = r"!\[.*?\]\(((?:notebooks/)?pictures/(\w+)\.png)\)"
    return re.sub(shown, lambda found: f"![{words_of(found[2])}]({found[1]})", text)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name in STORED:
        (PICTURES / f"{name}.png").write_bytes(stored(name)[0])
    if not is_fresh():
        take_screenshot()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(with_words(text), encoding="utf-8")

"""Print `notebooks/CHEATSHEET.md`, `SLIDES.md` and the ten questions of `QUIZ.md`.

Each gets a PDF beside it.

python tests/tools/handouts.py
"""

import io
import re
from base64 import b64encode
from hashlib import sha256

import matplotlib
import mistune
from chromium import start_chromium
from paths import FOLDER, ROOT
from pypdf import PdfReader, PdfWriter

STYLES = ROOT / "tests" / "tools"
PAPER = {
    "CHEATSHEET": {"format": "A4"},
    "QUIZ": {"format": "A4"},
    "SLIDES": {"width": "1280px", "height": "720px"},
}
FONTS = matplotlib.get_data_path() + "/fonts/ttf/"  # the same on all machines
FACES = {
    "DejaVuSans": "font-family: Sans",
    "DejaVuSans-Bold": "font-family: Sans; font-weight: bold",
    "DejaVuSans-Oblique": "font-family: Sans; font-style: italic",
    "DejaVuSansMono": "font-family: Mono",
}
PICTURE = re.compile(r'(?<=src=")[^"]+')


class Page(mistune.HTMLRenderer):
    """HTML to be printed: a page on paper can't follow a link to a file beside it."""

    def link(self, text, url, title=None):
        return super().link(text, url, title) if ":" in url else text


def body_of(name):
    """Return as HTML what is printed: all, or what stands above the first new page."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    text = text.partition('<div style="page-break-before')[0]
    render = mistune.create_markdown(renderer=Page(escape=False), plugins=["table"])
    return render(text)


def fingerprint(name):
    """Return a hash of all that the PDF called `name` is made from."""
    pictures = [FOLDER / file for file in PICTURE.findall(body_of(name))]
    sources = FOLDER / f"{name}.md", STYLES / f"{name.lower()}.css", *pictures
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def html_of(name):
    """Return one self-contained page: no path of this machine gets into the PDF."""
    body = body_of(name)
    title = re.search("<h1>(.+?)</h1>", body)[1]
    sections = "".join(f"<section>{part}</section>" for part in body.split("<hr />"))
    faces = "".join(
        f"@font-face {{ {face}; src: url({_data('font/ttf', FONTS + file + '.ttf')}) }}"
        for file, face in FACES.items()
    )
    style = (STYLES / f"{name.lower()}.css").read_text(encoding="utf-8")
    page = (
        f'<!DOCTYPE html><html lang="en-GB"><title>{title}</title>'
        f"<style>{faces}{style}</style>{sections}"
    )
    return PICTURE.sub(lambda file: _data("image/png", FOLDER / file[0]), page)


def _data(kind, path):
    with open(path, "rb") as file:
        return f"data:{kind};base64,{b64encode(file.read()).decode()}"


def printed(name, browser, **paper):
    """Return the bytes of a PDF."""
    page = browser.new_page()
    page.set_content(html_of(name))
    page.evaluate("document.fonts.ready")
    pdf = page.pdf(tagged=True, print_background=True, **paper)
    page.close()
    return pdf


if __name__ == "__main__":
    with start_chromium() as browser:
        for name, paper in PAPER.items():
            reader = PdfReader(io.BytesIO(printed(name, browser, **paper)))
            writer = PdfWriter(clone_from=reader)
            writer.pdf_header = reader.pdf_header
            title = reader.metadata.title  # all but the times and the browser's name
            writer.metadata = {"/Title": title, "/MadeFrom": fingerprint(name)}
            writer.write(FOLDER / f"{name}.pdf")

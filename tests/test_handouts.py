"""Pictures, slides and the page to take home are made from today's notebooks and texts.

When one of these tests fails, run the program that it names, and look at the result.
"""

import io
import re

import handouts
import pytest
from chromium import in_chromium, start_chromium
from paths import FOLDER
from pypdf import PdfReader

import pictures

REDRAW = "run python tests/tools/pictures.py"
REPRINT = "run python tests/tools/handouts.py"
PAGES = {"CHEATSHEET": 1, "QUIZ": 2, "SLIDES": 5}
LETTER = {"format": "Letter"}


@pytest.mark.parametrize("name", pictures.STORED)
def test_a_picture_is_the_one_that_its_notebook_has_stored(name):
    drawn = (pictures.PICTURES / f"{name}.png").read_bytes()
    assert drawn == pictures.stored(name)[0], REDRAW


def test_the_screenshot_shows_todays_cells():
    assert pictures.is_fresh(), REDRAW


@pytest.mark.parametrize("page", pictures.PAGES, ids=lambda page: page.stem)
def test_pictures_are_told_in_the_words_of_their_notebook(page):
    text = page.read_text(encoding="utf-8")
    assert text == pictures.with_words(text), REDRAW
    untold = re.sub(r"!\[.+\](?=\(\S*pictures/)", "![]", text)
    assert text == pictures.with_words(untold) != untold


@pytest.mark.parametrize("name", PAGES)
def test_a_pdf_is_made_from_todays_text_and_pictures(name):
    pdf = PdfReader(FOLDER / f"{name}.pdf")
    assert pdf.metadata["/MadeFrom"] == handouts.fingerprint(name), REPRINT
    assert len(pdf.pages) == PAGES[name]


@pytest.mark.parametrize("name", PAGES)
def test_a_pdf_can_be_read_anywhere_and_aloud(name):
    pdf = PdfReader(FOLDER / f"{name}.pdf")
    assert pdf.metadata.title in (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert pdf.root_object["/Lang"] == "en-GB"
    assert pdf.root_object["/MarkInfo"]["/Marked"]
    objects = [pdf.get_object(k) for k in range(1, len(pdf.xref[0]))]
    objects = [found for found in objects if isinstance(found, dict)]
    told = [found["/Alt"] for found in objects if found.get("/S") == "/Figure"]
    shown = re.findall(r"!\[(.+)\]", (FOLDER / f"{name}.md").read_text("utf-8"))
    assert sorted(told) == sorted(shown)
    fonts = [found for found in objects if found.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert all("/FontFile2" in font for font in fonts)


def test_the_link_of_the_page_to_take_home_is_alive():
    [page] = PdfReader(FOLDER / "CHEATSHEET.pdf").pages
    links = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    assert links == ["https://discuss.pytorch.org/t/147970"]


@pytest.fixture(scope="module")
def chromium():
    with start_chromium() as browser:
        yield browser


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        pytest.param(name, paper, marks=in_chromium)
        for name, paper in [*handouts.PAPER.items(), ("CHEATSHEET", LETTER)]
    ],
)
def test_each_fits_its_paper(name, paper, chromium):
    pdf = io.BytesIO(handouts.printed(name, chromium, **paper))
    assert len(PdfReader(pdf).pages) == PAGES[name]

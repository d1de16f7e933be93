"""The site: built as README says, then read as files and in a real browser."""

import os
import re
import runpy
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import nbformat
import notebook_rules as rules
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from chromium import UNFOLD, in_chromium, start_chromium
from paths import FOLDER, NOTEBOOKS, ROOT, path_of

from workshop import compare_guess
from workshop.lesson.checks.feedback import UNANSWERED

pytestmark = pytest.mark.slow

COMMAND = ".venv/bin/sphinx-build -W -E -q -c .site . .site/html"
MARKDOWN = sorted(FOLDER.glob("[A-Z]*.md"))
PAGES = ["README", *[f"notebooks/{path.stem}" for path in [*NOTEBOOKS, *MARKDOWN]]]
each_page = pytest.mark.parametrize("name", PAGES)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built without a network and without a warning."""
    folder = tmp_path_factory.mktemp("site")
    options = COMMAND.split()[1:-1]
    command = [sys.executable, "-m", "sphinx", *options, str(folder)]
    nowhere = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    done = subprocess.run(
        command, cwd=ROOT, env=nowhere, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


@pytest.fixture(scope="module")
def read(site):
    """A function that returns a file of the site, parsed once."""
    parsed = {}

    def read_(path):
        if path not in parsed:
            text = path.read_text(encoding="utf-8")
            parsed[path] = BeautifulSoup(text, "html.parser")
        return parsed[path]

    return read_


@pytest.fixture
def page(read, site, path):
    """The page of the notebook at `path`."""
    return read(site / "notebooks" / f"{path.stem}.html")


def test_readme_names_the_command():
    assert f"\n{COMMAND}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


# ---- as files --------------------------------------------------------------------


def addresses(page):
    """Yield what a page links to, and what it loads."""
    for tag, attribute in [("a", "href"), ("link", "href"), ("script", "src")]:
        for node in page.find_all(tag, {attribute: True}):
            yield node, node[attribute]
    for image in page.find_all("img"):
        yield image, image["src"]


def dead_links(path, read):
    for node, address in addresses(read(path)):
        parts = urlsplit(address)
        if parts.scheme == "data" or (parts.scheme == "https" and node.name == "a"):
            continue
        target = path.parent / unquote(parts.path) if parts.path else path
        there = not parts.scheme and not parts.netloc and target.is_file()
        anchor = unquote(parts.fragment)
        if not there or (anchor and not read(target).find(id=anchor)):
            yield address


@each_page
def test_links_lead_to_pages_places_and_files(name, read, site):
    assert list(dead_links(site / f"{name}.html", read)) == []


def test_a_dead_link_is_found(read, site):
    dead = ["gone.html", "README.html#gone", "//fonts.example/a.css", "a folder/"]
    planted = site / "planted.html"
    planted.write_text("".join(f'<link href="{address}">' for address in dead))
    assert list(dead_links(planted, read)) == dead
    planted.unlink()


@each_page
def test_a_page_says_what_it_is(name, read, site):
    page = read(site / f"{name}.html")
    assert page.html["lang"] == "en"
    assert page.find("h1").get_text().strip("#") in page.title.get_text()
    assert page.find("meta", {"name": "viewport"})
    assert len(page.find("meta", {"name": "description"})["content"]) > 40


def test_the_folders_own_address_shows_readme(site):
    assert (site / "index.html").read_text() == (site / "README.html").read_text()


@each_notebook
def test_it_says_that_it_is_a_copy_and_how_to_run_it(path, page):
    [run] = page.select('article a[href="../README.html#start"]')
    assert "static copy" in run.find_parent("p").get_text()


@each_notebook
def test_previous_and_next_follow_the_numbers(path, page):
    addresses = ["../README.html", *[f"{other.stem}.html" for other in NOTEBOOKS]]
    place = addresses.index(f"{path.stem}.html")
    assert page.select_one("a.left-prev")["href"] == addresses[place - 1]
    onward = page.select_one("a.right-next")["href"]
    if addresses[place + 1 :]:
        assert onward == addresses[place + 1]


@each_page
def test_every_other_page_is_in_the_menu(name, read, site):
    place = site / f"{name}.html"
    links = read(place).select("#pst-primary-sidebar .bd-links a:not([href='#'])")
    linked = [(place.parent / link["href"]).resolve() for link in links]
    others = [site / f"{other}.html" for other in PAGES[1:] if other != name]
    assert sorted(linked) == sorted(others)


def test_the_menu_tells_the_core_from_what_goes_further(read, site):
    menu = read(site / "README.html").select_one("#pst-primary-sidebar .bd-links")
    captions = [caption.get_text() for caption in menu.select(".caption")]
    assert captions[:2] == ["The core", "Going further"]
    core = menu.select("ul")[0].select("a")
    assert core[0].get_text() == "00 Start here"
    assert [link.get_text()[:2] for link in core] == [f"{k:02}" for k in range(10)]


def stored(path, kind):
    notebook = nbformat.read(path, as_version=4)
    return [
        data[kind]
        for c in notebook.cells
        for data in rules.displayed(c)
        if kind in data
    ]


@each_notebook
def test_figures_come_with_their_words(path, page):
    """So does the slider's first picture, beside a widget that nothing can move."""
    images = stored(path, "text/html")
    words = [BeautifulSoup(image, "html.parser").img["alt"] for image in images]
    shown = [image["alt"] for image in page.select(".cell_output img")]
    assert [alt for alt in shown if alt in words] == words
    assert all(image["alt"].strip() for image in page.select("article img"))


@each_notebook
def test_what_was_printed_is_shown(path, page, nothing_down):
    shown = page.select_one("article").get_text()
    for cell in rules.code_cells(nbformat.read(path, as_version=4)):
        for text in [o.text for o in cell.outputs if o.output_type == "stream"]:
            assert text.replace(nothing_down, "").strip() in shown


@pytest.fixture
def nothing_down(capsys):
    """The sentence for readers who predicted nothing."""
    compare_guess(..., 3)
    sentence = capsys.readouterr().out.split("It is 3")[0]
    assert "nothing" in sentence
    return sentence


def test_what_only_a_readers_run_fills_is_left_out(read, site, nothing_down):
    left_out = [UNANSWERED, nothing_down.strip(), "0%|"]
    for words in left_out:
        assert any(words in path.read_text(encoding="utf-8") for path in NOTEBOOKS)
        for path in NOTEBOOKS:
            page = read(site / "notebooks" / f"{path.stem}.html")
            assert words not in page.get_text()


@each_notebook
def test_formulae_need_no_script(path, page):
    prose = "".join(c.source for c in rules.prose(nbformat.read(path, as_version=4)))
    prose = re.sub(r"(?s)```.*?```|`[^`]*`", "", prose)
    assert len(page.select("article math")) == len(re.findall(r"(\$\$?)[^$]+\1", prose))


@each_notebook
def test_hints_and_solutions_are_folded(path, page):
    prose = "".join(c.source for c in rules.prose(nbformat.read(path, as_version=4)))
    folded = page.select("article details > summary:first-child")
    assert len(folded) == len(page.select("article details:not([open])"))
    assert len(folded) >= prose.count("<details>")


# ---- links that leave it ---------------------------------------------------------

ADDRESS = "https://github.com/somebody/loops"


@pytest.mark.parametrize(
    ("link", "at_home", "published"),
    [
        ("[a](01_x.ipynb)", None, None),  # no such file: Sphinx complains
        ("[a](TEACHING.md#top)", None, None),
        ("![a](ladder.png)", None, None),
        ("[a](https://example.org/)", None, None),
        (
            "[a](preflight.py)",
            "[a](path:preflight.py)",
            f"[a]({ADDRESS}/blob/abc/notebooks/preflight.py)",
        ),
        ("[`a/`](native/)", "`a/`", f"[`a/`]({ADDRESS}/tree/abc/notebooks/native)"),
    ],
)
def test_what_is_no_page_is_linked_where_the_project_lies(
    link, at_home, published, monkeypatch
):
    lead_outside = runpy.run_path(str(ROOT / ".site" / "conf.py"))["lead_outside"]
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert lead_outside(link, FOLDER, set(MARKDOWN)) == (at_home or link)
    monkeypatch.setenv("GITHUB_REPOSITORY", "somebody/loops")
    monkeypatch.setenv("GITHUB_SHA", "abc")
    assert lead_outside(link, FOLDER, set(MARKDOWN)) == (published or link)


# ---- in a browser ----------------------------------------------------------------

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
LOOKS = [(size, scheme) for size in (WIDE, NARROW) for scheme in ("light", "dark")]
# What scrolls sideways, apart from what may: code, tables, formulae.
TOO_WIDE = """() => {
    const own = 'pre, .pst-scrollable-table-container, .formula';
    return [...document.querySelectorAll('html, body, main, main :not(span)')]
        .filter(node => node.scrollWidth > node.clientWidth && !node.closest(own))
        .filter(node => node === document.documentElement
            || ['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX))
        .map(node => `${node.tagName} ${node.className}`);
}"""
# Code is read as text: a span for each word takes axe most of its time.
PLAIN_CODE = """document.querySelectorAll('.highlight pre').forEach(
    pre => pre.textContent = pre.textContent)"""


@pytest.fixture(scope="module")
def opened(site):
    """A function that opens a page of the site, in one of the looks."""
    with start_chromium() as chromium:
        tabs = [
            chromium.new_context(viewport=size, color_scheme=scheme).new_page()
            for size, scheme in LOOKS
        ]
        asked = []
        for tab in tabs:
            tab.on("request", lambda request: asked.append(request.url))

        def open_(name, look):
            asked.clear()
            tabs[look].set_viewport_size(LOOKS[look][0])
            tabs[look].goto((site / f"{name}.html").as_uri())
            assert [a for a in asked if not a.startswith(("file:", "data:"))] == []
            return tabs[look]

        yield open_


def serious_findings(tab):
    """Return what axe finds serious or critical: all its rules, nothing excluded."""
    found = Axe().run(tab, options={"resultTypes": ["violations"]}).response
    assert found["passes"]
    return [
        f"{violation['help']}: {node['html']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def browser_test(test):
    for mark in in_chromium:
        test = mark(test)
    return test


@browser_test
@each_page
def test_it_fits_on_a_phone_and_axe_finds_nothing_serious(name, opened):
    """The looks take turns, so that each page is read by axe once."""
    tab = opened(name, PAGES.index(name) % len(LOOKS))
    tab.evaluate(UNFOLD)
    for size in (WIDE, NARROW):
        tab.set_viewport_size(size)
        assert tab.evaluate(TOO_WIDE) == []
    tab.set_viewport_size(LOOKS[PAGES.index(name) % len(LOOKS)][0])
    tab.evaluate(PLAIN_CODE)
    assert serious_findings(tab) == []


@browser_test
@pytest.mark.parametrize("look", [0, 3])
def test_axe_finds_nothing_serious_with_coloured_code(look, opened):
    tab = opened(f"notebooks/{path_of('find_the_slow_line').stem}", look)
    tab.evaluate(UNFOLD)
    assert serious_findings(tab) == []


@browser_test
def test_what_is_too_wide_or_hard_to_read_is_found(opened):
    tab = opened("notebooks/CHEATSHEET", 3)
    planted = '<p style="color: #888; background: #999; width: 2000px">pale</p>'
    tab.evaluate("html => document.querySelector('h1').outerHTML += html", planted)
    assert tab.evaluate(TOO_WIDE) != []
    [finding] = serious_findings(tab)
    assert "color contrast" in finding
    assert "pale" in finding


@browser_test
def test_wide_tables_of_the_profiler_scroll_by_themselves(opened):
    tab = opened(f"notebooks/{path_of('find_the_slow_line').stem}", 2)
    table = tab.locator(".cell_output pre", has_text="Line Contents").first
    assert table.evaluate("pre => pre.scrollWidth > pre.clientWidth")
    table.evaluate("pre => pre.scrollLeft = 50")
    assert table.evaluate("pre => pre.scrollLeft") == 50
    assert table.get_attribute("tabindex") == "0"  # by keys, too


@browser_test
@pytest.mark.parametrize("look", [2, 3])
def test_the_menu_opens_on_a_phone(look, opened):
    tab = opened(PAGES[1], look)
    link = tab.locator(".bd-links").get_by_text("03 Drop the inner loop")
    assert not link.is_visible()
    tab.get_by_role("button", name="Site navigation").click()
    link.click()
    tab.wait_for_url(f"**/{path_of('drop_the_inner_loop').stem}.html")


@browser_test
@pytest.mark.parametrize("look", [0, 2])
def test_the_search_finds_a_word(look, opened):
    tab = opened("README", look)
    tab.locator(".search-button__button:visible").click()
    tab.locator("#pst-search-dialog input").fill("antidiagonals")
    tab.keyboard.press("Enter")
    result = tab.locator("#search-results a", has_text="Drop both loops").first
    result.click()
    tab.wait_for_url(f"**/{path_of('drop_both_loops').stem}.html*")

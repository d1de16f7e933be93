"""What checks say of an answer, in a real browser: what axe says of that.

The notebooks themselves are read by axe as pages of the site, in test_site.py.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import UNFOLD, in_chromium, start_chromium
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workshop.lesson.checks.feedback import RIGHT, UNANSWERED, Feedback

pytestmark = in_chromium


@pytest.fixture(scope="module")
def chromium():
    with start_chromium() as browser:
        yield browser


# What nbconvert's own theme is answerable for: the grey of prompts and of comments, and
# links that only their colour sets apart.
THEME = [[".jp-InputPrompt"], [".jp-OutputPrompt"], [".highlight"]]
OPTIONS = {
    "rules": {"link-in-text-block": {"enabled": False}},
    "resultTypes": ["violations"],  # else each element that passes is described, too
}


def serious_findings(notebook, chromium, folder):
    """Return what axe finds serious or critical in `notebook`, exported to HTML."""
    exported = folder / "exported.html"
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert "No description has been provided" not in html  # of a picture
    exported.write_text(html, encoding="utf-8")
    page = chromium.new_page()
    page.route(re.compile("^https?:"), lambda route: route.abort())  # no network
    page.goto(exported.as_uri())
    page.evaluate(UNFOLD)  # hints and solutions are read, too
    found = Axe().run(page, context={"exclude": THEME}, options=OPTIONS).response
    page.close()
    assert found["passes"]
    return [
        f"{violation['help']}: {node['html']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("name", [RIGHT, UNANSWERED, "rows mixed up"])
def test_axe_finds_nothing_serious_in_feedback(name, chromium, tmp_path):
    box = Feedback(name, "Some text with `code`.")._repr_markdown_()
    check = new_code_cell("check(f)")
    check.outputs = [new_output("execute_result", {"text/markdown": box})]
    notebook = new_notebook(cells=[new_markdown_cell("# A title"), check])
    assert serious_findings(notebook, chromium, tmp_path) == []


def test_axe_finds_what_is_hard_to_read(chromium, tmp_path):
    pale = new_markdown_cell('# A title\n\n<p style="color: #bbb">pale</p>')
    [finding] = serious_findings(new_notebook(cells=[pale]), chromium, tmp_path)
    assert "color contrast" in finding
    assert "pale" in finding

"""The glossary has every term that the notebooks explain, and leads back to them."""

import re

import nbformat
import notebook_rules as rules
from paths import FOLDER, NOTEBOOKS

GLOSSARY = (FOLDER / "GLOSSARY.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"(?m)^### (.+)\n\n.+\n\nExplained in \[(.+)\]\((.+)\)\.$")
TERMS = [heading for heading, _, _ in ENTRY.findall(GLOSSARY)]


def test_a_term_is_bold_once_and_its_entry_names_that_notebook():
    explained = []
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        (_, title), *_ = rules.headings(notebook)
        text = "\n".join(cell.source for cell in rules.prose(notebook))
        explained += [(term, title, path.name) for term in rules.TERM.findall(text)]
    told = [
        (rules.anchor_on_github(heading), *notebook)
        for heading, *notebook in ENTRY.findall(GLOSSARY)
    ]
    assert told == sorted(explained)


def test_entries_stand_in_the_order_of_the_alphabet_under_its_letters():
    letters = {rules.anchor_on_github(term)[0].upper() for term in TERMS}
    wanted = sorted([*letters, *TERMS], key=rules.anchor_on_github)
    headings = [heading for _, heading in rules.HEADING.findall(GLOSSARY)]
    assert headings == ["Glossary", *wanted]


def test_a_link_finds_its_entry_on_github_and_in_jupyterlab():
    """JupyterLab keeps capitals and marks in an anchor, GitHub doesn't: an id helps."""
    for term in TERMS:
        anchor = rules.anchor_on_github(term)
        known = re.findall(r'<a id="(.+)"></a>', term) or [term.replace(" ", "-")]
        assert known == [anchor]

"""The site: README, the notebooks as they are stored, and the pages beside them.

Built by `sphinx-build -W -E -q -c .site . .site/html`, from the repository's root.
"""

import html
import json
import os
import re
import shutil
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

ROOT = Path(__file__).resolve().parents[1]

project = re.match("# (.+)", (ROOT / "README.md").read_text(encoding="utf-8"))[1]
language = "en"
root_doc = "README"
include_patterns = ["README.md", "notebooks/[0-9]*.ipynb", "notebooks/[A-Z]*.md"]
templates_path = ["templates"]
smartquotes = False

extensions = ["myst_nb"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
# A widget needs a kernel: what is stored beside it is shown.
WIDGET = "application/vnd.jupyter.widget-view+json"
nb_mime_priority_overrides = [("html", WIDGET, None)]

html_theme = "pydata_sphinx_theme"
html_title = project
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_sidebars = {"**": ["pages.html"]}
html_use_index = False
html_copy_source = False
html_theme_options = {
    "navbar_center": [],
    "secondary_sidebar_items": ["page-toc"],
    "article_header_start": [],
    "footer_start": [],
    "footer_end": [],
    "search_bar_text": "Search",
}

# ---- what is read --------------------------------------------------------------------

STATIC_COPY = (
    "*This is a static copy: [run it](../README.md#start) to change the code, to move "
    "what moves, and to have your answers checked.*"
)
# What only a reader's run fills.
UNANSWERED, NO_GUESS = "Not answered yet.", "You wrote nothing down. "


def prepare(app, docname, source):
    """Make a page of what stands in a file, for `source-read`."""
    path = Path(app.env.doc2path(docname))
    pages = {Path(app.env.doc2path(name)) for name in app.env.found_docs}
    if path.suffix == ".ipynb":
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                cell["source"] = lead_outside(cell["source"], path.parent, pages)
            else:
                cell["outputs"] = [*filter(is_for_all, cell.get("outputs", []))]
        first = notebook["cells"][0]
        first["source"] = first["source"].replace("\n\n", f"\n\n{STATIC_COPY}\n\n", 1)
        source[0] = json.dumps(notebook).replace(NO_GUESS, "")
    else:
        source[0] = lead_outside(source[0], path.parent, pages)
    if docname == root_doc:
        source[0] += "".join(toctrees(source[0], app.env.found_docs))


def is_for_all(output):
    """Is this what every reader sees: no unanswered exercise, no progress bar?"""
    data = output.get("data", {})
    told = "".join(data.get("text/plain", ""))
    return not (told.startswith(UNANSWERED) or (WIDGET in data and len(data) == 2))


def lead_outside(text, folder, pages):
    """Let links to what is no page of the site lead to the project, if it has a place.

    Else a file is downloaded, and a folder only named. Links to a notebook's headings,
    made for JupyterLab, become those of the site.
    """

    def lead(link):
        path = (folder / link[2]).resolve()
        if path in pages or not path.exists():
            return link[0]
        if project := os.environ.get("GITHUB_REPOSITORY"):
            kind = "tree" if path.is_dir() else "blob"
            place = f"{project}/{kind}/{os.environ.get('GITHUB_SHA', 'HEAD')}"
            return f"[{link[1]}](https://github.com/{place}/{path.relative_to(ROOT)})"
        return link[1] if path.is_dir() else f"[{link[1]}](path:{link[2]})"

    def slug(link):
        return link[1] + re.sub(r"[^\w-]", "", link[2]).lower() + ")"

    text = re.sub(r"(\]\(\w+\.ipynb#)([^)]+)\)", slug, text)
    return re.sub(r"(?<!!)\[([^][]+)\]\(([^):#]+)[^):]*\)", lead, text)


def toctrees(readme, found):
    """Yield the site's contents: what begins a row or an item in README, in its order.

    The captions are the headings, or the bold words, above.
    """
    parts, caption, left = {}, "", found - {root_doc}
    for line in readme.splitlines():
        if heading := re.match(r"#+ (.+)|\*\*(.+?)\*\*", line):
            caption = heading[1] or heading[2]
        elif entry := re.match(r"[-|] \[(.+?)\]\((notebooks/\w+)\.(ipynb|md)\)", line):
            title, page, kind = entry.groups()
            if page in left:
                numbered = f"{title} <{page}>"  # a notebook's own title has no number
                entry = numbered if kind == "ipynb" else page
                parts.setdefault(caption, []).append(entry)
                left.remove(page)
    if left:
        parts["More"] = sorted(left)
    for caption, entries in parts.items():
        listed = "\n".join(entries)
        yield f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


# ---- what is written -----------------------------------------------------------------


def write_math(translator, node):
    """Write a formula as MathML, which needs no script."""
    block = isinstance(node, nodes.math_block)
    formula = tex2mathml(node.astext(), as_block=block)
    if block:  # where it is too wide, keys scroll it, too
        formula = f'<div class="formula" tabindex="0">{formula}</div>'
    translator.body.append(formula)
    raise nodes.SkipNode


def describe(app, pagename, templatename, context, doctree):
    """Describe the page by its first paragraph, for `html-page-context`."""
    if doctree and (paragraph := next(doctree.findall(nodes.paragraph), None)):
        words = paragraph.astext().replace("\n", " ")
        context["metatags"] += (
            f'<meta name="description" content="{html.escape(words)}">'
        )


def write_index(app, exception):
    """Let the folder's address show README, for `build-finished`."""
    if exception is None:
        shutil.copy(app.outdir / "README.html", app.outdir / "index.html")


def setup(app):
    app.add_html_math_renderer("mathml", (write_math, None), (write_math, None))
    app.connect("source-read", prepare)
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_index)

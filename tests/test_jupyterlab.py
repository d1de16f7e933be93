"""The notebooks in a real browser: JupyterLab in Chromium.

Pictures of every notebook are left in tests/screenshots/, to be looked at.
"""

import re

import matplotlib.pyplot as plt
import nbformat
import notebook_rules as rules
import pytest
import solutions
from chromium import UNFOLD, in_chromium, start_chromium
from lab import READY, copy_series, start_lab
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from paths import NOTEBOOKS, ROOT, path_of
from playwright.sync_api import expect

from workshop.lesson.checks.feedback import RIGHT, UNANSWERED
from workshop.show.figures import image_of

SCREENSHOTS = ROOT / "tests" / "screenshots"
WINDOW = {"width": 1280, "height": 720}
expect.set_options(timeout=30_000)

pytestmark = in_chromium


@pytest.fixture(scope="module")
def chromium():
    with start_chromium() as browser:
        yield browser


# ---- JupyterLab -----------------------------------------------------------------


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """The folder of a copy of the series."""
    series = tmp_path_factory.mktemp("series")
    copy_series(series)
    return series


@pytest.fixture(scope="module")
def lab(series, tmp_path_factory):
    """The address of a JupyterLab on that copy, with its own settings."""
    with start_lab(series, tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def open_notebook(lab, chromium):
    """A function that opens a notebook by its path, and waits for its kernel."""
    context = chromium.new_context(viewport=WINDOW)

    def open_(path):
        page = context.new_page()
        page.path = path
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: _keep_error(page.errors, message))
        page.goto(lab.format(path.name))
        page.wait_for_function(READY, polling=100, timeout=60_000)
        return page

    yield open_
    context.close()


RAN = """() => {
    const notebook = jupyterapp.shell.currentWidget;
    const cells = Array.from(notebook.content.model.cells);
    const code = cells.filter(cell => cell.type === 'code');
    const failed = cell => cell.toJSON().outputs.some(o => o.output_type === 'error');
    return notebook.sessionContext.session.kernel.status === 'idle'
        && (code.every(cell => cell.executionCount) || code.some(failed));
}"""


def _keep_error(errors, message):
    if message.type == "error":
        errors.append(f"{message.text} ({message.location.get('url')})")


def close(page):
    """Close `page`, without waiting until its kernel has ended."""
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.evaluate(
            "() => {jupyterapp.shell.currentWidget.sessionContext.shutdown()}"
        )
    page.close()
    assert page.errors == []


def start_all(page):
    """Empty all outputs, then use the menu Run, Run All Cells."""
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def fill_in(page, notebook):
    """Give each cell on `page` the source that it has in `notebook`."""
    sources = [cell.source for cell in notebook.cells]
    page.evaluate(FILL_IN, sources)


FILL_IN = """sources => {
    const cells = jupyterapp.shell.currentWidget.content.model.cells;
    sources.forEach((source, k) => {
        const shared = cells.get(k).sharedModel;
        if (shared.source !== source) shared.setSource(source);
    });
}"""


def model_of(page):
    content = page.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON()")
    return nbformat.from_dict(content)


# Resolves when what has changed is drawn.
NEXT_FRAMES = """() => new Promise(resolve =>
    requestAnimationFrame(() => requestAnimationFrame(resolve)))"""


def take_screenshots(page, name):
    """Keep pictures of the notebook, a few screens each."""
    SCREENSHOTS.mkdir(exist_ok=True)
    scroller = page.locator(".jp-WindowedPanel-outer")
    page.set_viewport_size(WINDOW | {"height": 4_000})
    height = scroller.evaluate("scroller => scroller.scrollHeight")
    for k, top in enumerate(range(0, height, 3_800)):
        scroller.evaluate("(scroller, top) => scroller.scrollTo(0, top)", top)
        page.evaluate(NEXT_FRAMES)
        page.screenshot(path=SCREENSHOTS / f"{name}-{k + 1}.png")
    page.set_viewport_size(WINDOW)


@pytest.fixture(scope="module")
def opened():
    """A dict of path -> its page: what is opened before its turn."""
    return {}


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def page(request, opened, open_notebook):
    """A notebook in JupyterLab, all its cells run, its exercises solved.

    The next one that is asked for is opened meanwhile.
    """
    page = opened.pop(request.param, None) or open_notebook(request.param)
    _start(page)
    for path in _following(request):
        opened[path] = open_notebook(path)
    page.bring_to_front()  # others are drawn once a second
    page.wait_for_function(RAN, polling=200, timeout=300_000)
    yield page
    close(page)


def _following(request):
    """Return the next path that a test asks `page` for, in a list, or none."""
    items = [item for item in request.session.items if item.path == request.path]
    calls = [getattr(item, "callspec", None) for item in items]
    paths = [call.params["page"] for call in calls if call and "page" in call.params]
    paths = list(dict.fromkeys(paths))
    return paths[paths.index(request.param) + 1 :][:1]


def _start(page):
    """See what a projector cuts off of what is stored, then run it solved, once."""
    notebook = nbformat.read(page.path, as_version=4)
    page.cut_off = cut_off(page, notebook)
    fill_in(page, solutions.solved(notebook))
    start_all(page)


def stored_pictures(notebook):
    """Yield the outputs that show a picture, and no widget in its place."""
    for cell in rules.code_cells(notebook):
        for data in (output.get("data", {}) for output in cell.outputs):
            html = data.get("text/html", "") + data.get("text/markdown", "")
            if "<img" in html and not any("widget" in kind for kind in data):
                yield data


def test_run_all_works_in_jupyterlab(page):
    take_screenshots(page, page.path.stem)
    for cell in model_of(page).cells:
        if cell.cell_type == "code":
            assert cell.execution_count, f"did not run: {cell.source}"
            for output in cell.outputs:
                assert output.output_type != "error", output
                assert output.get("name") != "stderr", output
    stored = len(list(stored_pictures(nbformat.read(page.path, as_version=4))))
    pictures = page.locator(".jp-OutputArea-output img:not(.jupyter-widgets img)")
    expect(pictures).to_have_count(stored)
    for picture in pictures.all():
        assert picture.get_attribute("alt").strip()
        assert picture.evaluate("p => p.decode().then(() => p.naturalWidth)") > 100


def test_with_the_solutions_every_exercise_shows_its_tick(page):
    assert list(solutions.complaints(model_of(page))) == []


def with_notebook(words):
    path = path_of(words)
    return pytest.mark.parametrize("page", [path], indirect=True, ids=[path.stem])


@with_notebook("ask_the_question")
def test_the_slider_walks_through_its_pictures(page):
    picture = page.locator(".jupyter-widgets img")
    expect(picture).to_have_attribute("alt", re.compile(r"add up to out\[0\] = "))
    page.locator(".jupyter-widgets .noUi-handle").press("ArrowRight")
    expect(picture).to_have_attribute("alt", re.compile(r"add up to out\[1\] = "))


STUB = "def my_shift_add(a, v):\n..."
ANSWER = """\
def my_shift_add(a, v):
v, a = sorted([a, v], key=lambda t: t.shape[1])
m, n = a.shape[1], v.shape[1]
out = a.new_zeros(len(a), m + n - 1)
for j in range(n):
out[:, j : j + m].addcmul_(a, v[:, j : j + 1])
"""  # the editor indents


@with_notebook("drop_the_inner_loop")
def test_an_exercise_is_solved_by_typing(page):
    cells = page.locator(".jp-CodeCell")
    stub = cells.filter(has_text="def my_shift_add(a, v):")
    check = cells.filter(has_text="check(my_shift_add,")
    for typed, said in [(STUB, UNANSWERED), (ANSWER, RIGHT)]:
        stub.locator(".cm-content").click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
        if typed == ANSWER:
            page.keyboard.press("Backspace")  # out of the loop
            page.keyboard.type("return out")
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        expect(check.locator(".jp-OutputArea-output")).to_contain_text(said)


# ---- projected ------------------------------------------------------------------

DRAWN = """() => !document.querySelector('.jp-RenderedMarkdown:empty')
    && Array.from(document.images).every(image => image.naturalWidth)"""
# JupyterLab breaks a long printed line anywhere: it counts as wide as it was printed,
# but for the profiler's tables, whose last column is source: quoted lines are long.
UNBROKEN = "pre { white-space: pre !important; width: max-content }"
CUT_OFF = """() => {
    const screen = document.querySelector('.jp-WindowedPanel-outer').clientHeight;
    const parts = {
        code: '.jp-InputArea-editor', output: '.jp-OutputArea-output',
        text: '.jp-MarkdownOutput',
    };
    const blocks = {table: 'table', picture: 'img', line: '.cm-content, pre'};
    const boxes = (node, kinds) => Object.entries(kinds).flatMap(([kind, selector]) =>
        Array.from(node.querySelectorAll(selector), inner =>
            [kind, inner, inner.getBoundingClientRect()]));
    const found = [];
    document.querySelectorAll('.jp-Notebook .jp-Cell').forEach((cell, k) => {
        for (const [its, part, room] of boxes(cell, parts)) {
            found.push([k, its, 'tall', room.height - screen]);
            for (const [block, inner, {right}] of boxes(part, blocks))
                if (!inner.textContent.includes('Line Contents'))
                    found.push([k, `${its}'s ${block}`, 'wide', right - room.right]);
        }
    });
    return found.filter(([, , , over]) => over >= 1);
}"""


def cut_off(page, notebook):
    """Return what of `notebook`, open on `page`, does not fit on a presenter's screen.

    The presenter has closed the sidebar and chosen View, Presentation Mode.
    """
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.evaluate(PRESENTATION_MODE)
    for code in (".jp-CodeCell .cm-line", ".jp-RenderedText pre"):
        expect(page.locator(code).first).to_have_css("font-size", "16px")  # not 13
    page.evaluate(UNFOLD)
    unbroken = page.add_style_tag(content=UNBROKEN)
    page.wait_for_function(DRAWN)
    found = page.evaluate(CUT_OFF)
    unbroken.evaluate("tag => tag.remove()")
    page.evaluate(UNFOLD.replace("true", "false"))
    page.evaluate(PRESENTATION_MODE)
    return [
        f"{rules.name_of(notebook.cells[k])}: its {what} is {over:.0f} px too {way}"
        for k, what, way, over in found
    ]


PRESENTATION_MODE = (
    "jupyterapp.commands.execute('application:toggle-presentation-mode')"
)


def test_a_projector_cuts_nothing_off(page):
    assert page.cut_off == []


KERNEL = {"name": "python3", "display_name": "Python 3"}  # without, JupyterLab asks


def test_what_a_projector_cuts_off_is_found(series, open_notebook):
    line, row = "x" * 200, "<td>a cell</td>" * 60
    table, tall = f"<table><tr>{row}</tr></table>", plt.figure(figsize=(3, 9))
    outputs = [
        new_output("stream", text="It fits.\n"),
        new_output("stream", text=line),
        new_output("display_data", {"text/html": table}),
        new_output("display_data", {"text/html": image_of(tall, "tall")}),
    ]
    cells = [new_code_cell("fits", outputs=[output]) for output in outputs]
    cells += [new_code_cell(line), new_code_cell("\n".join("x" * 40))]
    for k, cell in enumerate(cells):
        cell.execution_count = k
    texts = ["It fits.", f"Wide\n\n{table}", "Tall\n\n" + "A line.\n\n" * 40]
    lines = "\n".join([line] * 40)
    folded = f"Folded\n\n<details>\n\n```\n{lines}\n```\n\n</details>"
    cells += map(new_markdown_cell, [*texts, folded])
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    planted = series / "notebooks" / "planted.ipynb"
    nbformat.write(notebook, planted)
    page = open_notebook(planted)
    found = cut_off(page, notebook)
    close(page)
    assert [re.sub(r"\d+ px", "… px", finding) for finding in found] == [
        "cell 1: its output's line is … px too wide",
        "cell 2: its output's table is … px too wide",
        "cell 3: its output is … px too tall",
        "cell 4: its code's line is … px too wide",
        "cell 5: its code is … px too tall",
        "the text that begins “Wide”: its text's table is … px too wide",
        "the text that begins “Tall”: its text is … px too tall",
        "the text that begins “Folded”: its text is … px too tall",
        "the text that begins “Folded”: its text's line is … px too wide",
    ]

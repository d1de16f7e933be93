"""What nbval, nbstripout and ruff don't ask of a notebook: the rules of its honesty.

Each guard takes a notebook and the path where it lies, and yields complaints: which
cell, what is wrong with it, and what to do.
"""

import re
from itertools import pairwise

import nbformat
from nbconvert.filters import strip_ansi
from nbval.plugin import find_comment_markers, find_metadata_tags

from workshop.lesson.checks.feedback import UNANSWERED

# Paths that only one machine has.
FOLDERS = r"(?<![\w.])/(?:home|Users|root|tmp|work|usr|opt|var|mnt|private)/|(?<!\w)~/"
ABSOLUTE = re.compile(FOLDERS + r"|\b[A-Z]:\\|site-packages|ipykernel_\d")
PICTURE = re.compile(r"data:image/[^\"')\s]*")

# Times and timed ratios in prose, and where they may stand.
DURATION = r"\d[\d.,]* ?(?:[nuµμm]s|s|(?:nano|micro|milli)?seconds?)\b"
NUMBER = r"(?:\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|twenty|hundred)"
COMPARED = r"(?:as (?:fast|slow|long|quick)|faster|slower|quicker)"
FASTER = rf"{NUMBER}[- ]?(?:times|×|x) {COMPARED}|(?:twice|half) {COMPARED}"
TIMED = re.compile(rf"{DURATION}|{FASTER}|{NUMBER}fold\b", re.IGNORECASE)
BOX = re.compile(r'(?s)<div class="alert .*?</div>|```.*?```|`[^`\n]*`')

LINK = re.compile(
    r"""(?:\]\(|href="|src=")(?!https?:|data:)([^)#\s"]*)(?:#([^)\s"]*))?[\s)"]"""
)
IMAGE = re.compile(r"<img\b[^>]*>|!\[[^\]]*\]\([^)]*\)")
HEADING = re.compile(r"(?m)^(#+) (.+)$")

# What may be bold: a term, where it's explained, and the words that open a paragraph.
TERM = re.compile(r"\[\*\*[^*]+\*\*\]\(GLOSSARY\.md#([^)]+)\)")
KEY = "You will learn|You need|The core|Going further"
OPENING = re.compile(rf"(?m)^(?:- |\d+\. )?\*\*(?:[^*\n]+[.,:?]|{KEY})\*\*")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def texts(cell):
    """Return what `cell` has stored, the bytes of pictures left out."""
    found = []
    for output in cell.outputs:
        found += [output.get("text", ""), output.get("evalue", "")]
        found += output.get("traceback", [])
        data = output.get("data", {}).items()
        found += [str(text) for kind, text in data if not kind.startswith("image/")]
    return [PICTURE.sub("", strip_ansi(text)) for text in found]


def displayed(cell):
    """Return the dicts of kind -> data that `cell` has stored."""
    return [output.data for output in cell.get("outputs", []) if "data" in output]


def name_of(cell):
    if cell.cell_type == "code":
        return f"cell {cell.execution_count}"
    first = cell.source.strip().split("\n")[0]
    return f"the text that begins “{first[:40]}”"


def tags(cell):
    return cell.metadata.get("tags", [])


def headings(notebook):
    """Return (level, text) for each heading of the notebook's prose."""
    found = []
    for cell in prose(notebook):
        text = re.sub(r"(?s)```.*?```", "", cell.source)
        found += [(len(marks), text) for marks, text in HEADING.findall(text)]
    return found


# ---- it was run, from the top, and stores what it gave ---------------------------


def cells_were_run_from_the_top(notebook, path):
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        k, count = next(pair for pair in enumerate(counts, 1) if pair[0] != pair[1])
        yield f"code cell {k} has the count {count}: run all from the top"


def printed_output_is_stored(notebook, path):
    speaks = r"(?m)^(print|prove|show|show_figure|table|time_table|check\w*)\("
    for cell in code_cells(notebook):
        said = re.search(speaks, cell.source)
        if said and not cell.outputs:
            yield f"{name_of(cell)} calls {said[1]}(…) and stores nothing: run it"


def magics_are_known(notebook, path):
    for cell in code_cells(notebook):
        if any("UsageError" in text for text in texts(cell)):
            yield f"{name_of(cell)} stores a UsageError: load the magic's extension"


def errors_are_announced(notebook, path):
    for cell in code_cells(notebook):
        announced = "raises-exception" in tags(cell)
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised and not announced:
            yield f"{name_of(cell)} stores an error: mend or tag it raises-exception"
        if announced and not raised:
            yield f"{name_of(cell)} is tagged raises-exception, and doesn't: untag it"


def outputs_are_ignored_for_a_reason_only(notebook, path):
    for cell in code_cells(notebook):
        options = dict(find_metadata_tags(cell.metadata))
        options.update(find_comment_markers(cell.source))
        comments = re.findall(r"(?m)^\s*#(?! *NBVAL_)", cell.source)
        if options.get("skip"):
            yield f"{name_of(cell)} is skipped: let it run"
        if options.get("check") is False and not comments:
            yield f"{name_of(cell)} ignores its output: say why in a comment"


def random_numbers_come_from_a_seed_in_their_cell(notebook, path):
    for cell in code_cells(notebook):
        drawn = re.search(r"torch\.randn?\(", cell.source)
        if drawn and "manual_seed" not in cell.source:
            yield f"{name_of(cell)} makes random numbers: set a seed in it"


def no_output_names_a_place_on_this_machine(notebook, path):
    for cell in code_cells(notebook):
        for place in sorted(set(ABSOLUTE.findall("\n".join(texts(cell))))):
            yield f"{name_of(cell)} shows a path, {place}: make it relative"


def no_output_names_a_place_in_memory(notebook, path):
    for cell in code_cells(notebook):
        for place in re.findall(r"\bat 0x[\da-fA-F]+", "\n".join(texts(cell))):
            yield f"{name_of(cell)} shows an object {place}: show what is in it"


# ---- it says only what it shows --------------------------------------------------


def times_stand_in_outputs_or_marked_boxes(notebook, path):
    for cell in prose(notebook):
        for claim in TIMED.findall(BOX.sub("", cell.source)):
            yield f"{name_of(cell)} says “{claim}”: show it in a cell or a box"


def links_lead_somewhere(notebook, path):
    for cell in prose(notebook):
        for file, heading in LINK.findall(cell.source):
            target = path.parent / file if file else path
            if not target.exists():
                yield f"{name_of(cell)} links to {file}: there is no such file"
            elif heading and heading not in anchors(target, None if file else notebook):
                yield f"{name_of(cell)} links to #{heading}: no heading has it"


def anchors(path, notebook):
    """Return what a link to a heading of the `notebook`, or of the file, may name."""
    if notebook is None and path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
    if notebook is None:
        found = HEADING.findall(path.read_text(encoding="utf-8"))
        return [anchor_on_github(text) for _, text in found]
    return [text.replace(" ", "-") for _, text in headings(notebook)]


def anchor_on_github(heading):
    return re.sub(r"<[^>]*>|[^\w -]", "", heading).lower().replace(" ", "-")


def bold_words_are_terms_or_open_a_paragraph(notebook, path):
    for cell in prose(notebook):
        text = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", cell.source)
        for words in re.findall(r"\*\*(.+?)\*\*", OPENING.sub("", TERM.sub("", text))):
            yield f"{name_of(cell)} has “{words}” in bold: link a term, or take italics"


def next_is_the_following_notebook(notebook, path):
    """The box at the top names its neighbours, and the recap leads on."""
    names = [other.name for other in sorted(path.parent.glob("*.ipynb"))]
    place = names.index(path.name)
    before, after = names[:place][-1:], names[place + 1 :][:1]
    box = notebook.cells[0]
    recaps = [c for c in prose(notebook) if c.source.startswith("## Recap")]
    if len(recaps) != 1:
        yield "there is no recap, or a second: let one text begin with ## Recap"
        return
    [recap] = recaps
    links = [file for file, _ in LINK.findall(recap.source) if file.endswith("ipynb")]
    told = re.findall(r"\*\*Next:\*\* \[.*\]\((.*)\)", box.source)
    back = re.findall(r"\*\*Back to:\*\* \[.*\]\((.*)\)", box.source)
    for cell, found, way, wanted in [
        (box, told, "on", after),
        (recap, links[-1:], "on", after),
        (box, back, "back", before if back else []),
    ]:
        if found != wanted:
            shown, right = ("".join(files) or "nothing" for files in (found, wanted))
            yield f"{name_of(cell)} leads {way} to {shown}: link to {right}"


# ---- it can be read and shown ----------------------------------------------------


def first_line_loads_the_workshop(notebook, path):
    first = "".join(cell.source + "\n" for cell in code_cells(notebook)).split("\n")[0]
    if first != "%load_ext workshop":
        yield f"cell 1 begins with {first}: begin with %load_ext workshop"


def cells_fit_a_projector(notebook, path):
    """Ruff sees to the 88 columns."""
    for cell in code_cells(notebook):
        lines = cell.source.count("\n") + 1
        if lines > 20:
            yield f"{name_of(cell)} has {lines} lines, and 20 fit: split it"


def pictures_have_a_text_alternative(notebook, path):
    """JupyterLab drops that of a plain image: an <img> has to come with it."""
    for cell in notebook.cells:
        kinds = "text/html", "text/markdown"
        texts = [data.get(kind, "") for data in displayed(cell) for kind in kinds]
        if cell.cell_type == "markdown":
            texts = [cell.source]
        images = IMAGE.findall("\n".join(texts))
        told = all(re.search(r'\balt="\s*[^"\s]|^!\[\s*[^\]\s]', i) for i in images)
        plain = [data for data in displayed(cell) if "image/" in " ".join(data)]
        if not told or any("<img" not in data.get("text/html", "") for data in plain):
            yield f"{name_of(cell)} shows a picture without alt: use show_figure"


def figures_are_stored_as_images_too(notebook, path):
    """Some renderers drop an <img> whose bytes stand in it."""
    for cell in code_cells(notebook):
        for data in displayed(cell):
            if "<img" in data.get("text/html", "") and "image/png" not in data:
                yield f"{name_of(cell)} has an <img> and no image/png: use show_figure"


def plain_text_says_what_is_shown(notebook, path):
    unsaid = re.compile(r"<(?:IPython\.core|Figure size)\b")
    for cell in code_cells(notebook):
        for data in displayed(cell):
            if found := unsaid.match(data.get("text/plain", "")):
                yield f"{name_of(cell)} has the plain text {found[0]}…: give it words"


def headings_are_in_order(notebook, path):
    levels = [level for level, _ in headings(notebook)]
    if levels[:1] != [1] or levels.count(1) > 1:
        yield "there is no title, or a second: write one heading of level 1, the first"
    for (before, _), (level, text) in pairwise(headings(notebook)):
        if level > before + 1:
            yield f"the heading “{text}” skips a level: take {'#' * (before + 1)}"


def kernel_is_one_that_every_machine_has(notebook, path):
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"the kernel is {name}: choose python3"


def metadata_is_known(notebook, path):
    """Nbstripout takes away only what it has a name for; editors add more than that."""
    extra = {(key, "the notebook") for key in notebook.metadata}
    known = ["kernelspec", "language_info", "minutes"]
    extra -= {(key, "the notebook") for key in known}
    for cell in notebook.cells:
        kept = {"tags", "jupyter"}  # jupyter: is it collapsed?
        extra |= {(key, name_of(cell)) for key in set(cell.metadata) - kept}
    for key, where in sorted(extra):
        yield f"{where} keeps the metadata {key}: take it away"


# ---- it lets its reader try ------------------------------------------------------


def predictions_are_taken_and_answered(notebook, path):
    asking, answering = r"(?m)^my_guess = \.\.\.", r"compare_guess\(\s*my_guess\b"
    asked, answered = (
        [cell for cell in code_cells(notebook) if re.search(pattern, cell.source)]
        for pattern in (asking, answering)
    )
    if len(asked) != 1 or len(answered) != 1:
        yield (
            "the prediction isn't taken once and answered once: write my_guess = ... "
            "above, and compare_guess(my_guess, …) where it is counted or measured"
        )


def exercises(notebook):
    """Return (stub, the cell behind it, the two cells after that) for each exercise."""
    cells = [*notebook.cells, *[nbformat.v4.new_markdown_cell()] * 3]
    return [
        (cell, cells[k + 1], cells[k + 2 : k + 4])
        for k, cell in enumerate(notebook.cells)
        if "exercise" in tags(cell)
    ]


def exercises_are_whole(notebook, path):
    for stub, check, after in exercises(notebook):
        if not re.search(r"(?m)^[^#\n]*\.\.\.", stub.source):
            yield f"{name_of(stub)} is an exercise without `...`: leave the work to do"
        if not re.search(r"(?m)^check\w*\(", check.source):
            yield f"{name_of(stub)} is an exercise: let a cell with its check(…) follow"
        elif not any(UNANSWERED in text for text in texts(check)):
            yield f"{name_of(check)} stores an answer: empty the stub and run all"
        text = "\n".join(cell.source for cell in after)
        if text.count("<summary>Hint") < 3:
            yield f"{name_of(stub)} is an exercise: let three hints follow its check"
        if solution_of(text) is None:
            yield f"{name_of(stub)} is an exercise: let its solution follow the hints"


def solution_of(folded):
    """Return the code of the solution that is folded away in this text, or None."""
    pattern = r"(?s)<summary>Solution</summary>\n\n```python\n(.*?)\n```"
    found = re.search(pattern, folded)
    return found and found[1]


def last_hints_stand_in_their_solutions(notebook, path):
    """What the last hint shows as code, with … for a gap, the solution holds."""
    for stub, _, after in exercises(notebook):
        text = "\n".join(cell.source for cell in after)
        hint = re.findall(r"(?s)<summary>Hint.*?</summary>(.*?)</details>", text)[-1:]
        solution = solution_of(text)
        for shown in re.findall(r"`([^`\n]+)`", hint[0]) if hint and solution else []:
            parts = [re.escape(bare(part)) for part in shown.split("…")]
            if not re.search(".*".join(parts), bare(solution)):
                yield f"{name_of(stub)} has the hint {shown}: its solution lacks it"


def bare(code):
    """Return `code` without what a formatter may change: spaces, lines, last commas."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"\s", "", code))


GUARDS = [
    cells_were_run_from_the_top,
    printed_output_is_stored,
    magics_are_known,
    errors_are_announced,
    outputs_are_ignored_for_a_reason_only,
    random_numbers_come_from_a_seed_in_their_cell,
    no_output_names_a_place_on_this_machine,
    no_output_names_a_place_in_memory,
    times_stand_in_outputs_or_marked_boxes,
    links_lead_somewhere,
    bold_words_are_terms_or_open_a_paragraph,
    next_is_the_following_notebook,
    first_line_loads_the_workshop,
    cells_fit_a_projector,
    pictures_have_a_text_alternative,
    figures_are_stored_as_images_too,
    plain_text_says_what_is_shown,
    headings_are_in_order,
    kernel_is_one_that_every_machine_has,
    metadata_is_known,
    predictions_are_taken_and_answered,
    exercises_are_whole,
    last_hints_stand_in_their_solutions,
]

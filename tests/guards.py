"""What nbval does not ask of a notebook: each guard takes one and yields complaints."""

import re

from nbval.plugin import find_comment_markers, find_metadata_tags

# Paths that only one machine has.
FOLDERS = r"(?<![\w.])/(?:home|Users|root|tmp|work|usr|opt|var|mnt|private)/|(?<!\w)~/"
ABSOLUTE = re.compile(FOLDERS + r"|\b[A-Z]:\\|site-packages|ipykernel_\d")
COLOURS = re.compile(r"\x1b\[[\d;]*m")  # of tracebacks
PICTURE = re.compile(r"data:image/[^\"')\s]*")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell):
    """Return what `cell` has stored, the bytes of pictures left out."""
    found = []
    for output in cell.outputs:
        found += [output.get("text", ""), output.get("evalue", "")]
        found += output.get("traceback", [])
        found += [str(text) for text in output.get("data", {}).values()]
    return [PICTURE.sub("", COLOURS.sub("", text)) for text in found]


def name_of(cell):
    return f"cell {cell.execution_count}"


def counts_run_from_one_in_order(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"the cells' counts are {counts}"


def magics_are_known(notebook):
    for cell in code_cells(notebook):
        if any("UsageError" in text for text in texts(cell)):
            yield f"{name_of(cell)} stores a UsageError"


def errors_are_announced(notebook):
    for cell in code_cells(notebook):
        announced = "raises-exception" in cell.metadata.get("tags", [])
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised and not announced:
            yield f"{name_of(cell)} stores an error, without the tag raises-exception"
        if announced and not raised:
            yield f"{name_of(cell)} is tagged raises-exception, and stores no error"


def kernel_is_one_that_every_machine_has(notebook):
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"the kernel is {name}, not python3"


def no_output_names_a_place_on_this_machine(notebook):
    for cell in code_cells(notebook):
        for place in sorted(set(ABSOLUTE.findall("\n".join(texts(cell))))):
            yield f"{name_of(cell)} shows a path: {place}"


def first_line_loads_the_workshop(notebook):
    first = "".join(cell.source + "\n" for cell in code_cells(notebook)).split("\n")[0]
    if first != "%load_ext workshop":
        yield f"the first line of code is {first}"


def cells_fit_a_projector(notebook):
    for cell in code_cells(notebook):
        lines = cell.source.split("\n")
        if len(lines) > 20:
            yield f"{name_of(cell)} has {len(lines)} lines; 20 fit"
        columns = max(map(len, lines))
        if columns > 88:
            yield f"{name_of(cell)} has a line of {columns} columns; 88 fit"


def random_numbers_come_from_a_seed_in_their_cell(notebook):
    for cell in code_cells(notebook):
        drawn = re.search(r"torch\.randn?\(", cell.source)
        if drawn and "manual_seed" not in cell.source:
            yield f"{name_of(cell)} makes random numbers and sets no seed"


def outputs_are_ignored_for_a_reason_only(notebook):
    for cell in code_cells(notebook):
        options = dict(find_metadata_tags(cell.metadata))
        options.update(find_comment_markers(cell.source))
        comments = re.findall(r"(?m)^\s*#(?! *NBVAL_)", cell.source)
        if options.get("skip"):
            yield f"{name_of(cell)} is skipped"
        if options.get("check") is False and not comments:
            yield f"{name_of(cell)} ignores its output, and no comment says why"


def pictures_have_a_text_alternative(notebook):
    for cell in code_cells(notebook):
        for data in [output.get("data", {}) for output in cell.outputs]:
            images = re.findall(r"<img\b[^>]*>", data.get("text/html", ""))
            told = all(re.search(r'\balt="\s*[^"\s]', image) for image in images)
            if not told or any(kind.startswith("image/") for kind in data):
                yield f"{name_of(cell)} shows a picture without alt: use show_figure"


def metadata_is_normalised(notebook):
    extra = set(notebook.metadata) - {"kernelspec", "language_info"}
    for cell in notebook.cells:
        extra |= set(cell.metadata) - {"tags", "jupyter"}  # jupyter: is it collapsed?
    if extra:
        yield f"metadata keeps {', '.join(sorted(extra))}"


GUARDS = [
    counts_run_from_one_in_order,
    magics_are_known,
    errors_are_announced,
    kernel_is_one_that_every_machine_has,
    no_output_names_a_place_on_this_machine,
    first_line_loads_the_workshop,
    cells_fit_a_projector,
    random_numbers_come_from_a_seed_in_their_cell,
    outputs_are_ignored_for_a_reason_only,
    pictures_have_a_text_alternative,
    metadata_is_normalised,
]

"""The quiz asks for what the notebooks teach, and every answer can be looked up."""

import re
from ast import literal_eval
from collections import Counter
from functools import cache

import nbformat
import notebook_rules as rules
import pytest
import torch
from paths import FOLDER, NOTEBOOKS

from SO_CONVOLVE_QUESTION import convolve
from workshop import count_calls

QUIZ = (FOLDER / "QUIZ.md").read_text(encoding="utf-8")
GUIDE = (FOLDER / "TEACHING.md").read_text(encoding="utf-8")

QUESTION = re.compile(
    r"(?m)^\*\*(\d+)\.\*\* (?:\((\d\d)\) )?((?:.|\n)+?)\n\n((?:- \w: .+\n)+)"
)
OPTION = re.compile(r"(?m)^- (\w): (.+)$")
ANSWER = re.compile(r"(?m)^\*\*(\d+)\. (\w)\.\*\* (.+) → (.+)$")
SHOWN = re.compile(r"\[(\d\d .+?)\]\((\w+\.ipynb)#(\S+)\): `(.+?)`(?:; |$)")
ROW = re.compile(r"(?m)^\| \[(\d\d)\]\(.+?\) \| (.+) \| (.+) \|$")
OBJECTIVES = re.compile(r"\*\*You will learn\*\* to (.+)\.<br>")


def read_questions(text):
    """Return a dict of number -> (its notebook or "", what it asks, its options)."""
    found = QUESTION.findall(text)
    return {int(n): (where, q, dict(OPTION.findall(o))) for n, where, q, o in found}


def read_answers(text):
    """Return a dict of number -> (the right letter, why, what is shown where)."""
    found = ANSWER.findall(text)
    return {int(n): (letter, why, SHOWN.findall(s)) for n, letter, why, s in found}


@cache
def sections(name):
    """Return a dict of heading, as links name it -> the (tags, text) of its cells."""
    found, heading = {}, ""
    for cell in nbformat.read(FOLDER / name, as_version=4).cells:
        if cell.cell_type == "code":
            text = "\n".join([cell.source, *rules.texts(cell)])
            found.setdefault(heading, []).append((rules.tags(cell), text))
        for _, text in rules.headings(nbformat.v4.new_notebook(cells=[cell])):
            heading = text.replace(" ", "-")
    return found


@cache
def objectives():
    """Return (number of the notebook, what it promises) for all notebooks, in order."""
    boxes = {p: nbformat.read(p, as_version=4).cells[0].source for p in NOTEBOOKS}
    return [
        (path.stem[:2], objective)
        for path, box in boxes.items()
        for objective in re.split(r", (?:and )?to ", OBJECTIVES.search(box)[1])
    ]


def complaints_of_answers(text):
    questions, answers = read_questions(text), read_answers(text)
    for kind, found in ("questions", QUESTION), ("answers", ANSWER):
        numbers = [int(match[0]) for match in found.findall(text)]
        if numbers != list(range(1, len(questions) + 1)):
            yield f"the {kind} are not numbered one by one: {numbers}"
    for number in questions.keys() & answers.keys():
        notebook, _, options = questions[number]
        right, why, shown = answers[number]
        if list(options) != list("ABCD") or len(set(options.values())) < 4:
            yield f"question {number} hasn't four options, A to D"
        told = set(re.findall(r"\b[A-D]\b", why))
        if {right, *told} != set(options) or right in told:
            yield f"answer {number} isn't one, with a word on each of the others"
        if not any(file.startswith(notebook) for _, file, _, _ in shown):
            yield f"answer {number} isn't shown by its notebook"
        for name, file, heading, piece in shown:
            if name.replace(" ", "-") != f"{file[:2]}-{heading}":
                yield f"answer {number} calls {file}#{heading} “{name}”"
            if not any(piece in cell for _, cell in sections(file).get(heading, [])):
                yield f"answer {number}: no cell with {piece} in {file}#{heading}"


def complaints_of_the_map(text):
    rows = ROW.findall(text)
    promised = [row[:2] for row in rows]
    missing = [objective for objective in objectives() if objective not in promised]
    yield from (f"{number}: nothing for “{what}”" for number, what in missing)
    if not missing and promised != objectives():
        yield "the map has more rows than objectives, or another order"
    asked = set()
    for number, what, shown_by in rows:
        links = re.findall(r"\]\((\S+)#(\S+)\)", shown_by)
        for file, heading in links:
            cells = sections(file).get(heading, [])
            if not any("exercise" in tags for tags, _ in cells):
                yield f"{number}, “{what}”: no exercise in {file}#{heading}"
        named = set(map(int, re.findall(r"\d+", re.sub(r"\(\S+\)", "", shown_by))))
        for question in sorted(named - read_questions(text).keys()):
            yield f"{number}, “{what}”: there is no question {question}"
        if not links and not named:
            yield f"{number}, “{what}”: neither exercise nor question"
        asked |= named
    for question in sorted(read_questions(text).keys() - asked):
        yield f"question {question} assesses nothing"


def complaints(text):
    return [*complaints_of_answers(text), *complaints_of_the_map(text)]


def test_every_objective_is_assessed_and_every_answer_is_shown():
    assert complaints(QUIZ) == []


@pytest.mark.parametrize(
    ("was", "planted", "complaint"),
    [
        ("| choose a layout |", "| see |", "04: nothing for “choose a layout”"),
        ("question 23", "question 99", "no question 99"),
        ("question 23", "much", "“say what each step bought”: neither exercise nor"),
        ("question 23", "question 22", "question 23 assesses nothing"),
        ("Exercise:-your-rule", "Our-rule", "choose_by_a_map.ipynb#Our-rule"),
        ("## For the", "| [13](x) | see | question 1 |\n\n##", "more rows than"),
        ("**9. A.**", "**9. B.**", "answer 9 isn't one"),
        ("**9. A.** `f`", "**9. A.** A: `f`", "answer 9 isn't one"),
        ("- D: for none of", "- E: for none of", "question 5 hasn't four options"),
        ("**7. B.**", "7. B.", "the answers are not numbered"),
        ('`count("DGEMM")`', "`count(3)`", "answer 19: no cell with count(3)"),
        ("ipynb#Join-columns", "ipynb#Join-rows", "answer 23: no cell with"),
        ("[00 Race]", "[00 Run]", "_start_here.ipynb#Race “00 Run”"),
        ("**11.** (00)", "**11.** (07)", "answer 11 isn't shown by its notebook"),
    ],
)
def test_a_fault_planted_into_the_quiz_is_found(was, planted, complaint):
    assert was in QUIZ
    assert complaint in "\n".join(complaints(QUIZ.replace(was, planted)))


def test_ten_are_asked_before_and_after():
    core, more = QUIZ.split("## More questions")
    assert list(read_questions(core)) == list(range(1, 11))
    assert all(notebook == "" for notebook, _, _ in read_questions(core).values())
    assert all(notebook for notebook, _, _ in read_questions(more).values())


@pytest.mark.parametrize(
    ("group", "agenda"),
    [
        ("### Answered after 45 minutes", "### 45 minutes"),
        ("### Answered after half a day", "### Half a day"),
        ("### Answered after a full day", "### A full day"),
    ],
)
def test_each_of_the_ten_is_answered_in_its_agenda(group, agenda):
    questions = read_questions(QUIZ.split(group)[1].split("\n##")[0])
    taught = re.findall(r"\]\((\w+\.ipynb)\)", GUIDE.split(agenda)[1].split("\n##")[0])
    assert questions
    for number in questions:
        [(_, first, _, _), *_] = read_answers(QUIZ)[number][2]
        assert first in taught, number


def test_right_answers_cannot_be_told_by_their_letter_or_length():
    answers, questions = read_answers(QUIZ), read_questions(QUIZ)
    for numbers in (range(1, 11), answers):
        letters = Counter(answers[number][0] for number in numbers)
        assert max(letters.values()) - min(letters[k] for k in "ABCD") <= 1
    longest = 0
    for number, (_, _, options) in questions.items():
        length = {letter: len(option) for letter, option in options.items()}
        right = length.pop(answers[number][0])
        longest += right > max(length.values())
    assert longest <= len(questions) / 3  # by chance a quarter


def first_number(option):
    return float(option.split()[0].replace(",", ""))


def run(question):
    """Return what the code that the question shows leaves behind."""
    names = {"torch": torch}
    code = re.search(r"```python\n([^`]+)", question) or re.search(r"`(.+?)`", question)
    exec(code[1], names)  # noqa: S102  it is our own page
    return names


def convolved(question, option):
    pair = [torch.tensor(literal_eval(v)) for v in re.findall(r"\([\d, ]+\)", question)]
    return convolve(*pair).tolist() == list(literal_eval(option))


def all_close(question, option):
    tensor = re.search(r"`(torch\.zeros.+)`", option)
    try:
        return bool(tensor) and torch.allclose(eval(tensor[1]), torch.zeros(5, 11))
    except RuntimeError:
        return False


def multiplied(question, option):
    a, v = torch.rand(4, 4), torch.rand(4, 7)
    ways = {
        "row": torch.stack([a[k] * v[k, 0] for k in range(4)]),
        "column": torch.stack([a[:, k] * v[k, 0] for k in range(4)], 1),
        "all": a * v[0, 0],
    }
    way = ways.get(option.split()[0])
    return way is not None and torch.equal(way, a * v[:, 0])


def correlated(question, option):
    return run(question)["result"].flatten().tolist() == [*literal_eval(option)]


def apart(question, option):
    t = run(question)["t"]
    return first_number(option) == t.stride(0) * t.element_size()


def indexed(question, option):
    calls = count_calls(lambda x: x[0] + x[1], torch.ones(2)).total()
    return first_number(option) == calls


COUNTED = {
    1: convolved,
    3: lambda _, option: first_number(option) == 1 / (1 - 0.75),
    5: all_close,
    6: multiplied,
    7: correlated,
    8: apart,
    10: lambda _, option: first_number(option) == round(1 - 1 / 5 + 11 / 5, 9),
    11: indexed,
}


@pytest.mark.parametrize("number", COUNTED)
def test_what_can_be_counted_is_true_of_the_right_answer_alone(number):
    _, question, options = read_questions(QUIZ)[number]
    right, _, _ = read_answers(QUIZ)[number]
    holds = [k for k, option in options.items() if COUNTED[number](question, option)]
    assert holds == [right]

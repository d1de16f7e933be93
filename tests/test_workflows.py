"""The workflows, which only GitHub can run, name what there is; so do its other files.

Whether they are well-formed, actionlint tells there: see `tests.yml`.
"""

import re
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from paths import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILE = re.compile(r"(?<![\w/:.-])(?:\.?\w[\w-]*/)*[\w-]+\.(?:py|txt|md)\b")


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_suite_runs_on_each_python_that_the_series_is_for():
    pythons = SpecifierSet(PROJECT["project"]["requires-python"])
    jobs = read(GITHUB / "workflows" / "tests.yml")["jobs"]
    matrix = jobs["suite"]["strategy"]["matrix"]
    assert matrix["python"] == [f"3.{k}" for k in range(30) if f"3.{k}" in pythons]
    told = (GITHUB / "CONTRIBUTING.md").read_text(encoding="utf-8")
    *others, last = matrix["python"]
    assert f"with Python {', '.join(others)} and {last} |" in told


@pytest.mark.parametrize("path", WORKFLOWS + FORMS, ids=lambda path: path.stem)
def test_what_they_name_is_there(path):
    made = {"report.md"}
    named = set(FILE.findall(path.read_text(encoding="utf-8").replace("\\", "/")))
    assert named
    assert [name for name in named - made if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_job_forgives_a_failure_waits_for_ever_or_may_do_too_much(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "timeout-minutes" in job
        assert (name == "publish") == ("permissions" in job)
        assert all("continue-on-error" not in part for part in [job, *job["steps"]])


def test_the_edition_is_told_alike():
    citation = read(ROOT / "CITATION.cff")
    told = (GITHUB / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"(?m)^## (\S+) – (\S+)$", told).groups()
    assert newest == (citation["version"], str(citation["date-released"]))
    assert citation["version"] == PROJECT["project"]["version"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {citation['title']}\n")

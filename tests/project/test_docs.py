"""What the documents say exists: files, variables, packages, commands."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from django.core.management import get_commands
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|/[\w-]+\.(py|md|js|css|html|toml|service|conf))")
# A path is written from the root or, where the text says in which app, from a package.
PACKAGES = [ROOT, *(path.parent for path in ROOT.glob("[!.]*/**/__init__.py"))]
# Where a server puts its data by default.
NOT_IN_THE_REPOSITORY = {"var/"}


def named(path):
    return str(path.relative_to(ROOT))


def code_in(document):
    """What a document sets in the type of a machine: fenced blocks and `spans`."""
    text = document.read_text()
    fenced = [block[0] for block in FENCED.finditer(text)]
    return "\n".join([*fenced, *re.findall(r"`[^`\n]+`", text)])


def paths_in(text):
    """Every word in a `span` that looks like a path of the repository; addresses begin with a slash."""
    spans = re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    return {word for span in spans for word in span.split() if PATH.fullmatch(word)} - NOT_IN_THE_REPOSITORY


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_paths_exist(document):
    paths = paths_in(document.read_text())

    assert [path for path in sorted(paths) if not any((folder / path).exists() for folder in PACKAGES)] == []


def test_paths_are_recognised():
    text = "`core/ids.py`, `cat docs/rules.md`, `demo/`, `/demo/`, `text/csv`, `ids.py`\n```\n`a/b.py`\n```"

    assert paths_in(text) == {"core/ids.py", "docs/rules.md", "demo/"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_make_targets_exist(document):
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))

    assert set(re.findall(r"\bmake ([a-z-]+)\b", code_in(document))) - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_management_commands_exist(document):
    commands = set(get_commands())

    assert set(re.findall(r"manage\.py ([a-z_]+)", code_in(document))) - commands == set()


def test_every_make_target_is_explained():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=30).stdout

    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]

    assert sorted(re.findall(r"^  make ([a-z-]+) ", shown, re.MULTILINE)) == sorted(phony.split())


def test_configuration_names_every_variable_and_no_other():
    modules = sorted((ROOT / "challenges_project/settings").glob("*.py"))
    settings = "".join(module.read_text() for module in modules)
    rows = re.findall(r"^\| (`[^|]+`) \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE)

    read = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"([A-Z_]+)\"", settings))

    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == read


def test_dependencies_page_names_every_package_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    rows = re.findall(r"^\| (`[^|]+`) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)

    explained = {Requirement(name).name for row in rows for name in re.findall(r"`([^`]+)`", row)}

    assert explained == {Requirement(line).name for line in lines}


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_decision_has_its_number_date_and_parts(decision):
    text = decision.read_text()

    assert text.startswith(f"# {int(decision.name[:4])}. ")
    assert re.search(r"^Date: \d{4}-\d{2}-\d{2}\. Status: (accepted|replaced by \d+)\.$", text, re.MULTILINE)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]

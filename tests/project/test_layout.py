"""The layout: the order of imports, names, and that nothing is outside the rules."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from scripts import layout

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "challenges_project",
    "backoffice",
    "demo",
    "challenges",
    "milestones",
    "rewards",
    "members",
    "access",
    "core",
)
NAMELESS = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}


# The documents that code cites live in docs/.
CITED = re.compile(r"\b[\w./-]+\.md\b")


def code():
    return [path.relative_to(ROOT) for app in APPS for path in (ROOT / app).rglob("*.py")]


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_imports_go_down():
    linter = run(Path(sys.executable).with_name("lint-imports"), "--no-logo")

    assert linter.returncode == 0, linter.stdout


def test_contracts_know_every_app():
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = {contract["id"]: contract for contract in linter["contracts"]}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks", "scripts"}
    inside = [contract for contract in layers.values() if "containers" in contract]

    assert set(linter["root_packages"]) == packages == set(APPS)
    assert packages <= set(layers["apps"]["layers"])
    assert {app for contract in inside for app in contract["containers"]} == packages
    assert all(contract["exhaustive"] for contract in inside)


def test_a_module_in_no_layer_fails(tmp_path):
    for app in APPS:
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "challenges" / "somewhere.py").touch()

    linter = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (linter.returncode, "- challenges.somewhere\n" in linter.stdout) == (1, True)


def test_layout_stays_within_its_bounds():
    layout = run(sys.executable, "scripts/layout.py")

    assert layout.returncode == 0, layout.stdout


def test_pictures_are_of_the_code_as_it_is():
    page = layout.ARCHITECTURE.read_text()

    assert layout.filled(page, layout.pictures(layout.build_graph())) == page


@pytest.mark.thorough
def test_one_log_stays_on_a_short_way():
    line = run(sys.executable, "scripts/trace_log.py").stdout.strip()
    modules, changes = map(
        int, re.fullmatch(r"one log: (\d+) modules, (\d+) changes of module", line).groups()
    )

    assert modules <= 30
    assert changes <= 80
    assert line in layout.ARCHITECTURE.read_text()


def names_of_refused_fields():
    """The third argument of each `DomainError` that the domain raises, where it is written out."""
    domain = [path for path in code() if {"engine", "editing", "domain"} & set(path.parts)]
    for path in domain:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DomainError":
                yield from (
                    (path, argument.value)
                    for argument in node.args[2:3]
                    if isinstance(argument, ast.Constant) and argument.value is not None
                )


def test_the_domain_names_fields_in_python():
    names = list(names_of_refused_fields())

    assert len(names) > 20
    assert [(path, name) for path, name in names if name != name.lower()] == []


def test_what_code_cites_is_there():
    cited = {
        (path, name)
        for path in code()
        for name in CITED.findall((ROOT / path).read_text())
        if not (ROOT / name).is_file()
    }

    assert cited == set()


def test_every_row_lock_states_its_strength_and_its_table():
    """PostgreSQL's plain FOR UPDATE also blocks whoever inserts a row that refers to the locked one."""
    calls = [
        (path, {keyword.arg for keyword in node.keywords})
        for path in code()
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update"
    ]

    assert len(calls) > 5
    assert [(path, stated) for path, stated in calls if not {"no_key", "of"} <= stated] == []


@pytest.mark.django_db
def test_models_and_migrations_say_the_same(capsys):
    call_command("makemigrations", check=True, dry_run=True)

    assert capsys.readouterr().out == "No changes detected\n"


def test_no_module_is_named_after_nothing():
    assert [path for path in code() if path.name in NAMELESS] == []


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in code()}

    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_one_version_is_told_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert newest[1] == settings.SPECTACULAR_SETTINGS["VERSION"] == version

"""The layout: the order of imports, names, and that nothing stands outside the rules."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command

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


def contracts():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    return {contract["id"]: contract for contract in tool["importlinter"]["contracts"]}


def code():
    return [path.relative_to(ROOT) for app in APPS for path in (ROOT / app).rglob("*.py")]


def test_imports_go_down():
    linter = Path(sys.executable).with_name("lint-imports")

    run = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stdout


@pytest.mark.django_db
def test_models_and_migrations_say_the_same(capsys):
    call_command("makemigrations", check=True, dry_run=True)

    assert capsys.readouterr().out == "No changes detected\n"


def test_no_module_is_named_after_nothing():
    assert [path for path in code() if path.name in NAMELESS] == []


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in code()}

    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []

"""What the Makefile's scripts do on machines that are not ready."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path):
    """A copy of what the scripts need, so that no environment of ours is touched."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "Makefile", tmp_path)
    for lock in ("requirements.lock", "requirements-mfa.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text("")
    return tmp_path


@pytest.fixture
def path(tmp_path):
    """A folder of programs that stand in for the machine's own, and the PATH that begins with it."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def program(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    program.path = f"{folder}:/usr/bin:/bin"
    program("id", "echo 1000")
    return program


def make(tree, target, path, *variables):
    return subprocess.run(
        ["make", target, *variables],
        cwd=tree,
        env={"PATH": path, "HOME": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_old_python_is_refused_in_words(tree, path):
    path("python3", '[ "$1" = --version ] && echo "Python 3.9.2"; exit 1')

    run = make(tree, "install", path.path, f"PYTHON={tree}/bin/python3")

    assert run.returncode == 2
    assert "This project needs Python 3.11, 3.12, 3.13 or 3.14." in run.stderr
    assert "Python 3.9.2" in run.stderr


def test_missing_venv_module_is_named_with_its_one_command(tree, path):
    path("python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec {shutil.which("python3")} "$@"')

    run = make(tree, "install", path.path, f"PYTHON={tree}/bin/python3")

    assert run.returncode == 2
    assert f"    sudo apt-get install python3.{sys.version_info.minor}-venv\n" in run.stderr


def test_missing_system_packages_are_named_with_one_command(tree, path):
    (tree / ".venv").symlink_to(ROOT / ".venv")
    shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__"))

    run = subprocess.run(
        [tree / "scripts/install_system_packages"],
        env={"PATH": path.path, "PG_BIN_DIR": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 1
    assert "    sudo apt-get install postgresql" in run.stderr


@pytest.mark.long
def test_fresh_clone_installs_and_starts_nothing_twice(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True, timeout=60)

    first = make(clone, "install", os.environ["PATH"])
    again = make(clone, "install", os.environ["PATH"])

    assert (first.returncode, first.stderr) == (0, "")
    assert "Nothing to be done" in again.stdout

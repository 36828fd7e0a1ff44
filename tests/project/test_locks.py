"""The lock files: pinned, hashed, without an address, and true to pyproject.toml."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
RUNTIME, MFA, DEVELOPMENT = "requirements.lock", "requirements-mfa.lock", "requirements-dev.lock"
EXTRAS = {RUNTIME: [], MFA: ["mfa"], DEVELOPMENT: ["mfa", "dev"]}
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>\S+)")


def blocks(lock):
    """Each package's lines in one, its line ends and back-slashes gone."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def pins(lock):
    matches = [PIN.match(block) for block in blocks(lock)]
    return {canonicalize_name(pin["name"]): pin["version"] for pin in matches}


def wanted(lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = chain(*(project["optional-dependencies"][extra] for extra in EXTRAS[lock]))
    return [Requirement(line) for line in chain(project["dependencies"], extras)]


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_names_no_address(lock):
    text = (ROOT / lock).read_text()

    assert [line for line in text.splitlines() if "://" in line or "index" in line] == []


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_package_is_pinned_and_hashed(lock):
    assert [block for block in blocks(lock) if not PIN.match(block) or "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_satisfies_the_project(lock):
    locked = pins(lock)

    assert [
        str(requirement)
        for requirement in wanted(lock)
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ] == []


def test_what_is_tested_is_what_is_served():
    assert pins(RUNTIME).items() - pins(MFA).items() == set()
    assert pins(MFA).items() - pins(DEVELOPMENT).items() == set()

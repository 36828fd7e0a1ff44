"""A process with a key that others know does not start, and says how to make a good one."""

import hashlib
import subprocess
import sys

import pytest

from tests.serving import ROOT, shell

GOOD, OLD = (hashlib.sha256(text).hexdigest() for text in (b"a good key", b"an old one"))
REMEDY = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def started(tmp_path, **variables):
    """What `manage.py check` says, or the last line of its refusal."""
    environment = shell(tmp_path, DJANGO_SETTINGS_MODULE="challenges_project.settings", **variables)
    environment.pop("DATABASE_URL", None)
    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return (run.stdout if run.returncode == 0 else run.stderr).strip().splitlines()[-1]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("variables", "refusal"),
    [
        ({}, "SECRET_KEY: it is missing"),
        ({"SECRET_KEY": "x"}, "SECRET_KEY: shorter than 32 bytes"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY: made of too few different characters"),
        ({"SECRET_KEY": f"django-insecure-{GOOD}"}, "SECRET_KEY: a known key, or one from an example"),
        ({"SECRET_KEY": GOOD, "SECRET_KEY_FALLBACKS": f"{OLD},x"}, "SECRET_KEY_FALLBACKS: shorter than 32"),
    ],
)
def test_weak_key_stops_the_start_with_the_remedy(tmp_path, variables, refusal):
    said = started(tmp_path, **variables)

    assert f"ImproperlyConfigured: {refusal}" in said
    assert REMEDY in said
    assert GOOD not in said


@pytest.mark.thorough
@pytest.mark.parametrize(
    "variables",
    [
        {"SECRET_KEY": GOOD},
        {"SECRET_KEY": GOOD, "SECRET_KEY_FALLBACKS": OLD},
        {"SECRET_KEY": "x", "DEBUG": "1"},
        {"DEBUG": "1"},
    ],
)
def test_good_key_and_development_start(tmp_path, variables):
    assert started(tmp_path, **variables) == "System check identified no issues (0 silenced)."

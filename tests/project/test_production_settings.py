"""The environment that docs/deploy.md shows passes Django's checks of a deployment, none of them silenced."""

import re
import secrets
import subprocess

import pytest
from django.conf import settings

from tests.serving import ROOT, shell

DEPLOY = (ROOT / "docs" / "deploy.md").read_text()

pytestmark = pytest.mark.thorough


def shown_environment():
    """The variables of the first block that sets SECRET_KEY, with keys in place of the dots."""
    block = re.search(r"^```sh\n(SECRET_KEY=.*?)^```", DEPLOY, re.MULTILINE | re.DOTALL)[1]
    variables = dict(line.split("=", 1) for line in block.splitlines())
    return {name: secrets.token_urlsafe(48) if value == "..." else value for name, value in variables.items()}


def check_production(tmp_path, **variables):
    environment = shell(tmp_path, DJANGO_SETTINGS_MODULE="challenges_project.settings")
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        ["make", "check-production"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_nothing_is_silenced():
    assert settings.SILENCED_SYSTEM_CHECKS == []


def test_shown_environment_passes(tmp_path):
    run = check_production(tmp_path, **shown_environment())

    assert (run.returncode, run.stdout.strip()) == (0, "System check identified no issues (0 silenced).")


def test_same_on_sqlite_passes(tmp_path):
    run = check_production(tmp_path, **{**shown_environment(), "DATABASE_URL": ""})

    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("changed", "warning"),
    [
        ({"HTTPS": "0"}, "security.W004"),
        ({"HSTS_SECONDS": "0"}, "security.W004"),
        ({"TRUSTED_PROXIES": "0"}, "security.W008"),
        ({"DEBUG": "1"}, "security.W018"),
    ],
)
def test_unsafe_environment_fails(tmp_path, changed, warning):
    run = check_production(tmp_path, **(shown_environment() | changed))

    assert run.returncode == 2
    assert warning in run.stderr

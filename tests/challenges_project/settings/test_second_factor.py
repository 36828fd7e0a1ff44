"""All else works without the extra `mfa`, and nothing that needs it is left out in silence."""

import re
import subprocess
import sys

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from challenges_project.management.commands.serve import SECOND_FACTORS
from tests.serving import ROOT, ask, free_port, manage, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite_only]
# What Python finds first: an environment in which the packages of the extra are not there.
WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django_otp", "django_otp_webauthn", "segno"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import importlib.util
found = importlib.util.find_spec
def find_spec(name, package=None):
    try:
        return found(name, package)
    except ModuleNotFoundError:
        return None
importlib.util.find_spec = find_spec
"""
ENROL = (
    "from django.contrib.auth.models import User\n"
    "from django_otp.plugins.otp_totp.models import TOTPDevice\n"
    "TOTPDevice.objects.create(user=User.objects.create(username='mia', is_staff=True), name='app')\n"
)


@pytest.fixture
def without(tmp_path):
    """An environment without the extra."""
    (tmp_path / "absent").mkdir()
    (tmp_path / "absent" / "sitecustomize.py").write_text(WITHOUT)
    return shell(tmp_path, PYTHONPATH=str(tmp_path / "absent"))


def refusal(environment, *words):
    run = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode != 0, run.stdout
    return run.stderr.strip().splitlines()[-1]


def test_everything_else_works_without_it(without):
    manage(without, "migrate")
    assert manage(without, "check").startswith("System check identified no issues")
    assert "django_otp" not in manage(without, "showmigrations")
    with serving(without) as server:
        login, gone = (
            ask(f"{server.address}/admin/login/"),
            ask(f"{server.address}/admin/desk/second-factor/"),
        )

    assert login.status == 200
    # The admin's own last route sends strangers to the login, whatever they ask for.
    assert re.search(rb'name="password"', gone.body)


def test_what_needs_it_says_how_to_install_it(without):
    required = without | {"REQUIRE_SECOND_FACTOR": "1"}

    assert "the extra mfa is not installed; run: make install-mfa" in refusal(required, "check")
    assert "Run: make install-mfa" in refusal(without, "reset_second_factor", "mia")


def test_tables_of_the_extra_are_those_that_the_server_looks_at():
    assert {TOTPDevice._meta.db_table, WebAuthnCredential._meta.db_table} == SECOND_FACTORS


def test_server_that_could_not_ask_for_the_second_step_does_not_start(tmp_path, without):
    there = shell(tmp_path)
    manage(there, "migrate")
    manage(there, "shell", "-c", ENROL)

    said = refusal(without, "serve", "--port", str(free_port()))

    assert "1 account has a second step" in said
    assert "make install-mfa" in said

"""What staff may choose as a password, in every form and command that sets one."""

import subprocess
import sys

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from access.domain.passwords import StrengthValidator
from tests.serving import ROOT, manage, shell
from tests.staff import PASSWORD, make_staff

WEAK = [
    "12345678x",
    "12345678901x",
    "Password1234!",
    "qwertyuiop12",
    "admin admin admin",
    "Challenges1!",
    "aaaaaaaaaaaaa",
    "840193756201",
    "Ab1!" * 40,
]


@pytest.fixture(autouse=True)
def _small_resources():
    """The project's own addresses, instead of those of the other tests here."""


@pytest.mark.parametrize("password", WEAK)
def test_weak_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(username="mia"))


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "xK9#mPq2vL7w",
        "Kaffee-Regen-Lampe-Zaun",
        "ほしぞら-かえる-えんぴつ-さかな",
        "x9" + "k3v" * 90 + "ß" * 9,
    ],
)
def test_good_password_is_accepted_whatever_its_length(password):
    validate_password(password, User(username="mia"))


@pytest.mark.parametrize("password", ["miavontrapp26", "mia@trapp.example"])
def test_own_name_makes_no_password(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(username="mia", last_name="von Trapp", email="mia@trapp.example"))


@pytest.mark.parametrize("language", ["es", "fr", "de", "ar", "ja"])
def test_refusal_is_in_the_staffs_language(language):
    with pytest.raises(ValidationError) as english:
        StrengthValidator().validate("12345678x")
    with translation.override(language), pytest.raises(ValidationError) as translated:
        StrengthValidator().validate("12345678x")

    assert translated.value.messages != english.value.messages


def test_forms_of_the_admin_refuse_it(administrator):
    mia = make_staff("mia", "Marketers")
    weak = {"password1": "12345678x", "password2": "12345678x"}
    new = {"username": "new", "usable_password": "true", **weak}

    added = administrator.post(reverse("admin:auth_user_add"), new)
    set_by_other = administrator.post(reverse("admin:auth_user_password_change", args=[mia.pk]), weak)
    own = {"old_password": PASSWORD, "new_password1": "12345678x", "new_password2": "12345678x"}
    set_by_oneself = administrator.post(reverse("admin:password_change"), own)

    for response in (added, set_by_other, set_by_oneself):
        assert response.status_code == 200
        assert "guessed soon" in response.content.decode()
    assert not User.objects.filter(username="new").exists()


def test_superuser_without_prompts_needs_a_good_one(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "12345678x")
    with pytest.raises(CommandError, match="guessed soon"):
        call_command(
            "createsuperuser", username="boss", email="b@shop.example", interactive=False, verbosity=0
        )

    assert not User.objects.exists()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", username="boss", email="b@shop.example", interactive=False, verbosity=0)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.thorough
@pytest.mark.sqlite_only
def test_prompt_offers_no_way_past_it(tmp_path):
    """In a terminal Django asks whether to go past the validators; yes is no help."""
    environment = shell(tmp_path)
    manage(environment, "migrate")
    script = (
        "import builtins, getpass, sys\n"
        "getpass.getpass = lambda prompt='': '12345678x'\n"
        "asked = []\n"
        "builtins.input = lambda prompt='': asked.append(prompt) or 'y'\n"
        "sys.stdin.isatty = lambda: True\n"
        "from django.core.management import execute_from_command_line\n"
        "words = ['createsuperuser', '--username', 'boss', '--email', 'b@shop.example']\n"
        "try: execute_from_command_line(['manage.py', *words])\n"
        "finally: print(len(asked), 'asked')\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )

    assert "0 asked" in run.stdout
    assert (run.returncode, "guessed soon" in run.stderr) == (1, True)
    assert "boss" not in manage(
        environment, "shell", "-c", "from django.contrib.auth.models import User; print(*User.objects.all())"
    )


def test_demos_login_works_under_debug_alone(db, client, settings):
    User.objects.create_superuser("admin", password="admin")
    login = {"username": "admin", "password": "admin"}

    refused = client.post(reverse("admin:login"), login)
    settings.DEBUG = True
    accepted = client.post(reverse("admin:login"), login)

    assert (refused.status_code, accepted.status_code) == (200, 302)
    assert "demo’s password" in refused.content.decode()

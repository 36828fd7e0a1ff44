"""docs/add-a-language.md, followed step by step in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/add-a-language.md").read_text()
ITALIAN = {
    "Sin empezar": "Non iniziata",
    "En curso": "In corso",
    "Completado": "Completata",
    "No superado": "Non riuscita",
    "Ver detalles": "Vedi dettagli",
    "mes": "mese",
}
LOOK = """
import json
from django.test import Client
from django.utils import timezone
from access.models.api_key import create_key
_, key = create_key("test", ["admin"], at=timezone.now())
admin = Client(headers={"authorization": f"Api-Key {key}", "host": "localhost"})
fields = {"name": "n", "description": "d", "status": "live", "completionTargetValue": 5}
made = admin.post("/schema/challenge/record", fields, content_type="application/json").json()["data"]
path = f"/schema/challenge/record/{made['id']}"
admin.patch(path + "?languageCode=it", {"eudTitle": "Grande spesa"}, content_type="application/json")
read = Client().get(path, {"languageCode": "it-CH"}, headers={"host": "localhost"})
every = admin.get(path, {"languageCode": "*"}).json()["data"]["eudTitle"]
shown = read.json()["data"]
print(json.dumps([read.headers["Content-Language"], shown["eudTitle"], shown["eudFailedLabel"], every]))
"""


def step(number):
    """The fenced blocks of one step: (kind, text)."""
    text = PAGE.split(f"\n## {number}. ")[1].split("\n## ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def copy(tmp_path):
    """The project as it is, with the same environment beside it; its own data folder."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    for name in filter(
        lambda name: (ROOT / name).is_file() and not name.startswith("tests/"), names.splitlines()
    ):
        target = tmp_path / "copy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "copy/.venv").symlink_to(Path(sys.executable).parents[1])
    return tmp_path / "copy"


def run(copy, *command):
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    }
    environment = {**inherited, "DATA_DIR": str(copy / "var"), "DEBUG": "1", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def paste(copy, number):
    return [run(copy, "bash", "-e", "-c", text) for kind, text in step(number) if kind == "sh"]


def edit(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new))


def translate(path):
    """What a translator does, for some of the texts."""
    text = path.read_text()
    for spanish, italian in ITALIAN.items():
        text = text.replace(f'msgstr "{spanish}"', f'msgstr "{italian}"')
    path.write_text(text)


@pytest.mark.long
@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="needs msgfmt, of the package gettext")
def test_page_adds_a_language_step_by_step(copy):
    ((_, line),) = step(1)
    edit(
        copy / "challenges_project/settings/languages.py",
        '    ("ja", _("Japanese")),\n',
        f'    ("ja", _("Japanese")),\n{line}',
    )
    paste(copy, 2)
    new = sorted(str(path.relative_to(copy)) for path in copy.glob("*/migrations/*_add_italian.py"))
    (_, begin), (_, compile_it) = step(3)
    run(copy, "bash", "-e", "-c", begin)
    translate(copy / "locale/it/LC_MESSAGES/django.po")
    run(copy, "bash", "-e", "-c", compile_it)
    (look,) = paste(copy, 6)
    run(copy, ".venv/bin/python", "manage.py", "migrate", "-v0")

    read = run(copy, ".venv/bin/python", "manage.py", "shell", "-v0", "-c", LOOK)

    assert [name.split("/")[0] for name in new] == ["challenges", "milestones", "rewards"]
    assert look == "No changes detected\n"
    every = dict.fromkeys(("en", "es", "fr", "de", "ar", "ja")) | {"it": "Grande spesa"}
    assert json.loads(read.splitlines()[-1]) == ["it", "Grande spesa", "Non riuscita", every]


def test_what_the_page_names_is_there():
    module = (ROOT / "static/challenges/challenges.js").read_text()

    assert re.search(r"^const TEXTS = \{$", module, re.MULTILINE)
    assert re.search(r"^  es: \{$", module, re.MULTILINE)
    assert re.search(r"^const RIGHT_TO_LEFT = ", module, re.MULTILINE)
    assert (ROOT / "locale/es/LC_MESSAGES/django.po").read_text().startswith("# Spanish")
    for path in re.findall(r"`((?:challenges_project|core|backoffice|demo|static)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path


def test_page_counts_the_texts_right():
    entries = (ROOT / "locale/es/LC_MESSAGES/django.po").read_text().count("\nmsgid ") - 1

    assert (entries, "the eleven texts" in PAGE) == (11, True)

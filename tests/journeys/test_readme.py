"""The README's session, pasted as it is into a shell."""

import os
import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

README = Path(__file__).resolve().parents[2] / "README.md"
CODE = re.compile(r"(couponCode = )[A-Z0-9]{12}$", re.MULTILINE)


def section(title):
    """The fenced blocks of one section: what to paste, what it answers."""
    text = README.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def key(transactional_db):
    printed = StringIO()
    call_command("create_api_key", "web shop", "--scope", "admin", stdout=printed)
    return printed.getvalue().split()[-1]


def test_session_answers_what_the_readme_says(live_server, key):
    session, answers = section("One order's way")

    run = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", session],
        env={**os.environ, "API": live_server.url, "KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
    )

    shown = run.stdout.replace("\r\n", "\n").replace("Idempotent-Replayed", "idempotent-replayed")
    assert (CODE.sub(r"\1CODE", shown), run.stderr) == (CODE.sub(r"\1CODE", answers), "")

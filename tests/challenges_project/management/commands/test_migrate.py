"""`manage.py migrate` finishes what an interrupted edit owes, once nothing is left to migrate."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from challenges.editing import service
from challenges.engine import backfill, intake
from challenges.models import Challenge, ChallengeProgress
from tests.builders import NOW, entry, make_challenge

pytestmark = pytest.mark.django_db


@pytest.fixture
def interrupted(monkeypatch):
    """An edit that completes three members, of whom the first is paid: the rest would follow its commit."""
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1)
    challenge = make_challenge()
    intake.record([entry(challenge, 350, member=f"member-{n}") for n in range(3)], at=NOW)
    challenge.completion_target_value = Decimal(300)
    service.save(challenge, at=NOW)


def migrate(*words):
    printed = StringIO()
    call_command("migrate", *words, stdout=printed)
    return printed.getvalue()


def completed():
    return ChallengeProgress.objects.filter(challenge_completed_at=NOW).count()


@pytest.mark.usefixtures("interrupted")
def test_migrate_finishes_an_interrupted_edit():
    assert (completed(), Challenge.objects.get().pending_backfill) == (1, True)

    printed = migrate()

    assert printed.endswith("Finished what edits of before still owed in one challenge.\n")
    assert (completed(), Challenge.objects.get().pending_backfill) == (3, False)
    assert "Finished" not in migrate()


@pytest.mark.parametrize("word", ["--check", "--plan"])
@pytest.mark.usefixtures("interrupted")
def test_migrate_changes_nothing_when_it_only_looks(word):
    migrate(word)

    assert (completed(), Challenge.objects.get().pending_backfill) == (1, True)

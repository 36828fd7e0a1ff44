"""Edits beside logs (issue 3): no reward lost, none twice, nothing un-completed, the ledger sound."""

import random
import threading
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from challenges.editing import service
from challenges.engine import backfill, intake, locks
from challenges.models import Challenge, ChallengeProgress
from core.amounts import units
from core.errors import DomainError
from milestones.models import Milestone
from tests.builders import (
    breaches,
    entry,
    make_challenge,
    make_milestone,
)
from tests.concurrency.writers import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

WRITERS = 16
MEMBERS = [f"member-{n}" for n in range(120)]


class Writer:
    """Sends activity until the time is up, and keeps count of what was acknowledged."""

    def __init__(self, challenge, number, until):
        self.challenge, self.until = challenge, until
        self.random = random.Random(number)
        self.counted = Counter()
        self.statuses = Counter()

    def __call__(self):
        while time.monotonic() < self.until:
            self.send(self.random.choice([1, 1, 1, 20]))
        return self

    def send(self, most):
        now = timezone.now()
        members = self.random.sample(MEMBERS, most)
        batch = [entry(self.challenge, self.random.randint(1, 9), member=m, at=now) for m in members]
        for outcome, sent in zip(intake.record(batch), batch, strict=True):
            refusals = {error.code for error in outcome.errors}
            self.statuses[outcome.status, *refusals] += 1
            if outcome.log and outcome.log.counted:
                self.counted[sent.external_id] += sent.activity_value


class Editor:
    """Edits without a pause: whatever a marketer may do to a running challenge."""

    def __init__(self, challenge, number, until):
        self.id, self.until = challenge.id, until
        self.random = random.Random(number)
        self.edits = Counter()
        self.completed = set()

    def __call__(self):
        while time.monotonic() < self.until:
            edit = self.random.choice([self.target, self.target, self.add, self.move, self.drop, self.pause])
            self.attempt(edit)
            self.attempt(self.archive, every=12)
            self.look()
        return self

    def attempt(self, edit, every=1):
        if self.random.randrange(every):
            return
        try:
            edit(timezone.now())
            self.edits[edit.__name__] += 1
        except DomainError as refusal:
            self.edits[edit.__name__, refusal.code] += 1

    def look(self):
        """What was seen completed must stay so."""
        rows = ChallengeProgress.objects.exclude(challenge_completed_at=None)
        self.completed |= set(rows.values_list("id", "challenge_completed_at"))

    def challenge(self, **fields):
        challenge = Challenge.objects.get(id=self.id)
        for name, value in fields.items():
            setattr(challenge, name, value)
        return challenge

    def target(self, at):
        service.save(self.challenge(completion_target_value=Decimal(self.random.randint(60, 400))), at=at)

    def add(self, at):
        make_milestone(self.challenge(), self.random.randint(1, 300), at=at)

    def move(self, at):
        milestone = self.any_milestone()
        milestone.milestone_target_value = Decimal(self.random.randint(1, 300))
        service.save_milestone(milestone, at=at)

    def drop(self, at):
        service.remove_milestone(self.any_milestone(), at=at)

    def any_milestone(self):
        unarchived = list(Milestone.objects.unarchived().filter(challenge=self.id))
        if not unarchived:
            raise DomainError("none", "There is no milestone.")
        return self.random.choice(unarchived)

    def pause(self, at):
        service.save(self.challenge(status="paused"), at=at)
        service.save(self.challenge(status="live"), at=timezone.now())

    def archive(self, at):
        service.remove(self.challenge(), at=at)
        service.restore(self.challenge(), at=timezone.now())


@pytest.fixture
def challenge(monkeypatch):
    """A month does not end during the test, whatever the clock shows; an edit pays 15 members at a time."""
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 15)
    now = timezone.now()
    last_day = (now + timedelta(days=1)).month != now.month
    challenge = make_challenge(at=now, time_zone="Etc/GMT-12" if last_day else "UTC")
    make_milestone(challenge, 50, at=now)
    return challenge


def let_run(challenge, seconds):
    until = time.monotonic() + seconds
    writers = [Writer(challenge, number, until) for number in range(WRITERS)]
    editors = [Editor(challenge, number, until) for number in range(2)]
    at_once([*writers, *editors], seconds=seconds + 60)
    backfill.finish_backfill(challenge.id)
    return writers, editors


@pytest.mark.parametrize(
    "seconds", [6, *(pytest.param(30, marks=pytest.mark.long, id=f"30-run-{run}") for run in range(10))]
)
def test_edits_against_sixteen_writers(challenge, seconds):
    writers, editors = let_run(challenge, seconds)

    sums = sum((writer.counted for writer in writers), Counter())
    rows = ChallengeProgress.objects.values_list("member__external_id", "current_progress_value")
    assert {member: units(value) for member, value in rows} == sums
    answers = set().union(*(writer.statuses for writer in writers))
    assert answers <= {("created",), ("rejected", "unknown_challenge")}
    completed = ChallengeProgress.objects.exclude(challenge_completed_at=None)
    seen = set().union(*(editor.completed for editor in editors))
    assert seen - set(completed.values_list("id", "challenge_completed_at")) == set()
    assert breaches(timezone.now()) == []
    assert min(editor.edits["target"] for editor in editors) >= 1


def a_milestone_beside_a_log(challenge):
    """A log has read the rules and not committed yet; somebody adds a milestone that it will be past."""
    recorded, edited = threading.Event(), threading.Event()

    def log():
        with transaction.atomic():
            intake.record([entry(challenge, 40, member="alice", at=timezone.now())])
            recorded.set()
            edited.wait(1)

    def edit():
        recorded.wait(10)
        make_milestone(challenge, 30, at=timezone.now())
        edited.set()

    at_once([log, edit])
    return [line.split(":")[0] for line in breaches(timezone.now())]


def test_an_edit_waits_for_the_logs_under_way(challenge):
    assert a_milestone_beside_a_log(challenge) == []


def test_without_the_lock_a_log_commits_past_the_edit_unpaid(challenge, monkeypatch):
    """The negative control of all tests here."""
    monkeypatch.setattr(locks, "_take", lambda *args: None)

    assert a_milestone_beside_a_log(challenge) == ["4", "12"]

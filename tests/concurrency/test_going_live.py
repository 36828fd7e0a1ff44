"""A challenge goes live while activities, refunds and erasures come: each counts once, none is missed."""

import time
from collections import Counter

import pytest
from django.utils import timezone

from challenges.editing import service
from challenges.engine import activities, kept_activities
from challenges.models import Activity, Challenge, ChallengeLog, KeptActivityRun
from core.amounts import units
from members.domain import erasing
from members.models import Member
from tests.builders import breaches, entry, make_challenge
from tests.concurrency.interleaving import beside, reached
from tests.concurrency.writers import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SENDERS, ACTIVITIES = 4, 60


@pytest.fixture
def draft():
    return make_challenge(at=timezone.now(), status="draft", activity_ids=["purchase"])


def send(challenge, value, at=None, **fields):
    at = at or timezone.now()
    return activities.record([entry(challenge, value, at=at, **fields)], at=timezone.now())[0]


def go_live(challenge):
    edited = Challenge.objects.get(id=challenge.id)
    edited.status = "live"
    return service.save(edited, at=timezone.now())


@pytest.mark.parametrize("at_once_taken", [5, 1000])
def test_activities_that_come_while_it_goes_live_count_once(draft, monkeypatch, at_once_taken):
    """With small chunks the rest is taken after the commit, beside the senders."""
    monkeypatch.setattr(kept_activities, "ACTIVITIES_AT_ONCE", at_once_taken)
    sent = Counter()

    def sender(number):
        for n in range(ACTIVITIES):
            member, uid = f"member-{number}", f"order-{number}-{n}"
            send(draft, 10, member=member, uid=uid)
            sent[member] += 10
            if n % 3 == 0:
                send(draft, 4, member=member, uid=f"refund-{number}-{n}", reversal_of=uid)
                sent[member] -= 4

    def editor():
        time.sleep(0.3)
        go_live(draft)

    at_once([*(lambda n=n: sender(n) for n in range(SENDERS)), editor])
    kept_activities.resume_all(timezone.now())

    progress = Challenge.objects.get(id=draft.id).progress.values_list(
        "member__external_id", "current_progress_value"
    )
    assert {member: units(value) for member, value in progress} == {
        member: units(value) for member, value in sent.items()
    }
    assert ChallengeLog.objects.count() == Activity.objects.count()
    assert breaches(timezone.now()) == []


@pytest.fixture
def begun(draft, monkeypatch):
    """Going live took the first of four activities."""
    monkeypatch.setattr(kept_activities, "ACTIVITIES_AT_ONCE", 1)
    monkeypatch.setattr(kept_activities, "_go_on", lambda run_id: None)
    for number in range(4):
        send(draft, 10, member=f"member-{number}")
    go_live(draft)
    return KeptActivityRun.objects.get()


def test_two_that_go_on_with_one_run_take_each_activity_once(begun):
    beside(lambda: kept_activities.advance(begun.id, 1), lambda: kept_activities.advance(begun.id, 1))

    assert KeptActivityRun.objects.get().taken == 3
    assert ChallengeLog.objects.count() == 3


def test_member_who_is_erased_meanwhile_is_not_enrolled_anew(begun, monkeypatch):
    member = Member.objects.get(external_id="member-1")

    with reached(
        monkeypatch, kept_activities, "record_once", lambda: erasing.erase(member, at=timezone.now())
    ):
        kept_activities.advance(begun.id)

    assert Member.objects.count() == 4
    assert not ChallengeLog.objects.filter(member=member.id).exists()
    assert ChallengeLog.objects.count() == 3

"""Erasing a member: nothing names the person any more, the totals stay, the identifier is free again."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from access.domain import audit_log
from access.models.staff_action import StaffAction
from members.domain.erasing import erase
from members.models import Member
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    breaches,
    log_activity,
    make_challenge,
    make_member,
    value_of,
)

pytestmark = pytest.mark.django_db

PROFILE = {
    "first_name": "Alice",
    "last_name": "Ace",
    "email": "alice@example.com",
    "phone_number": "+491701234567",
}


@pytest.fixture
def alice():
    return make_member(**PROFILE)


def test_erase_empties_the_profile_and_hides_the_identifier(alice):
    erased = erase(alice, at=NOW)

    stored = Member.objects.get()
    assert (stored.id, stored.external_id, stored.erased_at) == (alice.id, erased.external_id, NOW)
    assert stored.external_id.startswith("erased-")
    assert [getattr(stored, field) for field in PROFILE] == [""] * 4


def test_erase_keeps_logs_totals_and_rewards(alice):
    challenge = make_challenge()
    log_activity(challenge, 500)

    erased = erase(alice, at=NOW)

    assert value_of(challenge, erased.external_id) == 500
    assert RewardLog.objects.get().member_id == alice.id
    assert breaches(NOW) == []


def test_the_same_identifier_later_is_a_new_member(alice):
    challenge = make_challenge()
    log_activity(challenge, 300, uid="order-a")
    erase(alice, at=NOW)

    again = log_activity(challenge, 10, uid="order-a", at=NOW + HOUR)

    assert (again.status, value_of(challenge)) == ("created", 10)
    assert Member.objects.get(external_id="alice").id != alice.id


def test_erase_forgets_the_name_in_what_staff_did(alice):
    sam = User.objects.create(username="sam")
    audit_log.note(sam, "pause_member", at=NOW - DAY, member=alice, reason="Alice Ace asked")
    kind = ContentType.objects.get_for_model(Member)
    LogEntry.objects.create(
        user=sam, content_type=kind, object_id=str(alice.id), object_repr="alice", action_flag=CHANGE
    )

    erased = erase(alice, at=NOW, actor=sam)

    assert LogEntry.objects.get().object_repr == erased.external_id
    noted = StaffAction.objects.order_by("created_at")
    assert [(each.action, each.actor_name, each.reason) for each in noted] == [
        ("pause_member", "sam", ""),
        ("erase_member", "sam", ""),
    ]
    assert {each.member_external_id for each in noted} == {erased.external_id}


def test_erasing_again_changes_nothing(alice):
    first = erase(alice, at=NOW)

    second = erase(alice, at=NOW + DAY)

    assert (second.external_id, second.erased_at) == (first.external_id, NOW)
    assert StaffAction.objects.count() == 1

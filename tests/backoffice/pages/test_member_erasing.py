"""Exporting and erasing a member from the member's page."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models.staff_action import StaffAction
from challenges.models import ChallengeLog
from members.models import Member
from tests.builders import DAY, log_activity, make_challenge


@pytest.fixture
def alice(db):
    challenge = make_challenge(at=timezone.now() - DAY)
    log_activity(challenge, 350, at=timezone.now(), uid="ORDER-1", profile={"email": "alice@example.com"})
    return Member.objects.get()


def test_export_is_one_document_and_noted_as_a_staff_action(support, alice):
    response = support.post(reverse("backoffice:export_member", args=[alice.pk]), {"reason": "She asked."})
    document = json.loads(b"".join(response.streaming_content))

    assert document["member"]["email"] == "alice@example.com"
    assert [log["uniqueIdentifier"] for log in document["challengeLogs"]] == ["ORDER-1"]
    assert StaffAction.objects.values_list("action", "reason").get() == ("export_member", "She asked.")


def test_erase_needs_the_identifier_once_more(support, alice):
    address = reverse("backoffice:action", args=["erase", alice.pk])

    response = support.post(address, {"reason": "She asked.", "confirm": "alicia"})

    assert response.context["form"].errors == {"confirm": ["This is not the member's identifier."]}
    assert Member.objects.get().external_id == "alice"


def test_erase_removes_the_profile_and_leaves_the_totals(support, alice):
    address = reverse("backoffice:action", args=["erase", alice.pk])

    support.post(address, {"reason": "She asked.", "confirm": "alice"})

    erased = Member.objects.get()
    assert (erased.external_id.startswith("erased-"), erased.email) == (True, "")
    assert ChallengeLog.objects.count() == 1
    assert StaffAction.objects.values_list("action", "actor_name").get() == ("erase_member", "sam")

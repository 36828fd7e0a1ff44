"""The page of one version of a challenge, and reverting to it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.editing import service
from challenges.models import Challenge
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge


@pytest.fixture
def edited(db):
    """A challenge that was A with target 300 and is B with 500 now; alice has 350."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY, name="A", completion_target_value=300)
    challenge.name, challenge.completion_target_value = "B", 500
    service.save(challenge, at=now)
    log_activity(challenge, 350, at=now)
    return challenge


def version(challenge):
    first = challenge.history.order_by("history_date", "history_id").first()
    return reverse("admin:challenges_challenge_simple_history", args=[challenge.pk, first.history_id])


def test_version_shows_how_it_differs(marketer, edited):
    changes = marketer.get(version(edited)).context["changes"]

    assert [(change.label, change.then, change.now) for change in changes] == [
        ("Name", "A", "B"),
        ("Completion target", "300", "500"),
    ]


def test_revert_that_pays_asks_first(marketer, edited):
    response = marketer.post(version(edited))

    assert response.context["question"].context["impact"].paid_members == 1
    assert Challenge.objects.get().name == "B"


def test_confirmed_revert_pays_and_is_history_itself(marketer, edited):
    asked = marketer.post(version(edited))

    marketer.post(version(edited), {"confirmed": asked.context["question"].answer})

    stored = Challenge.objects.get()
    assert (stored.name, stored.completion_target_value) == ("A", 300)
    assert RewardLog.objects.count() == 1
    assert stored.history.first().history_user.username == "mia"


def test_support_sees_a_version_and_cannot_revert(support, edited):
    assert support.get(version(edited)).context["may_revert"] is False
    assert support.post(version(edited)).status_code == 403

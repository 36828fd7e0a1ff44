"""Reverting a milestone to a version of its history, as an edit of its challenge."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.editing import service
from milestones.models import Milestone
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone


@pytest.fixture
def edited(db):
    """A milestone that was A at 200 and is B at 400 now; alice has 350."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY, completion_target_value=500)
    milestone = make_milestone(challenge, 200, at=now - DAY, name="A")
    milestone.name, milestone.milestone_target_value = "B", 400
    service.save_milestone(milestone, at=now)
    log_activity(challenge, 350, at=now)
    return milestone


def version(milestone):
    first = milestone.history.order_by("history_date", "history_id").first()
    return reverse("admin:milestones_milestone_simple_history", args=[milestone.pk, first.history_id])


def test_version_shows_how_it_differs(marketer, edited):
    changes = marketer.get(version(edited)).context["changes"]

    assert [(change.label, change.then, change.now) for change in changes] == [
        ("Name", "A", "B"),
        ("Target value", "200", "400"),
    ]


def test_revert_asks_then_pays_and_is_history_itself(marketer, edited):
    question = marketer.post(version(edited)).context["question"]

    marketer.post(version(edited), {"confirmed": question.answer})

    stored = Milestone.objects.get()
    assert question.context["impact"].paid_members == 1
    assert (stored.name, stored.milestone_target_value) == ("A", 200)
    assert RewardLog.objects.count() == 1
    assert stored.history.first().history_user.username == "mia"


def test_support_sees_a_version_and_cannot_revert(support, edited):
    assert support.get(version(edited)).context["may_revert"] is False
    assert support.post(version(edited)).status_code == 403


def test_milestones_page_links_marketers_to_its_challenges_form(marketer, support, db):
    milestone = make_milestone(make_challenge(), 200)
    button = reverse("admin:milestones_milestone_to_its_challenge", args=[milestone.pk])

    response = marketer.get(button)

    form = reverse("admin:challenges_challenge_change", args=[milestone.challenge_id])
    assert response.url == f"{form}#section-milestones"
    assert support.get(button).status_code == 403

"""Adding a log in the admin, with its audit entry, and the page of a log."""

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from access.models.staff_action import StaffAction
from challenges.models import ChallengeLog, ChallengeProgress
from members.models import Member
from tests.builders import DAY, log_activity, make_challenge, take_back

ADD = reverse("admin:challenges_challengelog_add")


@pytest.fixture
def challenge(db):
    return make_challenge(at=timezone.now() - DAY)


@pytest.fixture
def typed(challenge):
    """The add form's data for a log of alice, who has 100 already."""
    log_activity(challenge, 100, at=timezone.now(), uid="order-1")
    return {
        "member": Member.objects.get().pk,
        "challenge": challenge.pk,
        "activity_at": f"{timezone.now():%Y-%m-%dT%H:%M}",
        "activity_id": "purchase",
        "unique_identifier": "order-2",
        "activity_value": "50",
        "reversal_of": "",
        "reason": "The shop forgot it.",
    }


def test_added_log_counts_and_is_audited_with_its_reason(support, typed):
    response = support.post(ADD, typed)

    assert response.status_code == 302
    assert ChallengeProgress.objects.get().current_progress_value == 150
    entry = StaffAction.objects.get()
    assert (entry.action, entry.actor_name, entry.reason) == ("add_log", "sam", "The shop forgot it.")
    assert entry.target_id == str(ChallengeLog.objects.get(unique_identifier="order-2").pk)


def test_added_log_needs_a_reason(support, typed):
    response = support.post(ADD, typed | {"reason": " "})

    assert list(response.context["adminform"].form.errors) == ["reason"]
    assert ChallengeLog.objects.count() == 1
    assert StaffAction.objects.count() == 0


def test_log_that_is_there_already_is_told_at_its_identifier(support, typed):
    response = support.post(ADD, typed | {"unique_identifier": "order-1"})

    assert list(response.context["adminform"].form.errors) == ["unique_identifier"]
    assert ChallengeLog.objects.count() == 1


def test_added_log_under_a_badly_formed_identifier_is_told_at_its_field(support, typed):
    response = support.post(ADD, typed | {"unique_identifier": "order-2\ufeff"})

    assert list(response.context["adminform"].form.errors) == ["unique_identifier"]
    assert ChallengeLog.objects.count() == 1


def test_added_reversal_is_audited_as_one(support, typed):
    support.post(ADD, typed | {"unique_identifier": "back-1", "reversal_of": "order-1", "activity_value": ""})

    assert ChallengeProgress.objects.get().current_progress_value == 0
    assert StaffAction.objects.get().action == "reverse"


def test_log_from_before_the_challenge_went_live_is_found_by_its_reason(support):
    now = timezone.now()
    challenge = make_challenge(at=now, aggregation_period="daily")
    log_activity(challenge, 100, at=now - 2 * DAY, received_at=now, uid="early")
    log_activity(challenge, 100, at=now, uid="counted")

    page = support.get(
        reverse("admin:challenges_challengelog_changelist"), {"reason_code__exact": "before_live"}
    )

    assert [log.unique_identifier for log in page.context["cl"].result_list] == ["early"]
    assertContains(page, "Its window had closed before the challenge went live")


def test_page_of_a_log_shows_its_judgement_in_words(support):
    now = timezone.now()
    log_activity(make_challenge(at=now - DAY), 100, at=now)

    page = support.get(reverse("admin:challenges_challengelog_change", args=[ChallengeLog.objects.get().pk]))

    assertContains(page, "Counted")
    assertNotContains(page, "&#x27;counted&#x27;")


@pytest.mark.parametrize(("choice", "found"), [("any", ["new", "old"]), ("overdue", ["old"]), ("?", [])])
def test_refunds_that_wait_for_their_order_are_found(support, choice, found):
    now = timezone.now()
    challenge = make_challenge(at=now - 9 * DAY)
    take_back(challenge, "order-1", uid="old", at=now - 2 * DAY)
    take_back(challenge, "order-2", uid="new", at=now)
    log_activity(challenge, 5, at=now)

    page = support.get(reverse("admin:challenges_challengelog_changelist"), {"waits": choice})

    assert sorted(log.unique_identifier for log in page.context["cl"].result_list) == found

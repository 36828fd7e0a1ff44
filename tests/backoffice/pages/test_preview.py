"""The preview answers the unsaved form as the API would answer it, and stores nothing."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.models import Challenge
from milestones.models import Milestone
from tests.builders import DAY, log_activity, make_challenge, make_milestone
from tests.staff import rung, sent


@pytest.fixture
def challenge(db):
    challenge = make_challenge(at=timezone.now() - DAY, eud_title_en="Spend", eud_title_de="Ausgeben")
    make_milestone(challenge, 200, at=timezone.now() - DAY)
    return challenge


def preview(client, challenge, state="not_started", language="en", member="", **typed):
    opened = client.get(reverse("admin:challenges_challenge_change", args=[challenge.pk]))
    controls = {"preview_state": state, "preview_language": language, "preview_member": member}
    address = reverse("backoffice:preview", args=[challenge.pk])
    return client.post(address, sent(opened, **typed) | controls).json()


@pytest.mark.parametrize(
    ("state", "value", "status"),
    [
        ("not_started", 0, "not_started"),
        ("in_progress", 350, "in_progress"),
        ("near_milestone", 180, "in_progress"),
        ("completed", 500, "completed"),
    ],
)
def test_example_member_is_in_the_chosen_state(state, value, status, marketer, challenge):
    progress = preview(marketer, challenge, state)["data"]["progress"]

    assert (progress["currentProgressValue"], progress["challengeProgressStatus"]) == (value, status)


def test_failed_is_the_outcome_of_the_last_window(marketer, challenge):
    data = preview(marketer, challenge, "failed")["data"]

    assert data["progress"]["challengeProgressStatus"] == "not_started"
    assert data["lastProgress"]["challengeProgressStatus"] == "failed"


def test_guest_has_no_progress(marketer, challenge):
    assert "progress" not in preview(marketer, challenge, "guest")["data"]


def test_completed_has_a_code_for_each_threshold(marketer, challenge):
    progress = preview(marketer, challenge, "completed")["data"]["progress"]

    assert [log["couponCode"] for log in progress["rewardLogs"]] == ["EXAMPLE-7KQ2", "EXAMPLE-7KQ2"]
    assert progress["eudMessage"].endswith("Shop more next month to start a new challenge!")


def test_unsaved_text_is_shown_in_its_language(marketer, challenge):
    answer = preview(marketer, challenge, language="de", eud_title_de="Neu")

    assert (answer["data"]["eudTitle"], answer["language"]) == ("Neu", "de")
    assert Challenge.objects.get().eud_title_de == "Ausgeben"


def test_unsaved_milestone_is_shown_and_not_stored(marketer, challenge):
    added = {"milestones-TOTAL_FORMS": "2", **rung(1, "400")}

    data = preview(marketer, challenge, **added)["data"]

    assert [milestone["milestoneTargetValue"] for milestone in data["milestones"]] == [200, 400]
    assert Milestone.objects.count() == 1


def test_mistake_is_named_and_the_rest_is_shown(marketer, challenge):
    answer = preview(marketer, challenge, completion_target_value="lots", eud_title_en="New")

    assert (answer["wrong"], answer["note"]) == (True, "Not right yet: Completion target.")
    assert (answer["data"]["eudTitle"], answer["data"]["completionTargetValue"]) == ("New", 500)


def test_mistake_is_named_with_its_milestone_and_language(marketer, challenge):
    typed = {"eud_title_de": "{{", "milestones-0-milestone_target_value": "lots"}

    answer = preview(marketer, challenge, **typed)

    assert answer["note"] == "Not right yet: Title (de), Spend 200: Target value."


def test_empty_field_is_named_and_is_no_mistake(marketer):
    answer = marketer.post(reverse("backoffice:preview_new"), {"name": "Mine"}).json()

    assert answer["wrong"] is False
    assert answer["note"].startswith("Still empty: Description, ")


def test_real_member_is_shown_with_their_progress(marketer, challenge):
    log_activity(challenge, 350, at=timezone.now())

    answer = preview(marketer, challenge, member="alice")

    assert answer["data"]["progress"]["currentProgressValue"] == 350
    assert answer["note"] == "As alice sees it now."


def test_empty_form_of_a_new_challenge_is_previewed(marketer):
    typed = {"name": "", "preview_language": "../etc"}

    answer = marketer.post(reverse("backoffice:preview_new"), typed).json()

    assert (answer["data"]["name"], answer["language"]) == ("Your challenge", "en")

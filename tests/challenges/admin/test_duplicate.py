"""Duplicating a challenge: the add form with initial values, saved as a draft of its own."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from challenges.editing import service
from challenges.models import Challenge, ChallengeLog
from core.write_guard import bypassing_services
from milestones.models import Milestone
from tests.builders import DAY, HOUR, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import sent

ADD = reverse("admin:challenges_challenge_add")
# A copy must not end when its source did; the other columns belong to the row. Icons have a test below.
NOT_COPIED = {
    "id",
    "name",
    "status",
    "starts_at",
    "ends_at",
    "eud_icon",
    "version",
    "settling_since",
    "settling_moved_at",
    "archived_at",
    "created_at",
    "updated_at",
}


@pytest.fixture
def challenge(db):
    return make_challenge(
        aggregation_method="count",
        completion_target_value=10,
        time_zone="Europe/Berlin",
        activity_ids=["visit"],
        ends_at=timezone.now() + DAY,
        late_grace_hours=5,
        display_order=3,
        completion_reward=make_reward(),
        eud_title_en="Ten visits",
        eud_title_de="Zehn Besuche",
    )


def duplicate(client, challenge, **changes):
    """Follow the button "Duplicate" and save the form with these changes."""
    button = client.get(reverse("admin:challenges_challenge_duplicate", args=[challenge.pk]))
    opened = client.get(button.url)
    return client.post(ADD, sent(opened, **changes))


def copied_values(challenge):
    """The values of every column that a copy shares; null and the empty text are equal."""
    return {name: getattr(challenge, name) or None for name in set(Challenge.columns()) - NOT_COPIED}


def test_duplicate_copies_rules_and_texts_into_a_draft(challenge, marketer):
    duplicate(marketer, challenge)

    stored = Challenge.objects.exclude(id=challenge.id).get()
    assert copied_values(stored) == copied_values(challenge)
    assert (stored.name, stored.status) == ("Copy of Monthly Big Spender", "draft")
    assert (stored.starts_at, stored.ends_at, stored.version) == (None, None, 1)


def test_duplicate_copies_milestones_that_are_not_archived(challenge, marketer):
    make_milestone(challenge, 5, eud_milestone_title_de="Halb")
    archived = make_milestone(challenge, 3)
    log_activity(challenge, at=timezone.now() - HOUR)
    service.remove_milestone(archived, at=timezone.now())

    duplicate(marketer, challenge)

    milestone = Milestone.objects.exclude(challenge=challenge).get()
    assert (milestone.milestone_target_value, milestone.status) == (5, "live")
    assert (milestone.eud_milestone_title_de, milestone.reward) == ("Halb", None)
    assert ChallengeLog.objects.filter(challenge=milestone.challenge).count() == 0


def test_duplicate_has_an_icon_of_its_own(challenge, marketer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with bypassing_services("what a test needs"):
        challenge.eud_icon.save("icon.png", ContentFile(b"picture"), save=True)
    opened = marketer.get(f"{ADD}?copy={challenge.pk}")
    widget = opened.context["adminform"].form["icon"].subwidgets[0].data

    marketer.post(ADD, sent(opened, **{"icon-kept": widget["unsaved_icon"]}))

    copy = Challenge.objects.exclude(id=challenge.id).get()
    assert copy.eud_icon.name != challenge.eud_icon.name
    assert copy.eud_icon.read() == b"picture"


def test_duplicate_of_a_long_name_fits(marketer):
    challenge = make_challenge(name="x" * 256)

    duplicate(marketer, challenge)

    assert len(Challenge.objects.exclude(id=challenge.id).get().name) == 256


def test_duplicate_is_refused_with_a_reward_that_was_archived(challenge, marketer):
    challenge.completion_reward.archived_at = timezone.now()
    with bypassing_services("what a test needs"):
        challenge.completion_reward.save()

    response = duplicate(marketer, challenge)

    assert list(response.context["adminform"].form.errors) == ["completion_reward"]
    assert Challenge.objects.count() == 1


def test_copy_of_nothing_is_an_empty_form(marketer):
    opened = marketer.get(f"{ADD}?copy=nonsense")

    assert opened.status_code == 200
    assert opened.context["adminform"].form["name"].value() is None

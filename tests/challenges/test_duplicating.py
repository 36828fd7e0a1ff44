"""A copy of a challenge: a draft with the same rules, texts and milestones, of its own."""

import pytest
from django.core.files.base import ContentFile

from challenges import rules
from challenges.duplicating import NOT_COPIED, duplicate
from challenges.models import Challenge, ChallengeLog
from challenges_project.errors import DomainErrors
from milestones.models import Milestone
from tests.builders import DAY, HOUR, NOW, log_activity, make_challenge, make_milestone, make_reward

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return make_challenge(
        aggregation_method="count",
        completion_target_value=10,
        time_zone="Europe/Berlin",
        activity_ids=["visit"],
        ends_at=NOW + DAY,
        late_grace_hours=5,
        completion_reward=make_reward(),
        eud_title_en="Ten visits",
        eud_title_de="Zehn Besuche",
    )


def test_duplicate_copies_rules_and_texts_into_a_draft(challenge):
    copy = duplicate(challenge, at=NOW)

    stored = Challenge.objects.get(id=copy.id)
    same = set(Challenge.columns()) - NOT_COPIED - {"name", "status"}
    assert {name: getattr(stored, name) for name in same} == {name: getattr(challenge, name) for name in same}
    assert (stored.name, stored.status) == ("Copy of Monthly Big Spender", "draft")
    assert (stored.ends_at, stored.version, stored.created_at) == (None, 1, NOW)


def test_duplicate_copies_standing_milestones(challenge):
    make_milestone(challenge, 5, eud_milestone_title_de="Halb")
    gone = make_milestone(challenge, 3)
    log_activity(challenge, at=NOW - HOUR)
    rules.remove_milestone(gone, at=NOW)

    copy = duplicate(challenge, at=NOW)

    milestone = Milestone.objects.get(challenge=copy)
    assert (milestone.milestone_target_value, milestone.status, milestone.live_since) == (5, "live", NOW)
    assert (milestone.eud_milestone_title_de, milestone.reward) == ("Halb", None)
    assert ChallengeLog.objects.filter(challenge=copy).count() == 0


def test_duplicate_has_icons_of_its_own(challenge, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    challenge.eud_icon.save("icon.png", ContentFile(b"picture"), save=True)

    copy = duplicate(challenge, at=NOW)

    assert copy.eud_icon.name != challenge.eud_icon.name
    assert copy.eud_icon.read() == b"picture"


def test_duplicate_of_a_long_name_fits():
    challenge = make_challenge(name="x" * 256)

    assert len(duplicate(challenge, at=NOW).name) == 256


def test_duplicate_is_refused_with_a_reward_that_was_archived(challenge):
    challenge.completion_reward.archived_at = NOW
    challenge.completion_reward.save()

    with pytest.raises(DomainErrors) as refused:
        duplicate(Challenge.objects.get(id=challenge.id), at=NOW)

    assert refused.value.field == "completionRewardId"
    assert Challenge.objects.count() == 1

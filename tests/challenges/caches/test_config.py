"""The rules as the engine reads them: cached, and never older than the last edit."""

import pytest
from django.db import transaction

from challenges.caches import config
from challenges.editing import service
from challenges.models import Challenge
from core.write_guard import bypassing_services
from rewards.domain import reward_service
from tests.builders import NOW, make_challenge, make_milestone, make_reward
from tests.concurrency.writers import at_once

pytestmark = pytest.mark.django_db


def read(challenge):
    return config.rules_of([challenge.id]).get(challenge.id)


def test_rules_hold_amounts_in_units_and_thresholds_lowest_first():
    challenge = make_challenge(completion_target_value="500.5", activity_ids=["purchase"])
    high, low = make_milestone(challenge, 300), make_milestone(challenge, "0.0001")

    found = read(challenge)

    newest = found.versions[-1]
    assert (newest.rules.target, newest.rules.counting) == (500_5000, False)
    assert found.activity_ids == frozenset({"purchase"})
    assert [(rule.milestone_id, rule.target) for rule in newest.thresholds] == [
        (low.id, 1),
        (high.id, 300_0000),
    ]


def test_rules_know_live_milestones_only():
    challenge = make_challenge()
    make_milestone(challenge, status="draft")
    make_milestone(challenge, status="paused")
    removed = make_milestone(challenge)
    service.remove_milestone(removed, at=NOW)

    assert read(challenge).versions[-1].thresholds == ()


def test_rules_of_an_archived_challenge_say_so():
    challenge = make_challenge()
    with bypassing_services("what a test needs"):
        Challenge.objects.filter(id=challenge.id).update(archived_at=NOW)
    config.invalidate()

    assert read(challenge).archived is True


def test_rules_are_read_once_until_an_edit(django_assert_num_queries):
    challenge = make_challenge()
    read(challenge)

    with django_assert_num_queries(1):
        read(challenge)


@pytest.mark.parametrize("edited", ["challenge", "milestone", "reward"])
def test_rules_are_never_older_than_an_edit(edited):
    challenge = make_challenge()
    milestone = make_milestone(challenge, 200)
    reward = make_reward()
    before = config.config_version()
    read(challenge)

    if edited == "challenge":
        challenge.completion_target_value = 300
        service.save(challenge, at=NOW)
        assert read(challenge).versions[-1].rules.target == 300_0000
    elif edited == "milestone":
        milestone.milestone_target_value = 250
        service.save_milestone(milestone, at=NOW)
        assert read(challenge).versions[-1].thresholds[0].target == 250_0000
    else:
        reward_service.save(reward, at=NOW)
    assert config.config_version() != before


def test_rules_of_an_edit_that_rolled_back_are_never_read_again():
    challenge = make_challenge()
    with transaction.atomic():
        challenge.completion_target_value = 300
        service.save(challenge, at=NOW)
        assert read(challenge).versions[-1].rules.target == 300_0000
        transaction.set_rollback(True)

    assert read(challenge).versions[-1].rules.target == 500_0000


def test_naming_finds_live_and_paused_challenges_by_their_activity():
    named = make_challenge(activity_ids=["purchase", "visit"])
    make_challenge(activity_ids=["purchases"])
    make_challenge(activity_ids=["purchase"], status="draft")
    paused = make_challenge(activity_ids=["purchase"], status="paused")

    assert config.challenges_naming("purchase") == sorted([named.id, paused.id])
    assert config.challenges_naming("unknown") == []


@pytest.mark.django_db(transaction=True)
def test_last_stamp_is_never_that_of_another_thread_s_uncommitted_edit():
    config.invalidate()
    mine = config.config_version()

    (theirs,) = at_once([read_inside_an_edit])

    assert theirs != mine
    assert config.last_config_version() == mine


def read_inside_an_edit():
    with transaction.atomic():
        config.invalidate()
        read = config.config_version()
        transaction.set_rollback(True)
    return read

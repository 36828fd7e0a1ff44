"""What counting all that a filter finds would do: exactly that, and nothing is stored."""

import pytest

from challenges.editing import service
from challenges.engine import manual_count_impact, manual_count_runs
from challenges.engine.impact import Impact
from challenges.engine.manual_count_impact import impact_of
from challenges.engine.manual_count_runs import LogFilter
from challenges.models import ChallengeProgress
from core.errors import DomainError
from rewards.models import CouponCode, RewardLog
from tests.builders import (
    HOUR,
    NOW,
    add_codes,
    ledger,
    log_activity,
    make_challenge,
    make_milestone,
    make_reward,
    progress_of,
    take_back,
)

pytestmark = pytest.mark.django_db


def early(challenge, value, member="alice", hours=2, **fields):
    return log_activity(challenge, value, member=member, at=NOW - hours * HOUR, received_at=NOW, **fields)


@pytest.fixture
def challenge():
    challenge = make_challenge(starts_at=NOW - HOUR, completion_reward=make_reward())
    make_milestone(challenge, 200)
    return challenge


def impact(challenge, **fields):
    return impact_of(challenge.id, LogFilter(**fields), NOW)


def test_impact_is_what_counting_then_does(challenge):
    for member in ("alice", "bob", "carol"):
        for number in range(3):
            early(challenge, 100, member, hours=9 - number)
    log_activity(challenge, 250)  # alice is past the milestone, and will complete
    early(challenge, 100, "dave", uid="back")
    take_back(challenge, "back", member="dave")
    before = ledger()

    told = impact(challenge)

    assert ledger() == before
    assert told == Impact(
        members=3,
        completed_members=1,
        paid_members=3,
        coupons=3,
        logs=9,
        rewards={None: 2, challenge.completion_reward_id: 1},
    )
    run = manual_count_runs.start(challenge.id, LogFilter(), "why not", None, NOW)
    assert (run.counted, run.reward_logs) == (9, 3)
    assert ChallengeProgress.objects.exclude(challenge_completed_at=None).count() == 1


def test_what_was_taken_back_in_part_counts_with_what_is_left(challenge):
    early(challenge, 600, uid="partly")
    take_back(challenge, "partly", 350)
    early(challenge, 300, "bob", uid="in-parts")
    for part in (100, 200):
        take_back(challenge, "in-parts", part, member="bob")

    told = impact(challenge)

    assert (told.logs, told.members, told.completed_members, told.paid_members) == (1, 1, 0, 1)
    run = manual_count_runs.start(challenge.id, LogFilter(), "why not", None, NOW)
    assert (run.counted, run.reward_logs, progress_of(challenge).current_progress_value) == (1, 1, 250)


def test_impact_of_a_filter(challenge):
    early(challenge, 600, "alice")
    early(challenge, 600, "bob")

    told = impact(challenge, external_id="bob")

    assert (told.logs, told.members, told.coupons) == (1, 1, 2)


def test_members_in_several_pieces_are_added_up(challenge, monkeypatch):
    monkeypatch.setattr(manual_count_impact, "LOGS_AT_ONCE", 2)
    for member in ("alice", "bob", "carol"):
        for number in range(3):
            early(challenge, 200, member, hours=9 - number)

    told = impact(challenge)

    assert (told.logs, told.members, told.completed_members, told.coupons) == (9, 3, 3, 6)


@pytest.mark.parametrize("at_once", [1, 1000])
def test_caps_hold_over_all_pieces(monkeypatch, at_once):
    monkeypatch.setattr(manual_count_impact, "LOGS_AT_ONCE", at_once)
    scarce = make_reward(max_total=3)
    challenge = make_challenge(starts_at=NOW - HOUR, completion_reward=scarce)
    log_activity(challenge, 500, member="first")
    for number in range(4):
        early(challenge, 500, f"member-{number}")

    told = impact(challenge)

    assert (told.paid_members, told.coupons, told.capped) == (4, 2, 2)
    manual_count_runs.start(challenge.id, LogFilter(), "why not", None, NOW)
    assert RewardLog.objects.filter(status="capped").count() == 2


def test_cap_of_a_member_holds(monkeypatch):
    once = make_reward(max_per_member=1)
    challenge = make_challenge(starts_at=NOW - HOUR, completion_reward=once)
    make_milestone(challenge, 200, reward=once)
    early(challenge, 600)

    told = impact(challenge)

    assert (told.coupons, told.capped) == (1, 1)


def test_badges_are_no_coupons():
    challenge = make_challenge(starts_at=NOW - HOUR, completion_reward=make_reward("none"))
    early(challenge, 600)

    told = impact(challenge)

    assert (told.paid_members, told.coupons) == (1, 0)


def test_codes_of_a_pool_stay_in_it():
    pool = make_reward("pool")
    add_codes(pool, "ONE")
    challenge = make_challenge(starts_at=NOW - HOUR, completion_reward=pool)
    early(challenge, 600)

    assert impact(challenge).coupons == 1
    assert CouponCode.objects.get().reward_log_id is None


def test_more_than_affordable_is_counted_but_not_tried(challenge, monkeypatch):
    monkeypatch.setattr(manual_count_impact, "LOGS_TRIED", 3)
    for number in range(4):
        early(challenge, 600, f"member-{number % 3}", uid=f"order-{number}")
    early(challenge, 1, "dave", uid="back")
    take_back(challenge, "back", member="dave")

    told = impact(challenge)

    assert told == Impact(
        members=3, completed_members=None, paid_members=None, coupons=None, capped=None, logs=4
    )


def test_what_was_counted_already_has_no_impact(challenge):
    early(challenge, 600)
    manual_count_runs.start(challenge.id, LogFilter(), "why not", None, NOW)

    assert impact(challenge) == Impact(logs=0)


def test_archived_challenge_is_refused(challenge):
    early(challenge, 600)
    service.remove(challenge, at=NOW)

    with pytest.raises(DomainError) as refused:
        impact(challenge)

    assert refused.value.code == "archived"

"""What an edit would do, counted before it is saved: the same as what saving it then does."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from challenges.api.presenters.challenge import serialize_impact
from challenges.editing import service
from challenges.editing.impact import Impact
from challenges.engine import intake
from challenges.models import Challenge, ChallengeProgress
from milestones.models import Milestone
from rewards.models import RewardLog
from tests.builders import DAY, HOUR, NOW, entry, log_activity, make_challenge, make_milestone, make_reward

pytestmark = pytest.mark.django_db


def fresh(challenge, **fields):
    record = Challenge.objects.get(id=challenge.id)
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def unsaved_milestone(challenge, target, **fields):
    usual = {"name": "New", "description": "d", "status": "live"}
    return Milestone(challenge=challenge, milestone_target_value=Decimal(target), **usual | fields)


def test_impact_counts_members_and_coupons_and_saves_nothing():
    badge, coupon = make_reward(code_source="none"), make_reward()
    challenge = make_challenge(completion_reward=coupon)
    for member, value in (("alice", 350), ("bob", 310), ("carol", 150), ("dave", 99)):
        log_activity(challenge, value, member=member)
    edited = fresh(challenge, completion_target_value=Decimal(300))
    milestones = [unsaved_milestone(challenge, 100, reward=badge), unsaved_milestone(challenge, 200)]

    impact = service.impact(edited, milestones, at=NOW)

    assert impact == Impact(
        completed_members=2, paid_members=3, rewards={badge.id: 3, None: 2, coupon.id: 2}, coupons_needed=4
    )
    assert (RewardLog.objects.count(), Milestone.objects.count()) == (0, 0)
    assert Challenge.objects.get().completion_target_value == 500


def test_impact_of_a_milestone_added_while_the_challenge_is_ended_is_nothing():
    challenge = make_challenge()
    log_activity(challenge, 350, at=NOW - HOUR)
    edit = fresh(challenge, ends_at=NOW - DAY), [unsaved_milestone(challenge, 200)]

    assert service.impact(*edit, at=NOW) == Impact()
    service.save(*edit, at=NOW)
    assert RewardLog.objects.count() == 0


def test_impact_as_the_api_shows_it():
    assert serialize_impact(Impact(1, 2, {None: 3}, 3)) == {
        "completedMembers": 1,
        "paidMembers": 2,
        "couponsNeeded": 3,
        "rewards": [{"rewardId": None, "rewardLogs": 3}],
    }


def test_impact_of_names_texts_and_a_new_challenge_is_nothing():
    challenge = make_challenge()
    log_activity(challenge, 350)

    assert service.impact(fresh(challenge, name="x"), at=NOW) == Impact()
    new = Challenge(name="n", description="d", status="live", completion_target_value=1, time_zone="UTC")
    assert service.impact(new, at=NOW) == Impact()


def test_impact_of_one_milestone():
    challenge = make_challenge()
    log_activity(challenge, 350)
    paid = make_milestone(challenge, 100, at=NOW)

    assert service.milestone_impact(unsaved_milestone(challenge, 200), at=NOW).paid_members == 1
    assert service.milestone_impact(paid, at=NOW) == Impact()
    assert service.impact(fresh(challenge), at=NOW, removed=[paid]) == Impact()


def test_impact_of_another_period_recounts_and_takes_it_back():
    challenge = make_challenge(aggregation_period="daily")
    for hour in range(3):
        log_activity(challenge, 150, at=NOW - hour * HOUR, received_at=NOW)
    edit = fresh(challenge, aggregation_period="monthly", completion_target_value=Decimal(400))

    impact = service.impact(edit, at=NOW)

    assert impact == Impact(completed_members=1, paid_members=1, rewards={None: 1}, coupons_needed=1)
    assert (ChallengeProgress.objects.count(), RewardLog.objects.count()) == (1, 0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.integers(1, 600), min_size=1, max_size=5),
    targets=st.lists(st.sampled_from([50, 150, 250, 350]), max_size=3, unique=True),
    new_target=st.integers(350, 700),
    new_milestone=st.sampled_from([40, 160, 340]),
    again=st.booleans(),
)
def test_impact_is_what_saving_does(db, values, targets, new_target, new_milestone, again):
    challenge = make_challenge()
    for target in targets:
        make_milestone(challenge, target)
    intake.record([entry(challenge, value, member=f"m{n}") for n, value in enumerate(values)], at=NOW)
    edit = fresh(challenge, completion_target_value=Decimal(new_target))
    milestone = unsaved_milestone(challenge, new_milestone)
    before, completed_before = set(of(challenge, RewardLog)), completions(challenge)

    impact = service.impact(edit, [milestone], at=NOW)
    service.save(edit, [milestone], at=NOW)

    issued = [each for each in of(challenge, RewardLog) if each not in before]
    assert impact.completed_members == completions(challenge) - completed_before
    assert impact.paid_members == len({each.member_id for each in issued})
    assert (sum(impact.rewards.values()), impact.coupons_needed) == (len(issued), len(issued))


def of(challenge, model):
    return list(model.objects.filter(challenge=challenge))


def completions(challenge):
    return sum(row.challenge_completed_at is not None for row in of(challenge, ChallengeProgress))

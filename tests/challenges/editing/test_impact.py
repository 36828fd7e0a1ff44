"""What an edit would do, counted before it is saved: the same as what saving it then does."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from challenges.editing import service
from challenges.engine import intake
from challenges.engine.impact import Impact
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
        members=4,
        completed_members=2,
        paid_members=3,
        coupons=4,
        rewards={badge.id: 3, None: 2, coupon.id: 2},
    )
    assert (RewardLog.objects.count(), Milestone.objects.count()) == (0, 0)
    assert Challenge.objects.get().completion_target_value == 500


def test_milestone_added_while_the_challenge_is_ended_pays_nobody():
    challenge = make_challenge()
    log_activity(challenge, 350, at=NOW - HOUR)
    edit = fresh(challenge, ends_at=NOW - DAY), [unsaved_milestone(challenge, 200)]

    assert service.impact(*edit, at=NOW) == Impact(members=1)
    service.save(*edit, at=NOW)
    assert RewardLog.objects.count() == 0


def test_impact_of_names_texts_and_a_new_challenge_is_nothing():
    challenge = make_challenge()
    log_activity(challenge, 350)

    assert service.impact(fresh(challenge, name="x"), at=NOW) == Impact()
    new = Challenge(name="n", description="d", status="live", completion_target_value=1, time_zone="UTC")
    assert service.impact(new, at=NOW) == Impact(logs=0)


def test_impact_of_one_milestone():
    challenge = make_challenge()
    log_activity(challenge, 350)
    paid = make_milestone(challenge, 100, at=NOW)

    assert service.milestone_impact(unsaved_milestone(challenge, 200), at=NOW).paid_members == 1
    assert service.milestone_impact(paid, at=NOW) == Impact()
    assert service.impact(fresh(challenge), at=NOW, removed=[paid]) == Impact()


@pytest.mark.parametrize(
    ("fields", "members"),
    [
        ({"completion_target_value": Decimal(600)}, 2),
        ({"ends_at": NOW + HOUR}, 2),
        ({"ends_at": NOW - HOUR}, 2),
        ({"status": "paused"}, 2),
        ({"name": "x"}, 0),
        ({"late_grace_hours": 1}, 0),
    ],
)
def test_impact_counts_members_who_have_not_completed(fields, members):
    """Alice and Bob take part, Carol has completed, Dave was here last month alone."""
    challenge = make_challenge()
    for member, value in (("alice", 1), ("bob", 499), ("carol", 500)):
        log_activity(challenge, value, member=member)
    log_activity(challenge, 9, member="dave", at=NOW - 30 * DAY, received_at=NOW)

    told = service.impact(fresh(challenge, **fields), at=NOW)

    assert (told.members, told.paid_members, told.revoked) == (members, 0, 0)


@pytest.mark.parametrize(("target", "members"), [(300, 1), (200, 0)])
def test_impact_of_a_milestone_is_on_those_whom_it_has_not_paid(target, members):
    challenge = make_challenge()
    milestone = make_milestone(challenge, 200)
    log_activity(challenge, 150, member="alice")
    log_activity(challenge, 250, member="bob")
    milestone = Milestone.objects.get(id=milestone.id)
    milestone.milestone_target_value = Decimal(target)

    assert service.milestone_impact(milestone, at=NOW).members == members
    assert service.impact(fresh(challenge), at=NOW, removed=[milestone]).members == 1


def test_impact_of_going_live_again():
    challenge = make_challenge()
    log_activity(challenge, 150)
    service.save(fresh(challenge, status="paused"), at=NOW)

    assert service.impact(fresh(challenge, status="live"), at=NOW) == Impact(members=1)


def test_impact_of_going_live_the_first_time():
    draft = make_challenge(status="draft")

    assert service.impact(fresh(draft, status="live"), at=NOW) == Impact(logs=0)


@pytest.mark.parametrize(
    ("limits", "capped"), [({"max_total": 2}, 2), ({"max_per_member": 1}, 1), ({"max_per_member": 2}, 0)]
)
def test_impact_tells_what_is_beyond_a_cap_as_saving_then_does(limits, capped):
    """One reward for a milestone and the completion: Carol is due both, Alice and Bob the milestone."""
    scarce = make_reward(**limits)
    challenge = make_challenge(completion_reward=scarce)
    for member, value in (("alice", 250), ("bob", 250), ("carol", 450)):
        log_activity(challenge, value, member=member)
    edit = fresh(challenge, completion_target_value=Decimal(400))
    milestone = unsaved_milestone(challenge, 200, reward=scarce)

    told = service.impact(edit, [milestone], at=NOW)
    service.save(edit, [milestone], at=NOW)

    assert (told.paid_members, told.coupons, told.capped) == (3, 4 - capped, capped)
    assert told.coupons == RewardLog.objects.filter(status="issued").count()
    assert told.capped == RewardLog.objects.filter(status="capped").count()
    assert told.rewards == {scarce.id: told.coupons}


def test_impact_of_another_period_recounts_and_takes_it_back():
    challenge = make_challenge(aggregation_period="daily")
    for hour in range(3):
        log_activity(challenge, 150, at=NOW - hour * HOUR, received_at=NOW)
    edit = fresh(challenge, aggregation_period="monthly", completion_target_value=Decimal(400))

    impact = service.impact(edit, at=NOW)

    assert impact == Impact(members=1, completed_members=1, paid_members=1, coupons=1, rewards={None: 1})
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
    assert (sum(impact.rewards.values()), impact.coupons, impact.capped) == (len(issued), len(issued), 0)


def of(challenge, model):
    return list(model.objects.filter(challenge=challenge))


def completions(challenge):
    return sum(row.challenge_completed_at is not None for row in of(challenge, ChallengeProgress))

"""An error before every statement, and at commit, of each writing operation: all happens, or nothing."""

from contextlib import contextmanager
from decimal import Decimal
from functools import partial

import pytest
from django.db import OperationalError, connection

from challenges import activities, intake, rules, settling, verifying
from challenges.counting_anyway import count_anyway
from challenges.models import Activity, Challenge, ChallengeLog, ChallengeProgress
from challenges_project.access.staff_action import StaffAction
from members.erasing import erase
from members.models import Member
from milestones.models import Milestone
from rewards.models import CouponCode, RewardLog
from tests.builders import NOW, entry, log_activity, make_challenge, make_member, make_milestone, make_reward

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = (
    Activity,
    Challenge,
    Challenge.history.model,
    ChallengeLog,
    ChallengeProgress,
    CouponCode,
    Member,
    Milestone,
    Milestone.history.model,
    RewardLog,
    StaffAction,
)


@pytest.fixture
def challenge():
    """Alice stands at 150, bob is paused; a milestone at 200 pays from a pool of three codes."""
    reward = make_reward(code_source="pool")
    CouponCode.objects.bulk_create(
        CouponCode(reward=reward, code=f"POOL-{n}", created_at=NOW) for n in range(3)
    )
    challenge = make_challenge(activity_ids=["purchase"], reversal_policy="revoke_unredeemed")
    make_milestone(challenge, 200, reward=reward)
    log_activity(challenge, 150, uid="first")
    make_member("bob", status="paused")
    log_activity(challenge, 500, member="bob", uid="paused")
    return challenge


def single(challenge):
    return intake.record([entry(challenge, 350, uid="x", profile={"first_name": "Alice"})], at=NOW)


def batch(challenge):
    sent = [entry(challenge, 350, uid="x", member=member) for member in ("alice", "carol", "dave")]
    return intake.record([*sent, entry(challenge, reversal_of="x", uid="r", member="carol")], at=NOW)


def activity(challenge):
    return activities.record([entry(challenge, 350, uid="x")], at=NOW)


def orm(challenge):
    ChallengeLog(
        member=Member.objects.get(external_id="alice"),
        challenge=challenge,
        unique_identifier="x",
        activity_at=NOW,
        activity_id="purchase",
        activity_value=350,
    ).save()


def edit(challenge):
    challenge.completion_target_value = Decimal(140)
    low = make_unsaved(challenge, 100)
    standing = Milestone.objects.get(challenge=challenge)
    rules.save(Challenge.objects.get(id=challenge.id), [low], at=NOW, removed=[standing])


def make_unsaved(challenge, target):
    return Milestone(
        challenge=challenge, name="Low", description="d", milestone_target_value=target, status="live"
    )


def another_period(challenge):
    edited = Challenge.objects.get(id=challenge.id)
    edited.aggregation_period = "weekly"
    rules.save(edited, at=NOW)


def archive(challenge):
    rules.remove(Challenge.objects.get(id=challenge.id), at=NOW)


def anyway(challenge):
    log = ChallengeLog.objects.get(unique_identifier="paused")
    count_anyway([log.id], "Our mistake", None, NOW)


def erasing(challenge):
    erase(Member.objects.get(external_id="alice"), at=NOW)


OPERATIONS = [single, batch, activity, orm, edit, another_period, archive, anyway, erasing]


def dump():
    """Every row of every table that these operations write; codes and ids of new rows are random."""
    return {model._meta.db_table: sorted(map(str, model.objects.values_list())) for model in TABLES}


@contextmanager
def failing_before(number):
    """The connection fails before its statement of that number, commits included; tells whether it did."""
    seen = {"statements": 0, "failed": False}

    def fail(name):
        seen["statements"] += 1
        if seen["statements"] == number:
            seen["failed"] = True
            raise OperationalError(f"injected before {name}")

    def wrapper(execute, sql, params, many, context):
        fail(sql)
        return execute(sql, params, many, context)

    commit = connection._commit

    def failing_commit():
        fail("COMMIT")
        return commit()

    connection._commit = failing_commit
    try:
        with connection.execute_wrapper(wrapper):
            yield seen
    finally:
        del connection._commit


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_an_error_before_any_statement_leaves_all_or_nothing(challenge, operation):
    """It may be swallowed only after the commit, by work that is resumed later: then all is there."""
    before, failures = dump(), 0
    for number in range(1, 200):
        with failing_before(number) as seen:
            raised = raises(operation, challenge)
        if not raised:
            break
        failures += seen["failed"]
        assert dump() == before, f"statement {number} left something behind"

    assert failures == number - 1 > 5
    assert dump() != before
    assert list(verifying.breaches(NOW)) == []


def raises(operation, challenge):
    try:
        operation(challenge)
    except OperationalError:
        return True
    return False


def test_an_edit_interrupted_while_it_pays_is_an_edit_and_is_resumed(challenge, monkeypatch):
    monkeypatch.setattr(settling, "MEMBERS_AT_ONCE", 1)
    for member in ("carol", "dave", "erin"):
        log_activity(challenge, 150, member=member)
    interrupted = 0
    for number in range(1, 200):
        with failing_before(number) as seen:
            target = Decimal(140) - number / Decimal(100)
            raised = raises(partial(edit_target, target=target), challenge)
        if not seen["failed"]:
            break
        stored = Challenge.objects.get(id=challenge.id)
        assert raised is (stored.completion_target_value != target)
        interrupted += not stored.settled

    settling.finish(challenge.id)
    assert interrupted > 5
    assert list(verifying.breaches(NOW)) == []
    assert {row.completion_target_value for row in ChallengeProgress.objects.all()} == {target}


def edit_target(challenge, target):
    edited = Challenge.objects.get(id=challenge.id)
    edited.completion_target_value = target
    rules.save(edited, [], at=NOW, removed=list(Milestone.objects.filter(challenge=challenge)))

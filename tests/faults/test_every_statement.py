"""An error before every statement, and at commit, of each writing operation: all happens, or nothing."""

import re
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from access.models.staff_action import StaffAction
from challenges.api.exchange import exported, imported
from challenges.editing import service
from challenges.engine import (
    activities,
    backfill,
    group_commit,
    intake,
    kept_activities,
    manual_count_runs,
)
from challenges.engine.manual_count import count_manually
from challenges.models import (
    Activity,
    Catalogue,
    Challenge,
    ChallengeLog,
    ChallengeProgress,
    KeptActivityRun,
    ManualCountRun,
)
from core.api.http.renderers import encode
from core.api.http.strict_json import strict_loads
from members.domain.erasing import erase
from members.models import Member
from milestones.models import Milestone
from rewards import maintenance
from rewards.domain import lifecycle, reward_service
from rewards.domain.code_files import listed_codes
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode, Reward, RewardLog
from tests.builders import (
    DAY,
    NOW,
    breaches,
    entry,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
)

pytestmark = pytest.mark.django_db(transaction=True)

AGENT = lifecycle.support_actor(None, "The customer called")
TABLES = (
    Activity,
    Catalogue,
    Challenge,
    Challenge.history.model,
    ChallengeLog,
    ChallengeProgress,
    CouponCode,
    KeptActivityRun,
    Member,
    Milestone,
    Milestone.history.model,
    Reward,
    Reward.history.model,
    RewardLog,
    StaffAction,
)


@pytest.fixture
def challenge():
    """Alice has 150, bob is paused; a milestone at 200 pays from a pool of three codes."""
    reward = make_reward(code_source="pool")
    CouponCode.objects.bulk_create(
        CouponCode(reward=reward, code=f"POOL-{n}", created_at=NOW) for n in range(3)
    )
    challenge = make_challenge(activity_ids=["purchase"], reversal_policy="revoke_unredeemed")
    make_milestone(challenge, 200, reward=reward)
    log_activity(challenge, 150, uid="first")
    make_member("bob", status="paused")
    log_activity(challenge, 500, member="bob", uid="paused")
    pay_erin(reward)
    make_challenge(name="Draft", status="draft", activity_ids=["visit"])
    for number in range(3):
        activities.record([entry(challenge, 350, uid=f"visit-{number}", activity_id="visit")], at=NOW)
    return challenge


def pay_erin(pool):
    """In another challenge: one code out of the pool, and one that the shop has yet to fill in."""
    other = make_challenge(name="Other", completion_reward=make_reward(name="Shop's", code_source="external"))
    make_milestone(other, 50, reward=pool)
    log_activity(other, 500, member="erin")


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
    old_milestone = Milestone.objects.get(challenge=challenge)
    service.save(Challenge.objects.get(id=challenge.id), [low], at=NOW, removed=[old_milestone])


def make_unsaved(challenge, target):
    return Milestone(
        challenge=challenge, name="Low", description="d", milestone_target_value=target, status="live"
    )


def another_period(challenge):
    edited = Challenge.objects.get(id=challenge.id)
    edited.aggregation_period = "weekly"
    service.save(edited, at=NOW)


def archive(challenge):
    service.remove(Challenge.objects.get(id=challenge.id), at=NOW)


def anyway(challenge):
    log = ChallengeLog.objects.get(unique_identifier="paused")
    count_manually([log.id], "Our mistake", None, NOW)


def erasing(challenge):
    erase(Member.objects.get(external_id="alice"), at=NOW)


def single_in_a_group(challenge):
    return group_commit.record(entry(challenge, 350, uid="x"))


def another_milestone(challenge):
    service.save_milestone(make_unsaved(challenge, 100), at=NOW)


def new_challenge(challenge):
    new = Challenge(name="New", description="d", status="live", completion_target_value=Decimal(9))
    service.save(new, [make_unsaved(new, 5)], at=NOW)


def going_live(challenge):
    draft = Challenge.objects.get(name="Draft")
    draft.status = "live"
    service.save(draft, at=NOW)


def importing(challenge):
    """As another installation exported it: the same, with ids of its own."""
    document = encode(exported([Challenge.objects.get(id=challenge.id)], NOW)).decode()
    imported(strict_loads(ID.sub(other_id, document).encode()), NOW, keep_status=True)


ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def other_id(match):
    return str(UUID(int=UUID(match[0]).int ^ 1))


def edited_reward(challenge):
    reward = Reward.objects.get(code_source="external")
    reward.name = "Another name"
    reward_service.save(reward, at=NOW)


def paid(**fields):
    return RewardLog.objects.get(member__external_id="erin", **fields).id


def redeemed(challenge):
    lifecycle.redeem(paid(status="issued"), AGENT, at=NOW)


def revoked(challenge):
    lifecycle.revoke(paid(status="issued"), AGENT, at=NOW)


def reissued(challenge):
    lifecycle.reissue(paid(status="issued"), AGENT, at=NOW)


def filled_in(challenge):
    lifecycle.fill_code(paid(status="pending_code"), "FROM-THE-SHOP", AGENT, at=NOW)


def given_an_expiry(challenge):
    lifecycle.set_expiry(paid(status="issued"), NOW + DAY, lifecycle.API_ACTOR, at=NOW)


CHECKED_BY_DJANGO = [importing]
TRANSITIONS = [redeemed, revoked, reissued, filled_in, given_an_expiry]
OPERATIONS = [
    single,
    single_in_a_group,
    batch,
    activity,
    orm,
    edit,
    another_milestone,
    another_period,
    edited_reward,
    archive,
    anyway,
    erasing,
    new_challenge,
    going_live,
    importing,
    *TRANSITIONS,
]


def dump():
    """Every row of every table that these operations write; codes and ids of new rows are random."""
    return {model._meta.db_table: sorted(map(str, model.objects.values_list())) for model in TABLES}


@contextmanager
def failing_before(number, *, for_good=False):
    """The connection fails before its statement of that number, commits included; tells whether it did.

    `for_good`: and before every later one, as a connection does that was lost.
    """
    seen = {"statements": 0, "failed": False}

    def fail(name):
        seen["statements"] += 1
        if seen["statements"] == number or (for_good and seen["failed"]):
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
        # Django takes a check of a constraint that fails for a passed one: the database will tell.
        with failing_before(number, for_good=operation in CHECKED_BY_DJANGO) as seen:
            raised = raises(operation, challenge)
        if not raised:
            break
        failures += seen["failed"]
        assert dump() == before, f"statement {number} left something behind"

    assert failures == number - 1 > (2 if operation in TRANSITIONS else 5)
    assert dump() != before
    assert breaches(NOW) == []


def raises(operation, challenge):
    try:
        operation(challenge)
    except OperationalError:
        return True
    return False


def test_an_edit_interrupted_while_it_pays_is_an_edit_and_is_resumed(challenge, monkeypatch):
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1)
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
        interrupted += stored.pending_backfill

    backfill.finish_backfill(challenge.id)
    assert interrupted > 5
    assert breaches(NOW) == []
    rows = ChallengeProgress.objects.filter(challenge=challenge)
    assert {row.completion_target_value for row in rows} == {target}


def test_counting_anyway_interrupted_anywhere_is_resumed_and_counts_once(challenge, monkeypatch):
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 1)
    make_member("frank", status="paused")
    for number in range(5):
        log_activity(challenge, 200, member="frank", uid=f"anyway-{number}")
    log_filter = manual_count_runs.LogFilter(external_id="frank")
    for number in range(1, 400):
        with failing_before(number) as seen:
            raises(
                lambda _challenge: manual_count_runs.start(challenge.id, log_filter, "Ours", None, NOW),
                challenge,
            )
        if not seen["failed"]:
            break

    runs = ManualCountRun.objects.all()
    assert runs.filter(finished_at=None).count() > 3
    for run in runs:
        manual_count_runs.advance(run.id)
    assert {run.processed for run in ManualCountRun.objects.all()} == {5}
    assert sum(run.counted for run in ManualCountRun.objects.all()) == 5
    assert breaches(NOW) == []


def test_taking_kept_activities_interrupted_anywhere_is_resumed_and_counts_once(challenge, monkeypatch):
    monkeypatch.setattr(kept_activities, "ACTIVITIES_AT_ONCE", 1)
    monkeypatch.setattr(kept_activities, "_go_on", lambda run_id: None)
    going_live(challenge)
    run = KeptActivityRun.objects.get()
    interruptions = 0
    for number in range(1, 200):
        with failing_before(number) as seen:
            raises(lambda _challenge: kept_activities.advance(run.id, at=NOW), challenge)
        if not seen["failed"]:
            break
        interruptions += 1

    assert interruptions > 10
    assert KeptActivityRun.objects.values_list("taken", "refused").get() == (3, 0)
    progress = ChallengeProgress.objects.get(challenge__name="Draft")
    assert progress.current_progress_value == 1050
    assert breaches(NOW) == []


def edit_target(challenge, target):
    edited = Challenge.objects.get(id=challenge.id)
    edited.completion_target_value = target
    service.save(edited, [], at=NOW, removed=list(Milestone.objects.filter(challenge=challenge)))


def test_an_import_interrupted_anywhere_is_completed_by_the_same_list(challenge):
    """It commits by the piece (docs/rules.md): what is stored is whole, and the second time adds the rest."""
    reward = Reward.objects.get(code_source="pool")
    for number in range(1, 200):
        wanted = [f"NEW-{number}-{n}" for n in range(3)]
        waiting = log_waiting_for(reward, f"waits-{number}")
        with failing_before(number) as seen:
            raised = raises(partial(import_list, reward), wanted)
        import_list(reward, wanted)

        waiting.refresh_from_db()
        assert CouponCode.objects.filter(code__in=wanted, reward=reward).count() == 3
        assert waiting.status == "issued"
        if not seen["failed"]:
            break
        assert raised

    assert number > 5
    assert list(maintenance.breaches(NOW)) == []


def import_list(reward, codes):
    import_codes(reward.id, listed_codes(codes), clock=lambda: NOW)


def log_waiting_for(pool, member):
    """Somebody for whom the pool, as full as it was, had no code left."""
    CouponCode.objects.filter(reward=pool, reward_log=None).delete()
    other = make_challenge(name=member, completion_reward=pool)
    log_activity(other, 500, member=member)
    return RewardLog.objects.get(member__external_id=member)

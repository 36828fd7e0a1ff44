"""Every lock of the database: two transactions that it keeps apart, in an order in which they would do harm.

`scripts/remove_locks.py` takes each lock out in turn and expects a test named there to fail.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from access.models import StaffAction
from challenges.api import exchange
from challenges.editing import service
from challenges.engine import (
    activities,
    backfill,
    intake,
    kept_activities,
    locks,
    manual_count_runs,
    rule_versions,
)
from challenges.engine.manual_count import count_manually
from challenges.maintenance import repair
from challenges.models import (
    Challenge,
    ChallengeLog,
    ChallengeProgress,
    KeptActivityRun,
    ManualCountRun,
    RuleVersion,
)
from core.sql.table import Table
from core.write_guard import bypassing_services
from members.domain import erasing, member_service
from members.models import Member
from rewards.domain import (
    allocation,
    code_withdrawal,
    issuing,
    lifecycle,
    pending_codes,
    reversal_policy,
    reward_service,
)
from rewards.domain.code_files import listed_codes
from rewards.domain.lifecycle import API_ACTOR
from rewards.domain.pool_import import import_codes
from rewards.domain.reversal_policy import ReviewedWindow
from rewards.models import CouponCode, Reward, RewardLog
from tests.builders import (
    breaches,
    entry,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
    paid,
    progress_of,
    value_of,
)
from tests.concurrency.interleaving import beside, reached
from tests.rewards.builders import NOW as AT
from tests.rewards.builders import due, make_pool, make_reward_log

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now():
    """The tests' month does not end while they run."""
    return timezone.now()


@pytest.fixture
def challenge(now):
    challenge = make_challenge(at=now, time_zone="Etc/GMT-12" if _month_ends(now) else "UTC")
    make_milestone(challenge, 50, at=now)
    return challenge


def _month_ends(now):
    return (now + timedelta(days=1)).month != now.month


# --- The lock of a challenge ------------------------------------------------------------------------------


def add_milestone(challenge, target=30):
    return make_milestone(Challenge.objects.get(id=challenge.id), target, at=timezone.now())


def assert_edit_pays_beside(challenge, counting):
    """`counting` brings alice to 40 and has not committed; an edit adds a milestone that she is past."""
    beside(counting, lambda: add_milestone(challenge))

    assert (paid(challenge), [line.split(":")[0] for line in breaches(timezone.now())]) == ([Decimal(30)], [])


def test_edit_waits_for_a_log_under_way(challenge):
    assert_edit_pays_beside(
        challenge, lambda: intake.record([entry(challenge, 40, at=timezone.now())], at=timezone.now())
    )


def test_edit_waits_for_a_log_that_the_orm_saves(challenge, now):
    log = ChallengeLog(
        member=make_member(at=now),
        challenge=challenge,
        unique_identifier="order-a",
        activity_at=now,
        activity_id="purchase",
        activity_value=Decimal(40),
    )

    assert_edit_pays_beside(challenge, log.save)


def test_edit_waits_for_a_log_that_is_counted_by_hand(challenge, now):
    make_member(status="paused", at=now)
    log = log_activity(challenge, 40, at=now).log

    assert_edit_pays_beside(challenge, lambda: count_manually([log.id], "A mistake", None, timezone.now()))


def interrupted_edit(challenge, monkeypatch):
    """An edit lowers the target to 50, and the rows that it would complete are still to be done."""
    log_activity(challenge, 60, at=timezone.now())
    first_member = Member.objects.values_list("id", flat=True)[0]
    with monkeypatch.context() as patched:
        patched.setattr(backfill, "_run_after_commit", lambda function: None)
        patched.setattr(backfill, "backfill_some", lambda *args: (first_member, ""))
        set_target(challenge, 50)
    assert Challenge.objects.get(id=challenge.id).pending_backfill


def set_target(challenge, target):
    edited = Challenge.objects.get(id=challenge.id)
    edited.completion_target_value = Decimal(target)
    return service.save(edited, at=timezone.now())


def test_edit_waits_for_the_backfill_of_the_edit_before(challenge, now, monkeypatch):
    """Else the backfill, which has read the target of 50, would set it again after the edit to 100."""
    log_activity(challenge, 30, at=now, member="bob")
    interrupted_edit(challenge, monkeypatch)

    with reached(monkeypatch, locks, "lock_backfill", lambda: set_target(challenge, 100)) as edit:
        backfill.finish_backfill(challenge.id)

    assert isinstance(edit.answer, Challenge)
    assert progress_of(challenge, "bob").completion_target_value == 100


def test_backfill_beside_another_is_left_to_it(challenge, monkeypatch):
    """Else every log of a challenge that resumes an edit would walk over all of its rows."""
    interrupted_edit(challenge, monkeypatch)
    walks = []
    walk = backfill.backfill_some
    monkeypatch.setattr(backfill, "backfill_some", lambda *args: walks.append(args) or walk(*args))

    beside(
        lambda: backfill.finish_backfill(challenge.id),
        lambda: backfill.finish_backfill(challenge.id, wait=False),
    )

    assert len(walks) == 1


def test_repair_waits_for_a_log_under_way(challenge, now):
    """Else it would compare the row before the log with the logs before it, and set that value afterwards."""
    log_activity(challenge, 10, at=now)
    ChallengeProgress.objects.update(current_progress_value=Decimal(11))

    beside(
        lambda: intake.record([entry(challenge, 5, at=now)], at=now),
        lambda: repair._repair_batch(challenge, timezone.now()),
    )

    assert (value_of(challenge), breaches(timezone.now())) == (15, [])


def test_edit_waits_for_a_repair_that_pays(challenge, now, monkeypatch):
    """Else the repair would pay by the rules from before the edit, and set the targets of before."""
    log_activity(challenge, 60, at=now)

    with reached(monkeypatch, backfill, "backfill_some", lambda: set_target(challenge, 900)) as edit:
        repair.repair_challenge(challenge, timezone.now())

    assert isinstance(edit.answer, Challenge)
    assert progress_of(challenge).completion_target_value == 900


def test_rules_that_come_into_force_wait_for_an_edit(challenge, now, monkeypatch):
    """Else they would be shown as they were before the edit, which has changed them as well."""
    pending = Challenge.objects.get(id=challenge.id)
    pending.completion_target_value = Decimal(300)
    service.save(pending, at=now, from_next_window=True)
    begins_at = RuleVersion.objects.get(applied=False).in_force_from
    end = begins_at + timedelta(days=9)

    with reached(monkeypatch, rule_versions, "show", lambda: set_end(challenge, end)) as edit:
        rule_versions.apply_due(challenge.id, begins_at)

    assert isinstance(edit.answer, Challenge)
    shown = Challenge.objects.get(id=challenge.id)
    newest = RuleVersion.objects.filter(challenge=challenge.id).order_by("-number").first()
    assert (shown.completion_target_value, shown.ends_at) == (newest.completion_target_value, newest.ends_at)
    assert shown.ends_at == end


def set_end(challenge, ends_at):
    edited = Challenge.objects.get(id=challenge.id)
    edited.ends_at = ends_at
    return service.save(edited, at=timezone.now())


def test_import_waits_for_another_of_the_same_challenge(now, monkeypatch):
    """Else two imports that lock the same challenges in another order would deadlock, and start again."""
    monkeypatch.setattr(locks, "TRIES", 1)
    document = exchange.exported([make_challenge(at=now, name=name) for name in ("One", "Two")], now)
    with bypassing_services("the challenges come back by the import"):
        Challenge.objects.all().delete()
    turned = {**document, "challenges": document["challenges"][::-1]}

    with reached(
        monkeypatch, exchange.service, "save", lambda: exchange.imported(turned, now), call=2
    ) as second:
        exchange.imported(document, now)

    assert [error.code for error in second.answer.errors] == ["exists"]
    assert Challenge.objects.count() == 2


def test_import_waits_for_another_that_takes_the_same_activities(now, monkeypatch):
    """Else each of two that name the same activities in another order would wait for the other."""
    monkeypatch.setattr(locks, "TRIES", 1)
    documents = [
        exchange.exported([make_challenge(at=now, activity_ids=[name]) for name in names], now)
        for names in (("purchase", "visit"), ("visit", "purchase"))
    ]
    with bypassing_services("the challenges come back by the imports"):
        Challenge.objects.all().delete()

    def imported(document):
        return exchange.imported(document, now, keep_status=True)

    with reached(monkeypatch, exchange.service, "save", lambda: imported(documents[1]), call=2) as second:
        imported(documents[0])

    assert len(second.answer) == 2
    assert Challenge.objects.filter(status="live").count() == 4


# --- The lock of what activities are called ---------------------------------------------------------------


@pytest.fixture
def draft(now):
    return make_challenge(at=now, status="draft", activity_ids=["purchase"])


def go_live(challenge):
    edited = Challenge.objects.get(id=challenge.id)
    edited.status = "live"
    return service.save(edited, at=timezone.now())


def send(challenge, value=None, **fields):
    """Send an activity for every challenge that names it."""
    now = timezone.now()
    (outcome,) = activities.record([entry(challenge, value, at=now, **fields)], at=now)
    return outcome


def test_going_live_waits_for_an_activity_under_way(draft):
    """Else it would not see what is stored a moment later, for those that were live before."""
    beside(lambda: send(draft, 40), lambda: go_live(draft))

    assert value_of(draft) == 40


def test_activity_waits_for_a_challenge_that_goes_live(draft):
    """Else it would be stored for those that were live before, when the challenge has looked already."""
    beside(lambda: go_live(draft), lambda: send(draft, 40))

    assert value_of(draft) == 40


def test_taking_activities_waits_for_a_reversal(draft, monkeypatch):
    """Else a reversal that is stored at this moment reaches the challenge neither now nor later."""
    monkeypatch.setattr(kept_activities, "ACTIVITIES_AT_ONCE", 1)
    monkeypatch.setattr(kept_activities, "_go_on", lambda run_id: None)
    send(draft, 10)
    send(draft, 40, uid="order-a")
    go_live(draft)
    run = KeptActivityRun.objects.get()

    beside(
        lambda: send(draft, activity_id="refund", reversal_of="order-a"),
        lambda: kept_activities.advance(run.id),
    )

    assert value_of(draft) == 10


# --- Locks of rows: the engine ----------------------------------------------------------------------------


def test_backfill_waits_for_a_reversal_of_its_row(challenge, now, monkeypatch):
    """Else it would pay and complete by the value from before the reversal."""
    interrupted_edit(challenge, monkeypatch)
    (order,) = ChallengeLog.objects.values_list("unique_identifier", flat=True)

    (reversal,), _ = beside(
        lambda: intake.record([entry(challenge, at=now, reversal_of=order)], at=now),
        lambda: backfill.finish_backfill(challenge.id),
    )

    assert reversal.log.counted
    assert (value_of(challenge), paid(challenge)) == (0, [Decimal(50)])
    assert progress_of(challenge).challenge_completed_at is None


def test_reversal_waits_for_another_of_the_same_log(challenge, now):
    log_activity(challenge, 100, at=now, uid="order-a")

    def reverse(value):
        return intake.record([entry(challenge, value, at=now, reversal_of="order-a")], at=now)[0]

    first, second = beside(lambda: reverse(60), lambda: reverse(60))

    assert [first.log.counted_value, second.log.counted_value] == [-60_0000, -40_0000]
    assert value_of(challenge) == 0


def test_early_reversal_waits_for_the_original_that_takes_its_place(challenge, now):
    """Else neither sees the other: the order does not know of it, and it waits for ever."""

    def reverse(uid):
        return intake.record([entry(challenge, 30, at=now, uid=uid, reversal_of="order-a")], at=now)[0]

    reverse("refund-1")

    order, second = beside(
        lambda: log_activity(challenge, 100, at=now, uid="order-a"), lambda: reverse("refund-2")
    )

    assert (order.progress.value, second.log.counted_value) == (70_0000, -30_0000)
    assert value_of(challenge) == 40


@pytest.mark.parametrize("order_first", [True, False])
def test_reversal_of_an_activity_waits_for_the_one_that_takes_its_place(now, order_first):
    challenge = make_challenge(at=now, activity_ids=["purchase"])

    def record(uid, value, reversal_of=""):
        return activities.record([entry(challenge, value, at=now, uid=uid, reversal_of=reversal_of)], at=now)

    record("refund-1", 30, "order-a")
    sent = [lambda: record("order-a", 100), lambda: record("refund-2", 30, "order-a")]

    beside(*(sent if order_first else sent[::-1]))

    assert (value_of(challenge), breaches(now)) == (40, [])


def test_counting_by_hand_waits_for_a_reversal(challenge, now):
    make_member(status="paused", at=now)
    log = log_activity(challenge, 10, at=now, uid="order-a").log

    (reversal,), (counted,) = beside(
        lambda: intake.record([entry(challenge, at=now, reversal_of="order-a")], at=now),
        lambda: count_manually([log.id], "A mistake", None, timezone.now()),
    )

    assert (reversal.log.counted, counted.error and counted.error.code) == (False, "reversed")


def test_run_beside_itself_is_left_to_the_first(challenge, now, monkeypatch):
    """Else both would process the same logs, and the second refuse them all."""
    make_member(status="paused", at=now)
    for number in range(4):
        log_activity(challenge, 10, at=now, uid=f"order-{number}")
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 1)
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_REQUEST", 1)
    run = manual_count_runs.start(challenge.id, manual_count_runs.LogFilter(), "A mistake", None, now)

    beside(lambda: manual_count_runs.advance(run.id, 1), lambda: manual_count_runs.advance(run.id, 1))

    run = ManualCountRun.objects.get()
    assert (run.processed, run.counted, run.refused) == (2, 2, 0)


# --- Locks of rows: members and rewards -------------------------------------------------------------------


def test_member_is_erased_once_by_two_at_once(now):
    member = make_member(at=now)

    first, second = beside(lambda: erasing.erase(member, at=now), lambda: erasing.erase(member, at=now))

    assert first.external_id == second.external_id == Member.objects.get(id=member.id).external_id
    assert StaffAction.objects.filter(action="erase_member").count() == 1


def test_edit_of_a_member_waits_for_its_erasure(now):
    """Else the name would stand again on a row without an identity."""
    member = make_member(at=now, first_name="Alice")

    _, refused = beside(
        lambda: erasing.erase(member, at=now),
        lambda: member_service.edit(member.id, {"first_name": "Alicia"}, at=now),
    )

    assert getattr(refused, "code", refused) == "not_found"
    assert Member.objects.get(id=member.id).first_name == ""


def test_edit_of_a_reward_waits_for_another():
    reward = make_reward()
    renamed, limited = (Reward.objects.get(id=reward.id) for _ in range(2))
    renamed.name, limited.max_total = "10 % off", 5

    beside(lambda: reward_service.save(renamed, at=AT), lambda: reward_service.save(limited, at=AT))

    assert Reward.objects.values_list("name", "max_total").get() == ("10 % off", 5)


def test_import_of_codes_waits_for_the_removal_of_its_pool():
    pool = make_pool("FIRST")
    issue(due(make_member(), make_challenge(), pool))

    _, refused = beside(
        lambda: reward_service.remove(pool, at=AT), lambda: import_codes(pool.id, listed_codes(["LATE"]))
    )

    assert getattr(refused, "code", refused) == "not_found"
    assert not CouponCode.objects.filter(code="LATE").exists()


def revoke_by_policy(log):
    window = ReviewedWindow(
        log.member_id, log.challenge_id, "2026-11", 0, {log.threshold_id: 1}, revokes=True
    )
    return list(reversal_policy.review([window], AT).values())


def test_policy_waits_for_a_redemption():
    log = make_reward_log()

    _, revoked = beside(
        lambda: lifecycle.redeem(log.id, API_ACTOR, at=AT), lambda: atomically(revoke_by_policy, log)
    )

    assert (revoked, RewardLog.objects.get(id=log.id).status) == ([False], "redeemed")


def test_redemption_waits_for_the_policy():
    log = make_reward_log()

    revoked, redeemed = beside(
        lambda: revoke_by_policy(log), lambda: lifecycle.redeem(log.id, API_ACTOR, at=AT)
    )

    assert (revoked, redeemed.code) == ([True], "transition_not_allowed")
    assert RewardLog.objects.get(id=log.id).status == "revoked"


def atomically(function, *args):
    with transaction.atomic():
        return function(*args)


def issue(reward_due):
    return atomically(issuing.issue, [reward_due], AT)


def test_second_crossing_waits_for_the_last_place_under_a_limit():
    reward, challenges = make_reward(max_total=1), [make_challenge(), make_challenge()]
    first, second = (due(make_member(f"member-{n}"), challenges[n], reward) for n in range(2))

    beside(lambda: issue(first), lambda: issue(second))

    statuses = RewardLog.objects.order_by("member__external_id").values_list("status", flat=True)
    assert list(statuses) == ["issued", "capped"]


def test_removal_of_a_reward_waits_for_who_links_it():
    reward = make_reward()
    issue(due(make_member(), make_challenge(), reward))

    _, refused = beside(
        lambda: make_challenge(completion_reward=reward), lambda: reward_service.remove(reward, at=AT)
    )

    assert (getattr(refused, "code", refused), Reward.objects.get(id=reward.id).archived_at) == (
        "in_use",
        None,
    )


def test_withdrawal_leaves_the_code_that_is_being_given():
    pool = make_pool("FIRST", "SECOND")

    _, withdrawn = beside(
        lambda: issue(due(make_member(), make_challenge(), pool)),
        lambda: code_withdrawal.withdraw(pool.id, None, "The wrong file", at=AT),
    )

    assert withdrawn == 1
    assert list(CouponCode.objects.values_list("code", flat=True)) == ["FIRST"]


def test_code_that_is_being_given_is_refused_for_another(monkeypatch):
    """The insert of the same code waits too: here it has met the free code before that was being given."""
    pool = make_pool()
    waiting = make_reward_log("pending_code", reward=pool)
    given = make_reward_log("issued", reward=pool)
    code = CouponCode.objects.create(reward=pool, code="KEPT", created_at=AT)

    monkeypatch.setattr(Table, "insert", lambda *args: [])
    _, refused = beside(
        lambda: allocation.assign({given.id: code.id}),
        lambda: lifecycle.fill_code(waiting.id, "KEPT", API_ACTOR, at=AT),
    )

    assert (getattr(refused, "code", refused), CouponCode.objects.get().reward_log_id) == (
        "code_taken",
        given.id,
    )


def test_two_crossings_take_two_codes():
    pool, challenge = make_pool("FIRST", "SECOND"), make_challenge()
    first, second = (due(make_member(f"member-{n}"), challenge, pool) for n in range(2))

    beside(lambda: issue(first), lambda: issue(second))

    assert sorted(RewardLog.objects.values_list("coupon_code", flat=True)) == ["FIRST", "SECOND"]


def test_two_fills_give_a_waiting_log_one_code():
    pool = make_pool()
    log = make_reward_log("pending_code", reward=pool)
    CouponCode.objects.bulk_create(
        CouponCode(reward=pool, code=code, created_at=AT) for code in ("FIRST", "SECOND")
    )

    beside(lambda: pending_codes.fill(pool.id), lambda: pending_codes.fill(pool.id))

    assert RewardLog.objects.get(id=log.id).coupon_code == "FIRST"
    assert list(CouponCode.objects.filter(reward_log=None).values_list("code", flat=True)) == ["SECOND"]


def test_fill_waits_for_a_code_that_another_may_give_back():
    """With `SKIP LOCKED` a log would stay without a code although one becomes free again."""
    pool = make_pool("FIRST", "SECOND")
    log = make_reward_log("pending_code", reward=pool)

    beside(lambda: CouponCode.objects.filter(code="FIRST").delete(), lambda: pending_codes.fill(pool.id))

    assert RewardLog.objects.get(id=log.id).coupon_code == "SECOND"

"""verify_ledger: silent over a sound ledger, and a line for each row that breaks an invariant."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from challenges.editing import service
from challenges.engine import backfill
from challenges.maintenance import audit, window_audit
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from core.ids import uuid7
from core.write_guard import bypassing_services
from rewards.domain import lifecycle, reward_service
from rewards.models import CouponCode, Reward, RewardLog
from tests.builders import (
    HOUR,
    NOW,
    add_codes,
    log_activity,
    make_challenge,
    make_milestone,
    make_reward,
    take_back,
)
from tests.concurrency.writers import without


@pytest.fixture
def challenge(db):
    """Alice is past 200 and completed, with a small refund; bob is at 150."""
    challenge = make_challenge()
    make_milestone(challenge, 200)
    log_activity(challenge, 540, uid="order-a")
    log_activity(challenge, 150, member="bob")
    take_back(challenge, "order-a", "0.5")
    make_reward(code_source="shared", shared_code="SUMMER")
    return challenge


def lines(at=NOW):
    return [*audit.breaches(at), *window_audit.breaches()]


def change(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, [each.hex if isinstance(each, UUID) and is_sqlite() else each for each in params])


def is_sqlite():
    return connection.vendor == "sqlite"


WHERE = "member alice, challenge {}, window 2026-11: "


def test_a_sound_ledger_has_no_breaches(challenge):
    assert lines() == []


def test_one_a_sum_that_is_not_that_of_its_logs(challenge):
    change("UPDATE challenges_challengeprogress SET current_progress_value = current_progress_value + 1 "
           "WHERE challenge_completed_at IS NOT NULL")  # fmt: skip

    assert lines() == [f"1: {WHERE.format(challenge.id)}progress says 539.5001, its logs add up to 539.5"]


def test_one_logs_without_a_row(challenge):
    ChallengeProgress.objects.filter(member__external_id="bob").delete()

    assert lines() == [
        f"1: member bob, challenge {challenge.id}, window 2026-11: progress says 0, its logs add up to 150"
    ]


def test_one_a_row_without_logs(challenge):
    ChallengeLog.objects.filter(member__external_id="bob").delete()

    assert [line[:2] for line in lines()] == ["1:"]


@pytest.mark.django_db(transaction=True)
def test_two_a_second_row_for_a_window(challenge):
    with without(ChallengeProgress, "progress_one_per_window"):
        twin = ChallengeProgress.objects.get(member__external_id="bob")
        twin.pk, twin.current_progress_value = uuid7(), 0
        twin._state.adding = True
        twin.save()

        assert lines() == [f"2: member bob, challenge {challenge.id}, window 2026-11: 2 progress rows"]


@pytest.mark.django_db(transaction=True)
def test_three_a_threshold_paid_twice(challenge):
    CouponCode.objects.all().delete()
    with without(RewardLog, "reward_log_paid_once"):
        twin = RewardLog.objects.get(milestone=None)
        twin.pk, twin.coupon_code = uuid7(), "OTHER"
        twin._state.adding = True
        twin.save()

        assert lines() == [f"3: {WHERE.format(challenge.id)}2 reward logs for the threshold {challenge.id}"]


def test_four_completed_and_not_paid(challenge):
    CouponCode.objects.all().delete()
    RewardLog.objects.filter(milestone=None).delete()

    assert lines() == [f"4: {WHERE.format(challenge.id)}completed without its reward log"]


def test_four_past_a_milestone_and_not_paid(challenge):
    CouponCode.objects.all().delete()
    milestone = RewardLog.objects.exclude(milestone=None).get().milestone_id
    RewardLog.objects.exclude(milestone=None).delete()

    assert lines() == [
        f"4: {WHERE.format(challenge.id)}539.5 is past milestone {milestone} at 200 without its reward log"
    ]
    closed = ChallengeProgress.objects.first().window_ends_at
    assert lines(closed) == lines()


def test_four_waits_for_an_edit_that_is_still_being_paid(challenge, monkeypatch):
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1)
    make_milestone(challenge, 100, at=NOW)

    assert lines() == []
    assert list(audit.moving_backfills(NOW)) == [
        f"challenge {challenge.id}: an edit of {NOW} is still being paid, last at {NOW}",
    ]


def test_five_a_unique_code_on_two_reward_logs(challenge):
    given = CouponCode.objects.unique().first()
    other = RewardLog.objects.exclude(coupon_code=given.code).get()
    change("UPDATE rewards_rewardlog SET coupon_code = %s WHERE id = %s", given.code, other.id)

    assert lines() == [
        f"5: coupon code {given.code} is on reward log {other.id} of member alice, but was given to "
        f"reward log {given.reward_log_id} of member alice: re-issue the code of one of them"
    ]


def test_five_a_shared_code_may_be_on_many(challenge):
    shared = Reward.objects.get(shared_code="SUMMER")
    RewardLog.objects.update(reward=shared, coupon_code="SUMMER")

    assert lines() == []


def share_past_the_service(code):
    """A shared reward as 0.1 let an import store it."""
    with bypassing_services("a twin for the audit to find"):
        return Reward.objects.create(
            name="Twin", code_source="shared", shared_code=code, created_at=NOW, updated_at=NOW
        )


def test_five_a_shared_code_that_is_somebodys_own(challenge):
    own = CouponCode.objects.unique().first()
    twin = share_past_the_service(own.code)
    other = make_challenge(name="Other", completion_target_value=1, completion_reward=twin)
    log_activity(other, 1, member="bob")
    bobs = RewardLog.objects.get(challenge=other)

    assert bobs.coupon_code == own.code
    assert lines() == [
        f"5: coupon code {own.code} is on reward log {bobs.id} of member bob, but was given to reward log "
        f"{own.reward_log_id} of member alice: re-issue the code of one of them",
        f"5: reward {twin.id} (Twin) shares the code {own.code}, which is member alice's own, on reward log "
        f"{own.reward_log_id}: give the reward another shared code",
    ]


def test_five_a_twin_is_mended_as_its_lines_say(challenge):
    own = CouponCode.objects.unique().first()
    twin = Reward.objects.get(id=share_past_the_service(own.code).id)
    other = make_challenge(name="Other", completion_target_value=1, completion_reward=twin)
    log_activity(other, 1, member="bob")

    twin.shared_code = "FOR-EVERYBODY"
    reward_service.save(twin, at=NOW)
    bobs = RewardLog.objects.get(challenge=other)
    lifecycle.reissue(bobs.id, lifecycle.support_actor(None, "It was alice's"), at=NOW)

    assert RewardLog.objects.get(id=bobs.id).coupon_code == "FOR-EVERYBODY"
    assert lines() == []


def test_five_a_shared_code_that_is_free_in_a_pool(challenge):
    pool = make_reward("pool")
    add_codes(pool, "FREE")
    twin = share_past_the_service("FREE")
    log = RewardLog.objects.first()
    RewardLog.objects.filter(id=log.id).update(coupon_code="FREE")

    assert lines() == [
        f"5: coupon code FREE is on reward log {log.id} of member alice, but is a free code of "
        f"reward {pool.id}: withdraw it there, or re-issue the reward log's",
        f"5: reward {twin.id} (Twin) shares the code FREE, which is a free code of reward {pool.id}: "
        "withdraw it there, or give this reward another shared code",
    ]


def test_six_completed_outside_of_the_window(challenge):
    later = NOW + timedelta(days=40)
    ChallengeProgress.objects.exclude(challenge_completed_at=None).update(challenge_completed_at=later)

    assert [line[:2] for line in lines()] == ["6:", "6:"]
    assert "completed at 2027-01-01 12:00:00" in lines()[0]


def test_six_a_completion_that_turned_back(challenge):
    ChallengeProgress.objects.update(challenge_completed_at=None)

    where = WHERE.format(challenge.id)
    assert lines() == [
        f"6: {where}paid for a completion that its row does not have",
        f"10: {where}539.5 reached its target and is not completed",
    ]


def test_six_another_time_than_that_of_the_log_that_crossed(challenge):
    ChallengeProgress.objects.exclude(challenge_completed_at=None).update(challenge_completed_at=NOW - HOUR)

    assert [line.split(": ", 2)[2][:26] for line in lines()] == ["completed at 2026-11-22 11"]


def test_the_command_prints_breaches_and_exits_with_one(challenge):
    # The command asks at the process's clock: long after, or before, this test's November.
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert out.getvalue() == ""

    ChallengeProgress.objects.update(challenge_completed_at=None)
    with pytest.raises(SystemExit) as left:
        call_command("verify_ledger", stdout=out)

    assert left.value.code == 1
    assert out.getvalue().splitlines() == lines(timezone.now())


def note_backfill(**values):
    with bypassing_services("an edit that was interrupted"):
        Challenge.objects.update(**values)


def test_the_command_tells_of_an_edit_that_is_paying_and_exits_with_zero(challenge):
    just_now = timezone.now()
    note_backfill(settling_since=NOW, settling_moved_at=just_now)
    out, errors = StringIO(), StringIO()

    call_command("verify_ledger", stdout=out, stderr=errors)

    assert out.getvalue() == ""
    assert errors.getvalue().strip() == (
        f"challenge {challenge.id}: an edit of {NOW} is still being paid, last at {just_now}"
    )


@pytest.mark.parametrize("moved_at", [NOW, None], ids=["moved", "of an earlier release"])
def test_an_edit_that_owes_and_does_not_move_is_a_breach(challenge, moved_at):
    note_backfill(settling_since=NOW, settling_moved_at=moved_at)
    out = StringIO()

    with pytest.raises(SystemExit) as left:
        call_command("verify_ledger", stdout=out)

    assert left.value.code == 1
    assert out.getvalue().strip() == (
        f"4: challenge {challenge.id}: an edit of {NOW} is still being paid, "
        f"and nothing has moved since {NOW}"
    )


def test_two_minutes_without_a_move_are_the_limit(challenge):
    note_backfill(settling_since=NOW - HOUR, settling_moved_at=NOW)
    limit = NOW + backfill.INTERRUPTED_AFTER

    assert [len(list(audit.stalled_backfills(at))) for at in (limit, limit + timedelta(seconds=1))] == [0, 1]
    assert [len(list(audit.moving_backfills(at))) for at in (limit, limit + timedelta(seconds=1))] == [1, 0]


def test_archived_challenges_are_checked_too(challenge):
    service.remove(challenge, at=NOW)
    ChallengeProgress.objects.update(challenge_completed_at=None)

    assert [line.split(":")[0] for line in lines()] == ["6", "10"]

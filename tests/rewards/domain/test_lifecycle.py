from datetime import timedelta

import pytest

from access.models.staff_action import StaffAction
from core.errors import DomainError
from core.ids import uuid7
from rewards.domain import lifecycle, reward_service
from rewards.domain.lifecycle import API_ACTOR, support_actor
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    add_codes,
    make_challenge,
    make_member,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
AGENT = support_actor(None, "the mail was lost")

ACTIONS = {
    "redeem": lambda log, by: lifecycle.redeem(log.id, by, at=LATER),
    "unredeem": lambda log, by: lifecycle.unredeem(log.id, by, at=LATER),
    "revoke": lambda log, by: lifecycle.revoke(log.id, by, at=LATER),
    "fill": lambda log, by: lifecycle.fill_code(log.id, "TYPED", by, at=LATER),
    "reissue": lambda log, by: lifecycle.reissue(log.id, by, at=LATER),
    "extend": lambda log, by: lifecycle.set_expiry(log.id, LATER + timedelta(days=1), by, at=LATER),
}
# From (a status as stored, or expired) by the API and by support; what is not here is refused.
BY_API = {
    ("redeem", "issued"): "redeemed",
    ("redeem", "redeemed"): "redeemed",
    ("unredeem", "redeemed"): "issued",
    ("unredeem", "issued"): "issued",
    ("unredeem", "expired"): "issued",
    ("revoke", "issued"): "revoked",
    ("revoke", "expired"): "revoked",
    ("revoke", "revoked"): "revoked",
    ("fill", "pending_code"): "issued",
    ("extend", "pending_code"): "pending_code",
    ("extend", "issued"): "issued",
    ("extend", "expired"): "issued",
}
BY_SUPPORT = {
    **BY_API,
    ("revoke", "pending_code"): "revoked",
    ("reissue", "issued"): "issued",
    ("reissue", "expired"): "issued",
    ("reissue", "revoked"): "issued",
    ("reissue", "capped"): "issued",
}


def make_log_of(status):
    ends = {"expired": NOW + timedelta(minutes=1), "capped": None}
    code = "" if status in ("pending_code", "capped") else f"CODE-{uuid7()}"
    stored = "issued" if status == "expired" else status
    return make_reward_log(
        stored, coupon_code=code, reward_expiry_at=ends.get(status, LATER + timedelta(hours=1))
    )


@pytest.mark.parametrize("status", ["pending_code", "issued", "expired", "redeemed", "revoked", "capped"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(("by", "table"), [(API_ACTOR, BY_API), (AGENT, BY_SUPPORT)])
def test_action_follows_the_table_or_changes_nothing(action, status, by, table):
    log = make_log_of(status)
    before = RewardLog.objects.values().get()
    to = table.get((action, status))

    if to:
        ACTIONS[action](log, by)
        log.refresh_from_db()
        assert log.status == to
    else:
        with pytest.raises(DomainError) as refusal:
            ACTIONS[action](log, by)
        assert refusal.value.code == "transition_not_allowed"
        assert RewardLog.objects.values().get() == before


@pytest.mark.parametrize(
    ("action", "status"),
    [("redeem", "issued"), ("unredeem", "redeemed"), ("revoke", "issued"), ("fill", "pending_code")],
)
def test_action_done_twice_changes_nothing(action, status):
    log = make_log_of(status)
    ACTIONS[action](log, API_ACTOR)
    once = RewardLog.objects.values().get()

    ACTIONS[action](log, API_ACTOR)

    assert RewardLog.objects.values().get() == once


def test_redeem_keeps_the_time_of_the_first():
    log = make_log_of("issued")
    lifecycle.redeem(log.id, API_ACTOR, at=NOW)

    again = lifecycle.redeem(log.id, API_ACTOR, at=LATER)

    assert (again.redeemed_at, again.updated_at) == (NOW, NOW)


def test_redeem_ends_at_the_expiry_and_not_before():
    log = make_reward_log(reward_expiry_at=LATER)
    late = make_reward_log(reward_expiry_at=LATER)

    lifecycle.redeem(log.id, API_ACTOR, at=LATER - timedelta(microseconds=1))

    with pytest.raises(DomainError):
        lifecycle.redeem(late.id, API_ACTOR, at=LATER)


def test_unredeem_forgets_the_redemption():
    log = lifecycle.unredeem(make_log_of("redeemed").id, API_ACTOR, at=LATER)

    assert log.redeemed_at is None


def test_unknown_log_is_not_found():
    with pytest.raises(DomainError) as refusal:
        lifecycle.redeem(uuid7(), API_ACTOR, at=NOW)

    assert refusal.value.status == "not_found"


def test_revoke_frees_a_place_under_the_cap_and_keeps_the_code():
    pool = make_pool("ONE", "TWO", max_total=1)
    challenge = make_challenge()
    log = pay(make_member(), challenge, pool)

    lifecycle.revoke(log.id, API_ACTOR, at=LATER)
    next_one = pay(make_member(), challenge, pool)

    log.refresh_from_db()
    assert (log.coupon_code, next_one.coupon_code) == ("ONE", "TWO")


def test_fill_code_begins_the_validity_and_registers_the_code():
    reward = make_reward("external", valid_for_days=1)
    log = pay(make_member(), make_challenge(), reward)

    filled = lifecycle.fill_code(log.id, " TYPED ", API_ACTOR, at=LATER)

    assert (filled.status, filled.coupon_code, filled.reward_issued_at) == ("issued", "TYPED", LATER)
    assert filled.reward_expiry_at == (NOW + timedelta(days=2)).replace(hour=0)
    assert CouponCode.objects.get().reward_log == log


def test_fill_code_keeps_an_expiry_set_before():
    log = pay(make_member(), make_challenge(), make_reward("external", valid_for_days=1))
    lifecycle.set_expiry(log.id, LATER + timedelta(days=30), API_ACTOR, at=NOW)

    filled = lifecycle.fill_code(log.id, "TYPED", API_ACTOR, at=LATER)

    assert filled.reward_expiry_at == LATER + timedelta(days=30)


def test_fill_code_may_take_a_free_code_of_its_own_pool():
    pool = make_pool()
    log = pay(make_member(), make_challenge(), pool)
    add_codes(pool, "FREE")

    lifecycle.fill_code(log.id, "FREE", API_ACTOR, at=LATER)

    assert CouponCode.objects.get().reward_log == log


@pytest.mark.parametrize("code", ["GIVEN", "OTHERS", "EVERYBODY", "ONCE"])
def test_fill_code_refuses_what_is_kept_for_others(code):
    make_pool("OTHERS")
    shared = make_reward("shared", shared_code="ONCE")
    pay(make_member(), make_challenge(), shared)
    shared.shared_code = "EVERYBODY"
    reward_service.save(shared, at=NOW)
    pay(make_member(), make_challenge(), make_pool("GIVEN"))
    log = pay(make_member(), make_challenge(), make_reward("external"))

    with pytest.raises(DomainError) as refusal:
        lifecycle.fill_code(log.id, code, API_ACTOR, at=LATER)

    assert (refusal.value.code, refusal.value.field, refusal.value.status) == (
        "code_taken",
        "coupon_code",
        "conflict",
    )
    log.refresh_from_db()
    assert log.status == "pending_code"


@pytest.mark.parametrize("code", ["", "  ", "x" * 257, "A\u200bB", "A\nB"])
def test_fill_code_refuses_what_can_be_no_code(code):
    with pytest.raises(DomainError) as refusal:
        lifecycle.fill_code(make_log_of("pending_code").id, code, API_ACTOR, at=LATER)

    assert (refusal.value.code, refusal.value.field) == ("invalid_code", "coupon_code")


def test_reissue_gives_another_code_and_never_returns_the_old_one():
    pool = make_pool("OLD", "NEW", valid_for_days=1)
    log = pay(make_member(), make_challenge(), pool)

    lifecycle.reissue(log.id, AGENT, at=LATER)

    log.refresh_from_db()
    assert (log.coupon_code, log.reward_issued_at) == ("NEW", LATER)
    assert set(CouponCode.objects.values_list("code", "reward_log")) == {("OLD", log.id), ("NEW", log.id)}


@pytest.mark.parametrize("status", ["issued", "revoked", "capped"])
def test_reissue_generates_for_a_generated_reward(status):
    log = make_reward_log(
        status, coupon_code="" if status == "capped" else "OLD", reward=make_reward(code_prefix="X-")
    )

    lifecycle.reissue(log.id, AGENT, at=LATER)

    log.refresh_from_db()
    assert (log.status, log.coupon_code[:2]) == ("issued", "X-")
    assert CouponCode.objects.get().code == log.coupon_code


def test_reissue_of_an_empty_pool_is_refused():
    log = pay(make_member(), make_challenge(), make_pool("ONLY"))

    with pytest.raises(DomainError) as refusal:
        lifecycle.reissue(log.id, AGENT, at=LATER)

    assert (refusal.value.code, refusal.value.status) == ("pool_empty", "conflict")


@pytest.mark.parametrize(
    ("source", "code"), [("shared", "no_other_code"), ("none", "no_other_code"), ("external", "required")]
)
def test_reissue_without_another_code_asks_to_type_one(source, code):
    reward = make_reward(source)
    log = make_reward_log(reward=reward, coupon_code=reward.shared_code)

    with pytest.raises(DomainError) as refusal:
        lifecycle.reissue(log.id, AGENT, at=LATER)
    typed = lifecycle.reissue(log.id, AGENT, at=LATER, code="TYPED")

    assert (refusal.value.code, refusal.value.field) == (code, "coupon_code")
    assert typed.coupon_code == "TYPED"


def test_reissue_of_a_revoked_shared_reward_gives_the_shared_code_again():
    log = make_reward_log("revoked", reward=make_reward("shared"), coupon_code="EVERYBODY")

    assert lifecycle.reissue(log.id, AGENT, at=LATER).status == "issued"


def test_reissue_clicked_twice_gives_one_code():
    log = pay(make_member(), make_challenge(), make_reward())
    lifecycle.reissue(log.id, AGENT, at=LATER, instead_of=log.coupon_code)

    with pytest.raises(DomainError) as refusal:
        lifecycle.reissue(log.id, AGENT, at=LATER, instead_of=log.coupon_code)

    assert (refusal.value.code, refusal.value.status) == ("changed_meanwhile", "conflict")
    assert CouponCode.objects.count() == 2


@pytest.mark.parametrize("act", [ACTIONS["reissue"], ACTIONS["extend"]])
def test_support_must_say_why(act):
    log = make_reward_log(reward_expiry_at=LATER)

    with pytest.raises(DomainError) as refusal:
        act(log, support_actor(None, "  "))

    assert (refusal.value.code, refusal.value.field) == ("required", "reason")


def test_extended_expiry_makes_an_expired_code_good_again():
    log = make_log_of("expired")

    lifecycle.set_expiry(log.id, LATER + timedelta(days=1), AGENT, at=LATER)

    assert lifecycle.redeem(log.id, API_ACTOR, at=LATER).status == "redeemed"


@pytest.mark.parametrize("ends", [LATER - timedelta(days=1), NOW, None])
def test_support_only_extends(ends):
    log = make_reward_log(reward_expiry_at=LATER)

    if ends is None:
        assert lifecycle.set_expiry(log.id, None, AGENT, at=NOW).reward_expiry_at is None
        return
    with pytest.raises(DomainError) as refusal:
        lifecycle.set_expiry(log.id, ends, AGENT, at=NOW)
    assert (refusal.value.code, refusal.value.field) == ("not_extended", "reward_expiry_at")


def test_support_cannot_extend_what_never_ends():
    with pytest.raises(DomainError):
        lifecycle.set_expiry(make_reward_log().id, LATER, AGENT, at=NOW)


def test_api_may_shorten():
    log = make_reward_log(reward_expiry_at=LATER + timedelta(days=9))

    lifecycle.set_expiry(log.id, LATER, API_ACTOR, at=NOW)

    assert RewardLog.objects.get().status_at(LATER) == "expired"


@pytest.mark.parametrize("action", ["redeem", "revoke", "reissue", "extend"])
def test_what_support_does_is_in_the_history(action, django_user_model):
    agent = django_user_model.objects.create(username="sam")
    log = make_reward_log(reward_expiry_at=LATER + timedelta(hours=1))

    ACTIONS[action](log, support_actor(agent, "the mail was lost"))

    noted = StaffAction.objects.get()
    assert (noted.action, noted.actor, noted.reason, noted.created_at) == (
        action,
        agent,
        "the mail was lost",
        LATER,
    )
    assert (noted.target_id, noted.member_id) == (str(log.id), log.member_id)


def test_history_tells_what_was_before_and_after():
    log = make_reward_log("revoked", coupon_code="OLD", reward=make_reward("shared"))

    lifecycle.reissue(log.id, AGENT, at=LATER)

    assert StaffAction.objects.get().detail == {
        "status": ["revoked", "issued"],
        "coupon_code": ["OLD", "EVERYBODY"],
        "reward_issued_at": [NOW.isoformat(), LATER.isoformat()],
        "reward_expiry_at": [None, None],
    }


def test_what_the_api_or_support_repeats_is_not_in_the_history_again():
    log = make_reward_log()

    lifecycle.redeem(log.id, API_ACTOR, at=NOW)
    lifecycle.redeem(log.id, API_ACTOR, at=LATER)
    lifecycle.redeem(log.id, AGENT, at=LATER)

    assert StaffAction.objects.get().created_at == NOW


def test_refused_change_leaves_no_trace_in_the_history():
    with pytest.raises(DomainError):
        lifecycle.redeem(make_reward_log("revoked").id, AGENT, at=LATER)

    assert not StaffAction.objects.exists()

"""Activity that is taken back: whole, in parts, twice, of what did not count, and what becomes of rewards."""

import pytest

from challenges.editing import service
from challenges.engine import intake
from challenges.engine.manual_count import count_manually
from challenges.models import ChallengeLog
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    add_codes,
    breaches,
    entry,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
    paid,
    progress_of,
    refusal,
    take_back,
    value_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return make_challenge()


def statuses(challenge):
    logs = RewardLog.objects.filter(challenge=challenge)
    return {log.milestone.name if log.milestone else "completion": log.status for log in logs}


def test_a_reversal_takes_all_of_its_original_back(challenge):
    log_activity(challenge, 150, uid="order-a")
    log_activity(challenge, 100)

    outcome = take_back(challenge, "order-a", uid="refund-a")

    assert (outcome.status, outcome.log.counted, outcome.log.counted_value) == ("created", True, -150_0000)
    assert (outcome.progress.value, value_of(challenge)) == (100_0000, 100)


def test_reversals_take_parts_until_nothing_is_left(challenge):
    log_activity(challenge, 150, uid="order-a")

    parts = [take_back(challenge, "order-a", part) for part in (50, "99.9999", None)]
    over = take_back(challenge, "order-a")

    assert [part.log.counted_value for part in parts] == [-50_0000, -99_9999, -1]
    assert (over.status, over.log.counted, over.log.reason_code) == ("created", False, "nothing_left")
    assert value_of(challenge) == 0


def test_a_reversal_of_more_than_is_left_takes_what_is_left(challenge):
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "order-a", 100)

    outcome = take_back(challenge, "order-a", "50.0001")

    assert (outcome.log.activity_value, outcome.log.counted_value) == (50_0001, -50_0000)
    assert (value_of(challenge), breaches(NOW)) == (0, [])


def test_a_free_order_is_taken_back_once(challenge):
    log_activity(challenge, 0, uid="free")

    outcomes = [take_back(challenge, "free", value) for value in (None, 5)]

    assert [outcome.log.reason_code for outcome in outcomes] == ["", "nothing_left"]
    assert (value_of(challenge), breaches(NOW)) == (0, [])


def test_a_reversal_is_idempotent(challenge):
    log_activity(challenge, 150, uid="order-a")
    first = take_back(challenge, "order-a", 50, uid="refund-a")

    again = take_back(challenge, "order-a", 50, uid="refund-a")
    whole = take_back(challenge, "order-a", uid="refund-b")
    whole_again = take_back(challenge, "order-a", uid="refund-b")

    assert (again.status, again.log.id) == ("replayed", first.log.id)
    assert (whole_again.status, whole_again.log.id) == ("replayed", whole.log.id)
    assert value_of(challenge) == 0


def test_a_reversal_under_a_known_identifier_is_a_conflict(challenge):
    log_activity(challenge, 150, uid="order-a")
    log_activity(challenge, 10, uid="order-b")

    outcome = take_back(challenge, "order-a", 10, uid="order-b")

    assert refusal(outcome) == [("duplicate_conflict", "reversal_of")]


def test_a_reversal_of_a_reversal_is_refused(challenge):
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "order-a", uid="refund-a")

    assert refusal(take_back(challenge, "refund-a")) == [("reversal_of_reversal", "reversal_of")]


def test_a_reversal_of_itself_is_refused(challenge):
    assert refusal(take_back(challenge, "a", uid="a")) == [("reversal_of_reversal", "reversal_of")]
    assert ChallengeLog.with_placeholders.count() == 0


def test_two_that_reverse_each_other_in_a_batch_are_refused(challenge):
    outcomes = intake.record(
        [entry(challenge, reversal_of="b", uid="a"), entry(challenge, reversal_of="a", uid="b")], at=NOW
    )

    assert [refusal(outcome) for outcome in outcomes] == [[("reversal_of_reversal", "reversal_of")]] * 2


def test_an_unknown_original_is_one_of_this_member_and_challenge(challenge):
    log_activity(challenge, 150, uid="order-a")
    log_activity(make_challenge(name="Other"), 150, uid="order-b")

    outcomes = [
        take_back(challenge, "order-z"),
        take_back(challenge, "order-b"),
        take_back(challenge, "order-a", member="bob"),
        take_back(challenge, "order-a", member="stranger"),
    ]

    assert [(o.log.reason_code, o.log.period_key) for o in outcomes] == [("original_unknown", "")] * 4
    assert (value_of(challenge), breaches(NOW)) == (150, [])


def test_a_reversal_of_a_log_that_did_not_count_is_stored_and_does_not_count(challenge):
    make_member(status="paused")
    log_activity(challenge, 150, uid="order-a")

    outcome = take_back(challenge, "order-a", 50)

    assert (outcome.status, outcome.log.counted, outcome.log.reason_code) == (
        "created",
        False,
        "original_not_counted",
    )
    assert ChallengeLog.objects.count() == 2


def test_a_visit_falls_when_nothing_of_its_value_is_left():
    visits = make_challenge(aggregation_method="count", completion_target_value=10)
    log_activity(visits, uid="visit-a")
    log_activity(visits, 30, uid="visit-b")

    values = []
    for original, part in (("visit-a", "0.5"), ("visit-b", 10), ("visit-b", "19.9999"), ("visit-b", 5)):
        take_back(visits, original, part)
        values.append(value_of(visits))

    assert (values, breaches(NOW)) == ([1, 1, 1, 0], [])
    assert take_back(visits, "visit-b").log.reason_code == "nothing_left"


def test_a_reversal_acts_on_the_originals_window_whenever_it_comes(challenge):
    log_activity(challenge, 150, uid="order-a")
    challenge.status = "paused"
    service.save(challenge, at=NOW)

    outcome = take_back(challenge, "order-a", at=NOW + DAY, received_at=NOW + 100 * DAY)

    assert (outcome.log.period_key, outcome.log.counted, value_of(challenge)) == ("2026-11", True, 0)


def test_a_reversal_reaches_an_archived_challenge():
    challenge = revoking()
    log_activity(challenge, 150, uid="order-a")
    service.remove(challenge, at=NOW)

    outcomes = [take_back(challenge, "order-a"), log_activity(challenge, 10)]

    assert outcomes[0].log.counted
    assert refusal(outcomes[1]) == [("unknown_challenge", "challenge")]
    assert (value_of(challenge), issued_targets(challenge)) == (0, [])


def test_a_refund_of_a_completing_order_keeps_completion_and_rewards_by_default(challenge):
    make_milestone(challenge, 200)
    log_activity(challenge, 500, uid="order-a")

    take_back(challenge, "order-a")

    assert statuses(challenge) == {"Spend 200": "issued", "completion": "issued"}
    assert progress_of(challenge).challenge_completed_at == NOW


def revoking(**fields):
    challenge = make_challenge(reversal_policy="revoke_unredeemed", **fields)
    for target in (100, 200):
        make_milestone(challenge, target)
    return challenge


def issued_targets(challenge):
    logs = RewardLog.objects.filter(challenge=challenge, status="issued")
    return sorted(log.milestone.milestone_target_value if log.milestone else 500 for log in logs)


def test_a_refund_revokes_what_the_value_no_longer_supports():
    challenge = revoking()
    log_activity(challenge, 500, uid="order-a")

    take_back(challenge, "order-a", 400)

    assert issued_targets(challenge) == [100]
    assert paid(challenge) == [100, 200, "completion"]


def test_a_refund_leaves_what_was_redeemed():
    challenge = revoking()
    log_activity(challenge, 150, uid="order-a")
    RewardLog.objects.update(status="redeemed", redeemed_at=NOW)

    take_back(challenge, "order-a")

    assert set(RewardLog.objects.values_list("status", flat=True)) == {"redeemed"}


def test_a_milestone_is_not_paid_twice_when_the_value_recovers():
    challenge = revoking()
    log_activity(challenge, 150, uid="order-a")
    before = RewardLog.objects.values().get()
    take_back(challenge, "order-a")
    assert RewardLog.objects.values_list("status", "revoked_from").get() == ("revoked", "issued")

    again = log_activity(challenge, 150, at=NOW + HOUR)

    after = RewardLog.objects.values().get()
    assert (again.issued, paid(challenge)) == ([], [100])
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_a_batch_may_hold_an_order_and_its_refund():
    challenge = revoking()

    outcomes = intake.record(
        [entry(challenge, 150, uid="order-a"), entry(challenge, reversal_of="order-a", uid="refund-a")],
        at=NOW,
    )

    assert [outcome.status for outcome in outcomes] == ["created", "created"]
    assert (value_of(challenge), paid(challenge), issued_targets(challenge)) == (0, [100], [])


def rows_of(challenge):
    """What is stored: (identifier, what it acts for, counted value or reason)."""
    logs = ChallengeLog.with_placeholders.filter(challenge=challenge).order_by("unique_identifier")
    return [(log.unique_identifier, log.counts_anyway, log.reason_code or log.counted_value) for log in logs]


def test_a_refund_before_its_order_keeps_its_place_and_acts_with_it(challenge):
    early = take_back(challenge, "order-a", 40, uid="refund-a")
    kept = rows_of(challenge)
    order = log_activity(challenge, 150, uid="order-a", at=NOW + HOUR)
    again = take_back(challenge, "order-a", 40, uid="refund-a")
    rest = take_back(challenge, "order-a", uid="refund-b", at=NOW + HOUR)

    assert kept == [("order-a", "", "placeholder"), ("refund-a", "", "original_unknown")]
    assert (early.log.period_key, early.progress) == ("", None)
    assert (order.log.counted_value, order.progress.value) == (150_0000, 110_0000)
    assert (again.status, again.log.id, again.log.reason_code) == (
        "replayed",
        early.log.id,
        "original_unknown",
    )
    assert rest.log.counted_value == -110_0000
    assert (f"count-anyway-{early.log.id}", "refund-a", -40) in rows_of(challenge)
    assert (value_of(challenge), breaches(NOW)) == (0, [])


def test_early_refunds_take_what_they_would_have_taken_later(challenge):
    for hour, (uid, value) in enumerate((("r1", 100), ("r2", 80), ("r3", None))):
        take_back(challenge, "order-a", value, uid=uid, at=NOW + hour * HOUR)

    order = log_activity(challenge, 150, uid="order-a", received_at=NOW + 3 * HOUR)

    acting = ChallengeLog.objects.exclude(counts_anyway="").order_by("counts_anyway")
    assert [(log.counts_anyway, log.counted_value) for log in acting] == [("r1", -100), ("r2", -50)]
    assert (order.progress.value, breaches(NOW)) == (0, [])


def test_a_reversal_under_the_awaited_identifier_takes_the_place_and_nothing_acts(challenge):
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "refund-a", uid="odd")
    taken = take_back(challenge, "order-a", 50, uid="refund-a")

    assert (taken.log.counted_value, value_of(challenge)) == (-50_0000, 100)
    assert refusal(take_back(challenge, "refund-a")) == [("reversal_of_reversal", "reversal_of")]
    assert not any("placeholder" in row for row in rows_of(challenge))
    assert breaches(NOW) == []


def test_an_early_refund_of_what_does_not_count_acts_when_that_is_counted_anyway(challenge):
    make_member(status="paused")
    take_back(challenge, "order-a", 40, uid="early")
    log = log_activity(challenge, 150, uid="order-a").log
    late = take_back(challenge, "order-a", 10, uid="late")

    (count,) = count_manually([log.id], "They asked.", None, NOW)

    assert (log.counted, late.log.reason_code) == (False, "original_not_counted")
    assert (count.log.counted_value, value_of(challenge)) == (100_0000, 100)
    assert take_back(challenge, "order-a", 130).log.counted_value == -100_0000
    assert (value_of(challenge), breaches(NOW)) == (0, [])


def test_what_was_taken_back_whole_is_not_counted_anyway(challenge):
    make_member(status="paused")
    log = log_activity(challenge, 150, uid="order-a").log
    take_back(challenge, "order-a", 200)

    (count,) = count_manually([log.id], "They asked.", None, NOW)

    assert count.error.code == "reversed"


def test_an_early_refund_saved_by_the_orm_meets_an_order_saved_by_the_orm(challenge):
    member = make_member()

    def save(uid, value, **fields):
        ChallengeLog(
            member=member,
            challenge=challenge,
            unique_identifier=uid,
            activity_at=NOW,
            activity_id="purchase",
            activity_value=value,
            **fields,
        ).save()

    save("refund-a", 40, reversal_of="order-a")
    save("order-a", 150)

    assert (value_of(challenge), breaches(NOW)) == (110, [])
    assert ChallengeLog.with_placeholders.filter(reason_code="placeholder").count() == 0


def test_placeholders_are_in_no_list(challenge, api):
    take_back(challenge, "order-a", uid="refund-a")

    (listed,) = api.get("/schema/challenge_log/record").json()["data"]

    assert (listed["uniqueIdentifier"], listed["periodKey"], listed["countedValue"]) == ("refund-a", None, 0)
    assert listed["reasonCode"] == "original_unknown"


@pytest.mark.parametrize("policy", ["keep", "revoke_unredeemed"])
@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_the_order_of_an_order_and_its_refund_does_not_matter(policy, early, together):
    challenge = revoking()
    challenge.reversal_policy = policy
    service.save(challenge, at=NOW)
    sent = [entry(challenge, 150, uid="order-a"), entry(challenge, 80, reversal_of="order-a", uid="refund")]
    sent = sent[::-1] if early else sent

    for batch in [sent] if together else [[each] for each in sent]:
        intake.record(batch, at=NOW)

    assert (value_of(challenge), paid(challenge), breaches(NOW)) == (70, [100], [])
    assert statuses(challenge) == {"Spend 100": "issued" if policy == "keep" else "revoked"}


# --- What the policy revoked, and gives back --------------------------------------------------------------


@pytest.mark.parametrize(("policy", "following"), [("keep", 200), ("revoke_unredeemed", 100)])
def test_what_the_policy_revoked_is_the_next_milestone_again(api, policy, following):
    challenge = revoking()
    challenge.reversal_policy = policy
    service.save(challenge, at=NOW)
    log_activity(challenge, 150, uid="order-a")
    take_back(challenge, "order-a", 80)

    (progress,) = api.get("/schema/challenge_progress/record").json()["data"]

    assert progress["nextMilestone"]["milestoneTargetValue"] == following
    assert len(progress["achievedMilestoneIds"]) == 1


def test_the_policy_judges_by_the_lower_of_the_target_paid_at_and_the_present_one():
    challenge = make_challenge(reversal_policy="revoke_unredeemed")
    milestone = make_milestone(challenge, 200)
    log_activity(challenge, 255, uid="order-a")
    before = RewardLog.objects.get()
    milestone.milestone_target_value = 300
    service.save_milestone(milestone, at=NOW + HOUR)

    seen = []
    for change in (-1, -55, 1, 101):
        if change < 0:
            take_back(challenge, "order-a", -change, at=NOW + 2 * HOUR)
        else:
            log_activity(challenge, change, at=NOW + 2 * HOUR)
        seen.append((value_of(challenge), RewardLog.objects.get().status))

    assert seen == [(254, "issued"), (199, "revoked"), (200, "issued"), (301, "issued")]
    assert (RewardLog.objects.get().coupon_code, breaches(NOW)) == (before.coupon_code, [])


REWARDS = {
    "generated": {},
    "shared": {"code_source": "shared", "shared_code": "SAVE"},
    "pool": {"code_source": "pool"},
    "empty pool": {"code_source": "pool"},
    "external": {"code_source": "external"},
    "capped": {"max_total": 1},
    "capped at two": {"max_total": 2},
    "expired": {"valid_until": NOW - HOUR},
    "none": {"code_source": "none"},
}


@pytest.fixture(params=REWARDS)
def rewarded(request):
    """A milestone of 100 with a reward of that kind, reached by bob, and by alice with her order "a"."""
    reward = make_reward(**REWARDS[request.param])
    if request.param == "pool":
        add_codes(reward, "ONE", "TWO", "THREE")
    challenge = make_challenge(reversal_policy="revoke_unredeemed")
    make_milestone(challenge, 100, reward=reward)
    log_activity(challenge, 100, member="bob")
    log_activity(challenge, 100, uid="a")
    return challenge


@pytest.mark.parametrize("refund_first", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_an_exchange_ends_as_it_began(rewarded, refund_first, together):
    before = RewardLog.objects.filter(member__external_id="alice").values().get()
    sent = [entry(rewarded, reversal_of="a", uid="refund"), entry(rewarded, 100, uid="b")]
    sent = sent if refund_first else sent[::-1]

    for batch in [sent] if together else [[each] for each in sent]:
        intake.record(batch, at=NOW)

    after = RewardLog.objects.filter(member__external_id="alice").values().get()
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert (value_of(rewarded), breaches(NOW)) == (100, [])


def test_reversals_of_many_members_travel_together(challenge):
    members = [f"member-{n}" for n in range(50)]
    intake.record([entry(challenge, 10, member=member, uid="order-a") for member in members], at=NOW)

    outcomes = intake.record([entry(challenge, 4, member=m, reversal_of="order-a") for m in members], at=NOW)

    assert {outcome.status for outcome in outcomes} == {"created"}
    assert {value_of(challenge, member) for member in members} == {6}

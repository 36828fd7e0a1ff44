"""The service for rule edits: what it refuses, what it stores, whom it pays, and what becomes of history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from challenges.editing import service
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from core.errors import DomainError, DomainErrors
from milestones.models import Milestone
from rewards.domain import reward_service
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    breaches,
    log_activity,
    make_challenge,
    make_milestone,
    make_reward,
    paid,
    progress_of,
    take_back,
    value_of,
    wait_for_original,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return make_challenge()


def edit(challenge, at=NOW, **fields):
    for name, value in fields.items():
        setattr(challenge, name, value)
    return service.save(challenge, at=at)


def unsaved_milestone(challenge, target, name="On the way"):
    return Milestone(
        challenge=challenge, name=name, description="d", milestone_target_value=target, status="live"
    )


def read(challenge):
    return Challenge.objects.get(id=challenge.id)


def refused(call, *args, **kwargs):
    """(code, field, status) of each refusal."""
    with pytest.raises(DomainError) as refusal:
        call(*args, **kwargs)
    errors = refusal.value.errors if isinstance(refusal.value, DomainErrors) else [refusal.value]
    return [(error.code, error.field, error.status) for error in errors]


# --- What is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": ""}, "blank", "name"),
        ({"name": "x" * 257}, "max_length", "name"),
        ({"description": "x" * 1025}, "max_length", "description"),
        ({"status": "over"}, "invalid_choice", "status"),
        ({"completion_target_value": None}, "null", "completion_target_value"),
        ({"completion_target_value": 0}, "not_positive", "completion_target_value"),
        ({"completion_target_value": Decimal("-1")}, "not_positive", "completion_target_value"),
        (
            {"aggregation_method": "count", "completion_target_value": Decimal("1.5")},
            "whole_number",
            "completion_target_value",
        ),
        ({"aggregation_period": "yearly"}, "invalid_choice", "aggregation_period"),
        ({"time_zone": "Europe/Berlni"}, "invalid_time_zone", "time_zone"),
        ({"starts_at": NOW, "ends_at": NOW}, "ends_before_start", "ends_at"),
        ({"late_grace_hours": 1441}, "max_value", "late_grace_hours"),
        ({"activity_ids": "purchase"}, "invalid", "activity_ids"),
        ({"activity_ids": [""]}, "invalid", "activity_ids"),
        ({"eud_title_en": "x" * 49}, "max_length", "eud_title_en"),
        ({"eud_title_en": "{{periodText}}"}, "variable_not_allowed", "eud_title_en"),
        ({"eud_failed_label_de": "{{x}}"}, "variable_not_allowed", "eud_failed_label_de"),
        (
            {"eud_failed_challenge_message_fr": "{{period}}"},
            "unknown_variable",
            "eud_failed_challenge_message_fr",
        ),
    ],
)
def test_save_refuses_a_challenge_and_names_the_field(fields, code, field):
    assert refused(make_challenge, **fields) == [(code, field, "invalid")]
    assert Challenge.objects.count() == 0


def test_save_names_every_bad_field_at_once(challenge):
    bad = {"name": "", "completion_target_value": 0, "time_zone": "Mars"}
    milestone = Milestone(
        challenge=challenge, name="", description="d", milestone_target_value=-1, status="live"
    )
    for name, value in bad.items():
        setattr(challenge, name, value)

    faults = refused(service.save, challenge, [milestone], at=NOW)

    assert [field for _code, field, _status in faults] == [
        "name",
        "completion_target_value",
        "time_zone",
        "milestones.0.name",
        "milestones.0.milestone_target_value",
    ]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"target": 0}, "not_positive", "milestone_target_value"),
        ({"target": "500.0001"}, "milestone_above_target", "milestone_target_value"),
        ({"name": ""}, "blank", "name"),
        ({"eud_milestone_title_en": "{{x}}"}, "variable_not_allowed", "eud_milestone_title_en"),
    ],
)
def test_save_milestone_refuses_and_names_the_field(challenge, fields, code, field):
    assert refused(make_milestone, challenge, **fields) == [(code, field, "invalid")]


def test_save_milestone_refuses_fractions_with_count():
    visits = make_challenge(aggregation_method="count", completion_target_value=10)

    assert refused(make_milestone, visits, "2.5") == [("whole_number", "milestone_target_value", "invalid")]


def test_a_milestone_above_the_target_is_refused_once_both_are_live(challenge):
    draft = make_milestone(challenge, 600, status="draft")

    draft.status = "live"
    by_milestone = refused(service.save_milestone, draft, at=NOW)
    above = make_challenge(status="draft")
    make_milestone(above, 600)
    by_status = refused(edit, above, status="live")
    make_milestone(challenge, 400)
    by_target = refused(edit, challenge, completion_target_value=399)

    assert by_milestone == [("milestone_above_target", "milestone_target_value", "invalid")]
    assert by_status == [("milestone_above_target", "status", "invalid")]
    assert by_target == [("milestone_above_target", "completion_target_value", "invalid")]


def test_target_and_milestone_may_rise_together(challenge):
    milestone = make_milestone(challenge, 400)
    challenge.completion_target_value = 1000
    milestone.milestone_target_value = 900

    service.save(challenge, [milestone], at=NOW)

    assert Milestone.objects.get().milestone_target_value == 900


def test_an_archived_reward_cannot_be_chosen(challenge):
    gone = make_reward(archived_at=NOW)

    assert refused(edit, challenge, completion_reward=gone) == [
        ("unknown_reward", "completion_reward", "invalid")
    ]
    assert refused(make_milestone, challenge, reward=gone) == [("unknown_reward", "reward", "invalid")]


def test_a_stale_edit_is_refused(challenge):
    seen = challenge.version
    edit(read(challenge), name="First tab")

    challenge.name = "Second tab"
    stale = refused(service.save, challenge, at=NOW, expected_version=seen)

    assert stale == [("stale", None, "conflict")]
    assert read(challenge).name == "First tab"


def test_two_edits_of_different_fields_both_hold(challenge):
    other = read(challenge)
    edit(challenge, name="New name")

    edit(other, description="New description")

    stored = read(challenge)
    assert (stored.name, stored.description, stored.version) == ("New name", "New description", 3)


def test_an_archived_challenge_is_not_edited(challenge):
    log_activity(challenge, 1)
    service.remove(challenge, at=NOW)

    assert refused(edit, read(challenge), name="x") == [("archived", None, "conflict")]
    assert refused(make_milestone, challenge) == [("archived", None, "conflict")]


def test_a_challenge_that_is_gone_is_not_found(challenge):
    other = read(challenge)
    service.remove(challenge, at=NOW)

    assert refused(edit, other, name="x") == [("not_found", None, "not_found")]


# --- What is stored ---------------------------------------------------------------------------------------


def test_an_edit_raises_the_version_and_is_kept_in_history(challenge):
    edit(challenge, name="New name")

    stored = read(challenge)
    assert (stored.version, stored.updated_at) == (2, NOW)
    assert [row.name for row in stored.history.order_by("history_id")] == ["Monthly Big Spender", "New name"]


def test_an_edit_of_a_milestone_raises_the_version_without_a_row_of_history(challenge):
    make_milestone(challenge, at=NOW)

    assert (read(challenge).version, read(challenge).updated_at) == (2, NOW)
    assert (challenge.history.count(), Milestone.objects.get().history.count()) == (1, 1)


def test_a_read_sent_back_changes_nothing(challenge):
    milestone = make_milestone(challenge)
    version = read(challenge).version

    service.save(read(challenge), [Milestone.objects.get(id=milestone.id)], at=NOW)

    assert (read(challenge).version, read(challenge).updated_at) == (version, NOW - DAY)


def test_a_text_that_says_what_would_be_read_without_it_is_kept_empty(challenge):
    edit(
        challenge,
        eud_failed_label_en="Failed",
        eud_title_en="Spend",
        eud_title_de="Spend",
        eud_title_fr="Dépensez",
    )

    stored = read(challenge)
    assert (stored.eud_failed_label_en, stored.eud_title_en) == ("", "Spend")
    assert (stored.eud_title_de, stored.eud_title_fr) == ("", "Dépensez")


def test_a_text_that_was_chosen_stays_when_the_english_one_comes_to_say_the_same(challenge):
    edit(challenge, eud_title_en="One", eud_title_de="Two")

    edit(challenge, eud_title_en="Two")

    assert read(challenge).eud_title_de == "Two"


# --- Status, history, archive -----------------------------------------------------------------------------


def test_a_challenge_goes_live_and_pauses_and_back(challenge):
    draft = make_challenge(status="draft")

    walked = [edit(draft, status=status).status for status in ("live", "paused", "live", "draft")]

    assert walked == ["live", "paused", "live", "draft"]


def test_a_challenge_with_history_does_not_become_a_draft_again(challenge):
    log_activity(challenge, 1)

    assert refused(edit, challenge, status="draft") == [("has_history", "status", "conflict")]


def test_an_original_that_has_not_come_is_history(challenge):
    wait_for_original(challenge)

    assert refused(edit, challenge, status="draft") == [("has_history", "status", "conflict")]
    assert service.remove(challenge, at=NOW) == "archived"


def test_a_milestone_that_paid_does_not_become_a_draft_again(challenge):
    milestone = make_milestone(challenge, 100)
    log_activity(challenge, 100)
    milestone.status = "draft"

    assert refused(service.save_milestone, milestone, at=NOW) == [("has_history", "status", "conflict")]


def test_a_challenge_without_history_is_deleted_with_its_milestones(challenge):
    make_milestone(challenge)

    assert service.remove(challenge, at=NOW) == "deleted"
    assert (Challenge.objects.count(), Milestone.objects.count()) == (0, 0)


def test_a_challenge_with_history_is_archived_and_restored(challenge):
    make_milestone(challenge, 100)
    log_activity(challenge, 150)

    assert service.remove(challenge, at=NOW) == "archived"
    gone = read(challenge)
    assert (gone.archived_at, Challenge.objects.unarchived().count()) == (NOW, 0)
    assert log_activity(challenge, 1).errors[0].code == "unknown_challenge"

    service.restore(gone, at=NOW + HOUR)

    assert (read(challenge).archived_at, log_activity(challenge, 50).progress.value) == (None, 200_0000)
    assert paid(challenge) == [100]


def test_a_challenge_comes_back_only_with_its_rewards():
    reward, on_the_way = make_reward(name="Mug"), make_reward(name="Badge")
    challenge = make_challenge(completion_reward=reward)
    make_milestone(challenge, 100, reward=on_the_way)
    log_activity(challenge, 1)
    service.remove(challenge, at=NOW)
    for each in (reward, on_the_way):
        reward_service.remove(each, at=NOW)

    assert refused(service.restore, read(challenge), at=NOW) == [
        ("reward_archived", "completion_reward", "invalid"),
        ("reward_archived", "milestones", "invalid"),
    ]

    for each in (reward, on_the_way):
        reward_service.restore(each, at=NOW)
    service.restore(read(challenge), at=NOW)
    assert read(challenge).archived_at is None


def test_a_milestone_comes_back_only_with_its_reward(challenge):
    reward = make_reward()
    milestone = make_milestone(challenge, 100, reward=reward)
    log_activity(challenge, 100)
    service.remove_milestone(milestone, at=NOW)
    reward_service.remove(reward, at=NOW)

    gone = Milestone.objects.get()
    gone.archived_at = None
    assert refused(service.save_milestone, gone, at=NOW) == [("reward_archived", "reward", "invalid")]


def test_removing_again_and_restoring_again_change_nothing(challenge):
    log_activity(challenge, 1)
    service.remove(challenge, at=NOW)
    version = read(challenge).version

    assert service.remove(read(challenge), at=NOW + DAY) == "archived"
    assert (read(challenge).archived_at, read(challenge).version) == (NOW, version)
    service.restore(read(challenge), at=NOW)
    service.restore(read(challenge), at=NOW)
    assert read(challenge).version == version + 1


def test_a_milestone_without_history_is_deleted(challenge):
    milestone = make_milestone(challenge)

    assert service.remove_milestone(milestone, at=NOW) == "deleted"
    assert Milestone.objects.count() == 0


def test_a_milestone_that_paid_is_archived_and_may_come_back(challenge):
    milestone = make_milestone(challenge, 100)
    log_activity(challenge, 100, member="alice")

    assert service.remove_milestone(milestone, at=NOW) == "archived"
    log_activity(challenge, 100, member="bob")
    assert (paid(challenge, "alice"), paid(challenge, "bob")) == ([100], [])

    gone = Milestone.objects.get()
    gone.archived_at = None
    service.save_milestone(gone, at=NOW + HOUR)

    assert (paid(challenge, "alice"), paid(challenge, "bob")) == ([100], [100])


# --- Edits of a running challenge -------------------------------------------------------------------------


def test_lowering_the_target_completes_and_pays_those_past_it(challenge):
    log_activity(challenge, 350, member="alice")
    log_activity(challenge, 299, member="bob")

    edit(challenge, completion_target_value=300)

    alice, bob = progress_of(challenge, "alice"), progress_of(challenge, "bob")
    assert (alice.challenge_completed_at, bob.challenge_completed_at) == (NOW, None)
    assert (alice.completion_target_value, bob.completion_target_value) == (300, 300)
    assert (paid(challenge, "alice"), paid(challenge, "bob")) == (["completion"], [])
    assert RewardLog.objects.get().challenge_log is None


def test_raising_the_target_never_uncompletes(challenge):
    log_activity(challenge, 500, member="alice")
    log_activity(challenge, 400, member="bob")

    edit(challenge, completion_target_value=1000)

    alice = progress_of(challenge, "alice")
    assert (alice.challenge_completed_at, alice.completion_target_value) == (NOW, 500)
    assert progress_of(challenge, "bob").completion_target_value == 1000
    assert log_activity(challenge, 599, member="bob").issued == []
    assert [len(log_activity(challenge, 1, member=m).issued) for m in ("alice", "bob")] == [0, 1]


def test_a_refund_after_a_raise_still_supports_the_target_that_was_reached():
    challenge = make_challenge(reversal_policy="revoke_unredeemed")
    log_activity(challenge, 500)
    log_activity(challenge, 20, uid="extra")
    edit(challenge, completion_target_value=1000)

    take_back(challenge, "extra")

    assert RewardLog.objects.get().status == "issued"


def test_a_new_milestone_pays_those_past_it(challenge):
    log_activity(challenge, 350, member="alice")
    log_activity(challenge, 199, member="bob")

    make_milestone(challenge, 200, at=NOW)

    assert (paid(challenge, "alice"), paid(challenge, "bob")) == ([200], [])


@pytest.mark.parametrize("before", ["draft", "paused"])
def test_a_milestone_made_live_pays_those_past_it(challenge, before):
    milestone = make_milestone(challenge, 200, status=before)
    log_activity(challenge, 350)

    milestone.status = "live"
    service.save_milestone(milestone, at=NOW)

    assert paid(challenge) == [200]


def test_lowering_a_milestone_pays_those_past_it_and_nobody_twice(challenge):
    milestone = make_milestone(challenge, 200)
    log_activity(challenge, 350, member="alice")
    log_activity(challenge, 150, member="bob")

    milestone.milestone_target_value = Decimal(150)
    service.save_milestone(milestone, at=NOW)
    milestone.milestone_target_value = Decimal(400)
    service.save_milestone(milestone, at=NOW)
    log_activity(challenge, 100, member="alice")

    assert (paid(challenge, "alice"), paid(challenge, "bob")) == ([400], [400])


def test_one_edit_pays_lowest_first_completion_last(challenge):
    log_activity(challenge, 350)
    challenge.completion_target_value = Decimal(300)
    milestones = [
        Milestone(
            challenge=challenge, name=name, description="d", milestone_target_value=target, status="live"
        )
        for name, target in (("b", 200), ("a", 100), ("c", 300))
    ]

    service.save(challenge, milestones, at=NOW)

    targets = RewardLog.objects.order_by("id").values_list("milestone__milestone_target_value", flat=True)
    assert list(targets) == [100, 200, 300, None]


def test_edits_leave_closed_windows_as_they_are():
    challenge = make_challenge(at=NOW - 40 * DAY)
    log_activity(challenge, 350, at=NOW - 30 * DAY)

    edit(challenge, completion_target_value=300)
    make_milestone(challenge, 200, at=NOW)

    row = progress_of(challenge)
    assert (row.completion_target_value, row.challenge_completed_at, paid(challenge)) == (500, None, [])


def test_a_late_log_is_judged_by_its_closed_windows_target(challenge):
    log_activity(challenge, 350)
    december = datetime(2026, 12, 1, 1, tzinfo=UTC)
    edit(challenge, at=december, completion_target_value=300)

    late = log_activity(challenge, 100, received_at=december + HOUR)

    assert (late.log.counted, late.issued, progress_of(challenge).challenge_completed_at) == (True, [], None)


def test_moving_the_end_moves_open_windows_alone():
    challenge = make_challenge(at=NOW - 40 * DAY)
    log_activity(challenge, 1, at=NOW - 30 * DAY)
    log_activity(challenge, 1, at=NOW)

    edit(challenge, ends_at=NOW + DAY)

    ends = dict(ChallengeProgress.objects.values_list("period_key", "window_ends_at"))
    assert ends == {"2026-10": datetime(2026, 11, 1, tzinfo=UTC), "2026-11": NOW + DAY}
    edit(challenge, ends_at=None)
    assert progress_of_november(challenge).window_ends_at == datetime(2026, 12, 1, tzinfo=UTC)


def progress_of_november(challenge):
    return ChallengeProgress.objects.get(challenge=challenge, period_key="2026-11")


def test_an_end_in_the_past_closes_open_windows_now(challenge):
    log_activity(challenge, 500)

    edit(challenge, at=NOW + HOUR, ends_at=NOW - DAY)

    row = progress_of(challenge)
    assert (row.window_ends_at, row.challenge_completed_at) == (NOW + HOUR, NOW)


def test_an_extended_challenge_opens_a_window_again_at_once():
    challenge = make_challenge(ends_at=NOW)
    log_activity(challenge, 300, at=NOW - HOUR)
    edit(challenge, at=NOW + DAY, ends_at=NOW + 5 * DAY)
    assert progress_of(challenge).window_ends_at == NOW + 5 * DAY

    log_activity(challenge, 200, at=NOW + 2 * DAY)

    row = progress_of(challenge)
    assert (row.window_ends_at, row.challenge_completed_at) == (NOW + 5 * DAY, NOW + 2 * DAY)


def closed_early(value):
    """A challenge that ended at noon while alice stood at this value."""
    challenge = make_challenge(ends_at=NOW)
    log_activity(challenge, value, at=NOW - HOUR)
    return challenge


@pytest.mark.parametrize("ends_at", [NOW + 5 * DAY, None])
def test_a_window_opened_again_pays_the_milestones_that_came_while_it_was_closed(ends_at):
    challenge = closed_early(300)
    make_milestone(challenge, 200, at=NOW + HOUR)
    assert paid(challenge) == []

    edit(read(challenge), at=NOW + DAY, ends_at=ends_at)
    log_activity(challenge, 10, at=NOW + 2 * DAY)

    assert paid(challenge) == [200]
    assert RewardLog.objects.get().challenge_log is None
    assert breaches(NOW + 2 * DAY) == []


def test_a_window_opened_again_is_judged_by_the_target_of_now():
    challenge = closed_early(300)
    edit(challenge, at=NOW + HOUR, completion_target_value=250)
    edit(challenge, at=NOW + DAY, ends_at=NOW + 5 * DAY)

    log_activity(challenge, 10, at=NOW + 2 * DAY)

    row = progress_of(challenge)
    assert (row.completion_target_value, row.challenge_completed_at) == (250, NOW + DAY)
    assert paid(challenge) == ["completion"]
    assert breaches(NOW + 2 * DAY) == []


def test_a_log_into_a_window_that_stays_closed_pays_nothing_new():
    challenge = closed_early(300)
    make_milestone(challenge, 200, at=NOW + HOUR)

    log_activity(challenge, 10, at=NOW - HOUR, received_at=NOW + DAY)

    assert (value_of(challenge), paid(challenge)) == (310, [])


def test_an_edit_that_ends_the_challenge_lowers_no_target_of_the_window_that_it_closes(challenge):
    log_activity(challenge, 300)

    edit(challenge, at=NOW + HOUR, ends_at=NOW - DAY, completion_target_value=200)

    row = progress_of(challenge)
    assert row.window_ends_at == NOW + HOUR
    assert (row.completion_target_value, row.challenge_completed_at) == (500, None)
    assert (paid(challenge), breaches(NOW + HOUR)) == ([], [])


def test_an_end_leaves_a_completion_of_the_next_minutes_inside_its_window(challenge):
    ahead = NOW + timedelta(minutes=4)
    log_activity(challenge, 500, at=ahead, received_at=NOW)

    edit(challenge, at=NOW, ends_at=NOW - HOUR)

    row = progress_of(challenge)
    assert (row.window_ends_at, row.challenge_completed_at) == (NOW, NOW - datetime.resolution)
    assert breaches(NOW) == []


def test_a_zone_is_locked_once_an_end_has_closed_the_window(challenge):
    log_activity(challenge, 100, at=NOW)
    edit(challenge, at=NOW + HOUR, ends_at=NOW - HOUR)

    challenge.time_zone = "Europe/Berlin"

    assert refused(service.save, challenge, at=NOW + 2 * HOUR) == [("rule_locked", "time_zone", "conflict")]


def test_names_texts_and_rewards_change_at_any_time(challenge):
    milestone = make_milestone(challenge, 200)
    log_activity(challenge, 500)
    reward = make_reward()
    milestone.reward = reward

    edit(challenge, name="New", eud_title_en="New", completion_reward=reward, display_order=3)
    service.save_milestone(milestone, at=NOW)

    assert paid(challenge) == [200, "completion"]
    assert RewardLog.objects.filter(reward=None).count() == 2


# --- Method, period, time zone ----------------------------------------------------------------------------


def test_method_period_and_zone_are_locked_once_something_was_paid(challenge):
    log_activity(challenge, 500)
    challenge.aggregation_method, challenge.aggregation_period = "count", "daily"
    challenge.time_zone = "Asia/Tokyo"

    assert sorted(refused(service.save, challenge, at=NOW)) == [
        ("rule_locked", "aggregation_method", "conflict"),
        ("rule_locked", "aggregation_period", "conflict"),
        ("rule_locked", "time_zone", "conflict"),
    ]


def test_method_period_and_zone_are_locked_past_ten_thousand_logs(challenge, monkeypatch):
    monkeypatch.setattr("challenges.editing.version_validation.RECOMPUTED_AT_MOST", 2)
    for _ in range(3):
        log_activity(challenge, 1)

    assert refused(edit, challenge, aggregation_period="daily") == [
        ("rule_locked", "aggregation_period", "conflict")
    ]


def test_another_period_recounts_from_the_logs(challenge):
    log_activity(challenge, 200, at=NOW)
    log_activity(challenge, 199, at=NOW - HOUR)
    log_activity(challenge, 100, at=NOW - HOUR, uid="order-a")
    take_back(challenge, "order-a", 40, at=NOW)

    edit(challenge, aggregation_period="daily")

    rows = ChallengeProgress.objects.values_list("period_key", "current_progress_value")
    assert sorted(rows) == [("2026-11-22", 459)]
    assert set(ChallengeLog.objects.values_list("period_key", flat=True)) == {"2026-11-22"}


def test_a_period_that_moves_activity_into_a_closed_window_is_locked(challenge):
    log_activity(challenge, 200, at=NOW)
    log_activity(challenge, 199, at=NOW - DAY)

    assert refused(edit, challenge, aggregation_period="daily") == [
        ("rule_locked", "aggregation_period", "conflict")
    ]


def test_another_zone_moves_logs_to_their_local_day():
    challenge = make_challenge(aggregation_period="daily")
    afternoon = datetime(2026, 11, 22, 16, tzinfo=UTC)
    log_activity(challenge, 1, at=afternoon)

    edit(challenge, at=afternoon + HOUR, time_zone="Asia/Tokyo")

    row = progress_of(challenge)
    assert (row.period_key, row.window_ends_at) == ("2026-11-23", datetime(2026, 11, 23, 15, tzinfo=UTC))


def test_another_method_counts_anew_and_pays_what_is_due():
    challenge = make_challenge(completion_target_value=3)
    for value in ("0.5", "0.5", "0.5"):
        log_activity(challenge, value)

    edit(challenge, aggregation_method="count")

    assert (value_of(challenge), paid(challenge)) == (3, ["completion"])


def test_a_recount_keeps_what_did_not_count_uncounted(challenge):
    edit(challenge, status="paused")
    log_activity(challenge, 100)
    edit(challenge, status="live")

    edit(challenge, aggregation_period="daily")

    log = ChallengeLog.objects.get()
    assert (log.period_key, log.counted, log.counted_value) == ("2026-11-22", False, 0)
    assert ChallengeProgress.objects.count() == 0


def test_a_recount_takes_partial_reversals_along_both_ways(challenge):
    log_activity(challenge, 100, uid="a")
    log_activity(challenge, 100, uid="b")
    take_back(challenge, "a", 30)
    take_back(challenge, "a", 30)

    edit(challenge, aggregation_method="count")
    assert value_of(challenge) == 2  # parts leave a visit
    edit(challenge, aggregation_method="sum")
    assert value_of(challenge) == 140


def test_milestone_that_somebody_else_removed_meanwhile_is_gone_and_no_error():
    milestone = make_milestone(make_challenge(), 200)
    mine = Milestone.objects.get(id=milestone.id)

    outcomes = [service.remove_milestone(each, at=NOW) for each in (milestone, mine)]

    assert outcomes == ["deleted", "deleted"]

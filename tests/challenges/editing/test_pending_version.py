"""Rules that begin with the next window: one pending version, which edits of now change as well."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from challenges.editing import service
from challenges.engine import rule_versions
from challenges.models import Challenge, RuleVersion
from core import actors
from core.errors import DomainError, DomainErrors
from milestones.models import Milestone
from rewards.domain import reward_service
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
)

pytestmark = pytest.mark.django_db
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def challenge():
    return make_challenge()


def next_window(record, at=NOW, **fields):
    record = type(record).objects.get(id=record.id)
    service.for_next_window(record)
    for name, value in fields.items():
        setattr(record, name, value)
    save = service.save if isinstance(record, Challenge) else service.save_milestone
    return save(record, at=at, from_next_window=True)


def now(record, at=NOW, **fields):
    record = type(record).objects.get(id=record.id)
    for name, value in fields.items():
        setattr(record, name, value)
    save = service.save if isinstance(record, Challenge) else service.save_milestone
    return save(record, at=at)


def versions(challenge):
    stored = RuleVersion.objects.filter(challenge=challenge.id).order_by("number")
    return [(v.number, v.applied, int(v.completion_target_value)) for v in stored]


def milestones_of(version):
    return sorted((rule["target"] // 10_000, rule["status"]) for rule in version.milestones)


def assert_sound(at):
    assert breaches(at) == []


def test_it_begins_with_the_next_window_and_not_before(challenge):
    next_window(challenge, completion_target_value=Decimal(300))

    log_activity(challenge, 350, at=NOW)
    log_activity(challenge, 350, at=DECEMBER, received_at=DECEMBER + HOUR)

    november, december = [
        (row.period_key, row.completion_target_value, row.challenge_completed_at is not None)
        for row in challenge.progress.order_by("period_key")
    ]
    assert november == ("2026-11", 500, False)
    assert december == ("2026-12", 300, True)
    assert_sound(DECEMBER + HOUR)


def test_records_read_as_the_version_in_force(challenge):
    next_window(challenge, completion_target_value=Decimal(300))
    assert Challenge.objects.get().completion_target_value == 500

    rule_versions.apply_before_reading(DECEMBER - timedelta(microseconds=1))
    assert Challenge.objects.get().completion_target_value == 500
    rule_versions.apply_before_reading(DECEMBER)

    assert Challenge.objects.get().completion_target_value == 300
    assert versions(challenge) == [(1, True, 500), (2, True, 300)]


def test_activity_after_its_moment_shows_it(challenge, django_capture_on_commit_callbacks):
    next_window(challenge, completion_target_value=Decimal(300))

    with django_capture_on_commit_callbacks(execute=True):
        log_activity(challenge, 1, at=DECEMBER + HOUR)

    assert Challenge.objects.get().completion_target_value == 300


def test_at_most_one_is_pending_and_another_edit_changes_it(challenge):
    next_window(challenge, completion_target_value=Decimal(300))
    next_window(challenge, ends_at=DECEMBER + 9 * DAY)

    assert versions(challenge) == [(1, True, 500), (2, False, 300)]
    assert RuleVersion.objects.get(number=2).ends_at == DECEMBER + 9 * DAY


def test_a_value_of_now_can_be_set_for_the_next_window_again(challenge):
    next_window(challenge, completion_target_value=Decimal(300), ends_at=DECEMBER + DAY)

    next_window(challenge, completion_target_value=Decimal(500))

    pending = RuleVersion.objects.get(applied=False)
    assert (pending.completion_target_value, pending.ends_at) == (500, DECEMBER + DAY)
    next_window(challenge, ends_at=None)
    assert versions(challenge) == [(1, True, 500)]


def test_an_edit_of_now_changes_the_pending_one_in_the_same_fields(challenge):
    next_window(challenge, completion_target_value=Decimal(300))

    now(challenge, ends_at=DECEMBER + DAY)

    assert versions(challenge) == [(1, True, 500), (2, True, 500), (3, False, 300)]
    assert RuleVersion.objects.get(number=3).ends_at == DECEMBER + DAY
    now(challenge, completion_target_value=Decimal(400))
    assert RuleVersion.objects.filter(applied=False).count() == 0
    assert versions(challenge)[-1] == (3, True, 400)


def test_pending_then_a_milestone_now_then_cancelled(challenge):
    """December has what each step says."""
    next_window(challenge, completion_target_value=Decimal(300))
    make_milestone(challenge, 200, at=NOW)
    pending = RuleVersion.objects.get(applied=False)
    assert (pending.number, int(pending.completion_target_value)) == (3, 300)
    assert milestones_of(pending) == [(200, "live")]

    assert service.cancel_pending(challenge, at=NOW + HOUR) is True

    assert service.cancel_pending(challenge, at=NOW + HOUR) is False
    log_activity(challenge, 350, at=DECEMBER + HOUR)
    assert paid(challenge) == [200]
    assert progress_of(challenge).completion_target_value == 500
    assert_sound(DECEMBER + HOUR)


def test_a_milestone_new_in_it_is_a_draft_until_then(challenge):
    milestone = Milestone(
        challenge=challenge, name="Gold", description="d", milestone_target_value=100, status="live"
    )
    service.save_milestone(milestone, at=NOW, from_next_window=True)
    log_activity(challenge, 150, at=NOW)

    assert (Milestone.objects.get().status, paid(challenge)) == ("draft", [])
    log_activity(challenge, 150, at=DECEMBER, received_at=DECEMBER + HOUR)

    assert paid(challenge) == [100]
    rule_versions.apply_before_reading(DECEMBER + HOUR)
    assert Milestone.objects.get().status == "live"
    assert_sound(DECEMBER + HOUR)


def test_cancelled_it_leaves_its_new_milestone_a_draft(challenge):
    milestone = Milestone(
        challenge=challenge, name="Gold", description="d", milestone_target_value=100, status="live"
    )
    service.save_milestone(milestone, at=NOW, from_next_window=True)

    service.cancel_pending(challenge, at=NOW)

    rule_versions.apply_before_reading(DECEMBER + HOUR)
    assert (Milestone.objects.get().status, Milestone.objects.get().archived_at) == ("draft", None)


def test_a_milestone_moves_or_goes_with_the_next_window(challenge):
    moved, removed = make_milestone(challenge, 100), make_milestone(challenge, 200)
    next_window(moved, milestone_target_value=Decimal(150))
    service.remove_milestone(removed, at=NOW, from_next_window=True)
    log_activity(challenge, 250, at=NOW)
    assert paid(challenge) == [100, 200]

    log_activity(challenge, 250, at=DECEMBER, received_at=DECEMBER + HOUR, member="bob")
    rule_versions.apply_before_reading(DECEMBER + HOUR)

    assert paid(challenge, "bob") == [150]
    assert Milestone.objects.get(id=moved.id).milestone_target_value == 150
    assert Milestone.objects.get(id=removed.id).archived_at == DECEMBER + HOUR
    assert_sound(DECEMBER + HOUR)


def test_the_method_may_change_with_the_next_window_at_any_time(challenge):
    log_activity(challenge, 500)
    next_window(challenge, aggregation_method="count", completion_target_value=Decimal(2))

    log_activity(challenge, None, at=DECEMBER, received_at=DECEMBER + HOUR)
    log_activity(challenge, 70, at=DECEMBER, received_at=DECEMBER + HOUR)

    december = challenge.progress.get(period_key="2026-12")
    assert (december.current_progress_value, december.challenge_completed_at) == (2, DECEMBER)
    assert_sound(DECEMBER + HOUR)


def test_activity_a_few_minutes_ahead_is_judged_by_it(challenge):
    next_window(challenge, completion_target_value=Decimal(300))
    late = DECEMBER - timedelta(minutes=2)

    log_activity(challenge, 10, at=DECEMBER + timedelta(minutes=1), received_at=late)
    assert progress_of(challenge).completion_target_value == 300
    service.cancel_pending(challenge, at=late)

    assert progress_of(challenge).completion_target_value == 500
    assert_sound(DECEMBER + HOUR)


def test_archiving_cancels_it(challenge):
    log_activity(challenge, 1)
    next_window(challenge, completion_target_value=Decimal(300))

    service.remove(challenge, at=NOW)

    assert versions(challenge) == [(1, True, 500)]


def test_an_edit_after_its_moment_begins_with_it(challenge):
    next_window(challenge, completion_target_value=Decimal(300))

    now(challenge, at=DECEMBER + HOUR, ends_at=DECEMBER + DAY)

    assert versions(challenge) == [(1, True, 500), (2, True, 300), (3, True, 300)]


def test_a_reward_that_it_names_is_in_use(challenge):
    reward = make_reward()
    next_window(challenge, completion_reward=reward)

    with pytest.raises(DomainError) as refused:
        reward_service.remove(reward, at=NOW)

    assert refused.value.code == "in_use"
    service.cancel_pending(challenge, at=NOW)
    reward_service.remove(reward, at=NOW)


def refused(record, **fields):
    with pytest.raises((DomainError, DomainErrors)) as refusal:
        next_window(record, **fields)
    errors = getattr(refusal.value, "errors", [refusal.value])
    return [(error.code, error.field, error.status) for error in errors]


def test_what_is_no_rule_cannot_wait(challenge):
    milestone = make_milestone(challenge, 100)

    assert refused(challenge, name="New", time_zone="Asia/Tokyo") == [
        ("not_from_next_window", "name", "invalid"),
        ("not_from_next_window", "time_zone", "invalid"),
    ]
    assert refused(milestone, description="New") == [("not_from_next_window", "description", "invalid")]


def test_what_it_removes_cannot_be_edited_for_it(challenge):
    milestone = make_milestone(challenge, 100)
    service.remove_milestone(milestone, at=NOW, from_next_window=True)

    assert refused(milestone, milestone_target_value=Decimal(150)) == [
        ("not_in_next_window", "milestone_target_value", "invalid")
    ]


def test_the_history_names_who_made_it(challenge):
    with actors.acting(actors.Actor("marketer mia")):
        next_window(challenge, completion_target_value=Decimal(300))

    with actors.acting(actors.Actor("support sam")):
        rule_versions.apply_before_reading(DECEMBER)

    newest = Challenge.objects.get().history.first()
    assert (newest.history_by, newest.completion_target_value) == ("marketer mia", 300)


def test_impact_of_another_method_is_none_before_it_begins(challenge):
    log_activity(challenge, 3)
    edited = Challenge.objects.get()
    edited.aggregation_method, edited.completion_target_value = "count", Decimal(1)

    impact = service.impact(edited, at=NOW, from_next_window=True)

    assert (impact.completed_members, impact.paid_members) == (0, 0)


def test_a_milestone_above_its_target_is_refused_once(challenge):
    next_window(challenge, completion_target_value=Decimal(100))

    assert refused(make_milestone(challenge, 50), milestone_target_value=Decimal(150)) == [
        ("milestone_above_target", "milestone_target_value", "invalid")
    ]


def test_an_end_before_it_begins_is_refused(challenge):
    assert refused(challenge, ends_at=DECEMBER) == [("ends_before_next_window", "ends_at", "invalid")]


def test_a_draft_has_no_next_window():
    draft = make_challenge(status="draft")

    assert refused(draft, completion_target_value=Decimal(1)) == [
        ("challenge_not_live", "status", "conflict")
    ]


def test_an_edit_of_now_that_the_pending_one_could_not_hold_is_refused(challenge):
    next_window(challenge, completion_target_value=Decimal(100))
    before = versions(challenge)

    with pytest.raises(DomainErrors) as refusal:
        make_milestone(challenge, 200, at=NOW)

    assert [(error.code, error.field) for error in refusal.value.errors] == [
        ("milestone_above_target", "milestone_target_value")
    ]
    assert "2026-12-01 00:00 UTC" in refusal.value.errors[0].message
    assert versions(challenge) == before

"""Paying what an edit made due: so many members at a time, resumed after an interruption, never twice."""

from decimal import Decimal

import pytest

from challenges.caches.config import rules_of
from challenges.editing import service
from challenges.engine import backfill, intake
from challenges.models import Challenge, ChallengeProgress
from rewards.models import RewardLog
from tests.builders import (
    DAY,
    NOW,
    delete_rewards,
    entry,
    log_activity,
    make_challenge,
    make_milestone,
    paid,
    progress_of,
)

pytestmark = pytest.mark.django_db

MEMBERS = [f"member-{n}" for n in range(7)]


@pytest.fixture
def challenge(monkeypatch):
    """Seven members at 350 of 500, of whom an edit backfills two at a time."""
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 2)
    challenge = make_challenge()
    intake.record([entry(challenge, 350, member=member) for member in MEMBERS], at=NOW)
    return challenge


def lower(challenge, target=300):
    challenge.completion_target_value = Decimal(target)
    service.save(challenge, at=NOW)


def completed(challenge):
    return ChallengeProgress.objects.filter(challenge=challenge, challenge_completed_at=NOW).count()


def test_a_small_edit_is_settled_in_its_own_transaction(challenge, monkeypatch):
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 100)

    lower(challenge)

    assert (completed(challenge), Challenge.objects.get().pending_backfill) == (7, False)


def test_a_large_edit_is_settled_after_its_commit(challenge, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        lower(challenge)
        assert (completed(challenge), Challenge.objects.get().settling_since) == (2, NOW)

    assert (completed(challenge), Challenge.objects.get().pending_backfill) == (7, False)
    assert RewardLog.objects.count() == 7


def test_a_set_needs_as_many_statements_for_a_thousand_members_as_for_two(
    challenge, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1000)
    intake.record([entry(challenge, 350, member=f"many-{n}") for n in range(900)], at=NOW)
    challenge.completion_target_value = Decimal(300)

    with django_assert_max_num_queries(40):
        service.save(challenge, at=NOW)

    assert completed(challenge) == 907


def test_the_next_edit_first_finishes_what_was_interrupted(challenge):
    lower(challenge)
    assert completed(challenge) == 2

    challenge.name = "New name"
    service.save(challenge, at=NOW + DAY)

    assert (completed(challenge), Challenge.objects.get().pending_backfill) == (7, False)


def test_activity_resumes_an_edit_that_was_interrupted_long_ago(
    challenge, django_capture_on_commit_callbacks
):
    lower(challenge)

    with django_capture_on_commit_callbacks(execute=True):
        log_activity(challenge, 1, member="stranger", at=NOW + backfill.INTERRUPTED_AFTER)
    assert completed(challenge) == 2
    with django_capture_on_commit_callbacks(execute=True):
        log_activity(challenge, 1, member="stranger", at=NOW + backfill.INTERRUPTED_AFTER * 2)

    assert (completed(challenge), Challenge.objects.get().pending_backfill) == (7, False)


def test_finishing_twice_pays_once(challenge):
    lower(challenge)

    backfill.finish_backfill(challenge.id)
    backfill.finish_backfill(challenge.id)

    assert [paid(challenge, member) for member in MEMBERS] == [["completion"]] * 7


def test_windows_that_closed_meanwhile_still_get_what_the_edit_owed(challenge):
    lower(challenge)

    backfill.finish_backfill(challenge.id)

    assert {row.challenge_completed_at for row in ChallengeProgress.objects.all()} == {NOW}


def test_a_log_before_its_row_was_settled_is_judged_by_the_edited_target(challenge):
    make_milestone(challenge, 320)
    backfill.finish_backfill(challenge.id)
    lower(challenge, 1000)
    assert rules_of([challenge.id])[challenge.id].backfill_since is not None
    unsettled = ChallengeProgress.objects.filter(completion_target_value=500).first().member.external_id

    outcome = log_activity(challenge, 200, member=unsettled)

    assert (outcome.issued, progress_of(challenge, unsettled).completion_target_value) == ([], 1000)


def test_a_log_between_pays_what_it_reaches_and_the_edit_the_rest(challenge):
    make_milestone(challenge, 100, at=NOW)
    log_activity(challenge, 150, member=MEMBERS[-1])

    backfill.finish_backfill(challenge.id)

    assert [paid(challenge, member) for member in MEMBERS] == [[100]] * 6 + [[100, "completion"]]


def test_nothing_owed_is_nothing_written(challenge):
    make_milestone(challenge, 400, at=NOW + DAY)

    assert ChallengeProgress.objects.filter(updated_at=NOW).count() == 7
    assert Challenge.objects.get().pending_backfill is False


def test_settling_repairs_a_completion_that_was_never_paid(challenge):
    log_activity(challenge, 150, member=MEMBERS[0])
    delete_rewards()

    backfill.backfill_some(rules_of([challenge.id])[challenge.id], NOW, None, NOW)

    assert paid(challenge, MEMBERS[0]) == ["completion"]


def test_an_edit_that_was_interrupted_is_resumed(challenge):
    lower(challenge)
    assert completed(challenge) == 2

    assert backfill.resume_all(NOW + DAY) == 1

    assert (completed(challenge), Challenge.objects.get().pending_backfill) == (7, False)
    assert backfill.resume_all(NOW + DAY) == 0


def test_an_edit_that_moved_just_now_is_left_to_whoever_moves_it(challenge):
    lower(challenge)

    assert backfill.resume_all(NOW) == 0

    assert completed(challenge) == 2


def test_each_batch_notes_when_it_moved(challenge, monkeypatch):
    lower(challenge)
    assert Challenge.objects.get().settling_moved_at == NOW
    seen = []
    at_first = backfill.backfill_some

    def look(*args):
        seen.append(Challenge.objects.get().settling_moved_at)
        return at_first(*args)

    monkeypatch.setattr(backfill, "backfill_some", look)
    backfill.finish_backfill(challenge.id)

    assert seen[0] == NOW
    assert NOW not in seen[1:]
    assert len(seen) == 3

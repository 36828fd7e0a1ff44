"""Staff count a log that did not count: once, in its own window, with a reason, and audited."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from access.models.staff_action import StaffAction
from challenges.editing import service
from challenges.engine.manual_count import count_manually
from challenges.models import ChallengeLog, ChallengeProgress
from core.amounts import MAX_AMOUNT
from core.errors import DomainError
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    breaches,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    paid,
    progress_of,
    take_back,
    value_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def support():
    return User.objects.create(username="sam")


@pytest.fixture
def challenge():
    challenge = make_challenge()
    make_milestone(challenge, 200)
    return challenge


@pytest.fixture
def paused_log(challenge):
    """500 that arrived while the challenge was paused."""
    challenge.status = "paused"
    service.save(challenge, at=NOW)
    outcome = log_activity(challenge, 500, uid="order-a")
    challenge.status = "live"
    service.save(challenge, at=NOW)
    return outcome.log


def count(log, at=NOW + HOUR, actor=None):
    (answer,) = count_manually([log.id], "The pause was ours", actor, at)
    return answer


def test_count_anyway_counts_and_pays(challenge, paused_log):
    answer = count(paused_log)

    assert (answer.error, len(answer.issued)) == (None, 2)
    assert (value_of(challenge), paid(challenge)) == (500, [200, "completion"])
    assert progress_of(challenge).challenge_completed_at == NOW
    assert breaches(NOW) == []


def test_count_anyway_leaves_the_original_and_names_it(challenge, paused_log):
    answer = count(paused_log)

    original, counting = ChallengeLog.objects.order_by("created_at")
    assert (original.counted, original.reason_code, original.counted_value) == (False, "challenge_paused", 0)
    assert (counting.id, counting.counts_anyway, counting.unique_identifier) == (
        answer.log.id,
        "order-a",
        f"count-anyway-{original.id}",
    )
    assert (counting.activity_at, counting.created_at) == (NOW, NOW + HOUR)


def test_count_anyway_is_audited(challenge, paused_log, support):
    answer = count(paused_log, actor=support)

    noted = StaffAction.objects.get()
    assert (noted.actor, noted.actor_name, noted.action, noted.reason, noted.created_at) == (
        support,
        "sam",
        "count_anyway",
        "The pause was ours",
        NOW + HOUR,
    )
    assert (noted.member_id, noted.member_external_id) == (paused_log.member_id, "alice")
    assert (noted.target, noted.target_id) == ("challenges.challengelog", str(paused_log.id))
    assert noted.detail == {"challengeLogId": str(answer.log.id), "reasonCode": "challenge_paused"}


def test_count_anyway_needs_a_reason(paused_log):
    with pytest.raises(DomainError) as refused:
        count_manually([paused_log.id], "  ", None, NOW)

    assert (refused.value.code, refused.value.field, ChallengeLog.objects.count()) == (
        "required",
        "reason",
        1,
    )


def test_count_anyway_again_is_refused(challenge, paused_log):
    count(paused_log)

    again = count(paused_log)

    assert (again.error.code, again.error.status) == ("counted_already", "conflict")
    assert (value_of(challenge), StaffAction.objects.count()) == (500, 1)


def test_count_anyway_is_refused_while_a_reversal_names_the_log(challenge, paused_log):
    take_back(challenge, "order-a")

    assert count(paused_log).error.code == "reversed"
    assert ChallengeProgress.objects.count() == 0


def test_count_anyway_refuses_what_counts_a_reversal_and_the_unknown(challenge, paused_log):
    counted = log_activity(challenge, 1).log
    reversal = take_back(challenge, "order-a").log

    answers = count_manually([counted.id, reversal.id, uuid4()], "why not", None, NOW)

    assert [answer.error.code for answer in answers] == ["counted", "is_reversal", "unknown_log"]
    assert StaffAction.objects.count() == 0


def test_a_refused_log_spoils_no_other_of_the_selection(challenge, paused_log):
    counted = log_activity(challenge, 1).log

    answers = count_manually([counted.id, paused_log.id], "both", None, NOW)

    assert [answer.error and answer.error.code for answer in answers] == ["counted", None]
    assert value_of(challenge) == 501


def test_a_reversal_takes_back_what_was_counted_anyway_by_either_name(challenge, paused_log):
    counting = count(paused_log).log

    part = take_back(challenge, "order-a", 200)
    rest = take_back(challenge, counting.unique_identifier)
    nothing = take_back(challenge, "order-a")

    assert [part.log.counted_value, rest.log.counted_value] == [-200_0000, -300_0000]
    assert nothing.log.reason_code == "nothing_left"
    assert (value_of(challenge), breaches(NOW)) == (0, [])


def test_a_closed_window_is_counted_and_paid():
    challenge = make_challenge(at=NOW - 40 * DAY)
    make_milestone(challenge, 200)
    late = log_activity(challenge, 500, at=NOW - 30 * DAY, received_at=NOW).log
    assert late.reason_code == "window_closed"

    answer = count(late)

    row = progress_of(challenge)
    assert (row.period_key, row.current_progress_value) == ("2026-10", 500)
    assert row.challenge_completed_at == NOW - 30 * DAY
    # The milestone went live after October had closed.
    assert (len(answer.issued), paid(challenge)) == (1, ["completion"])


def test_activity_after_the_challenges_end_completes_inside_the_window():
    challenge = make_challenge(at=NOW - 9 * DAY, ends_at=NOW - DAY)
    log = log_activity(challenge, 500).log
    assert log.reason_code == "after_end"

    count(log)

    row = progress_of(challenge)
    assert (
        row.challenge_completed_at
        == NOW - DAY - datetime.resolution
        == row.window_ends_at - datetime.resolution
    )
    assert breaches(NOW) == []


def test_activity_in_a_window_after_the_challenges_end_counts_until_the_calendar_closes_it():
    october = datetime(2026, 10, 20, tzinfo=UTC)
    challenge = make_challenge(at=october - DAY, ends_at=october)

    count(log_activity(challenge, 500).log)

    row = progress_of(challenge)
    assert (row.period_key, row.window_ends_at) == ("2026-11", datetime(2026, 12, 1, tzinfo=UTC))
    assert breaches(NOW) == []


def test_a_paused_members_log_counts(challenge):
    make_member(status="paused")
    log = log_activity(challenge, 20).log

    count(log)

    assert value_of(challenge) == 20


def test_what_would_pass_the_limit_of_a_sum_is_refused(challenge, paused_log):
    log_activity(challenge, MAX_AMOUNT)

    assert count(paused_log).error.code == "sum_limit"
    assert (ChallengeLog.objects.count(), StaffAction.objects.count()) == (2, 0)


def test_an_archived_challenge_is_restored_first(challenge, paused_log):
    service.remove(challenge, at=NOW)

    assert count(paused_log).error.code == "archived"


def test_another_method_recounts_what_was_counted_anyway():
    challenge = make_challenge(status="paused")
    log = log_activity(challenge, 70).log
    count(log)
    take_back(challenge, log.unique_identifier, 30)

    challenge.aggregation_period = "daily"
    service.save(challenge, at=NOW)

    row = progress_of(challenge)
    assert (row.period_key, row.current_progress_value) == ("2026-11-22", 40)

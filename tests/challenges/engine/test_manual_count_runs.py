"""Staff count all that a filter finds: each log once, in pieces, in order, with totals that add up."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.models.staff_action import StaffAction
from challenges.editing import service
from challenges.engine import manual_count, manual_count_runs, runs
from challenges.engine.manual_count import count_manually
from challenges.engine.manual_count_runs import LogFilter, advance, resume_all, start
from challenges.models import ChallengeLog, ManualCountRun
from core.amounts import MAX_AMOUNT
from core.errors import DomainError
from members.domain import erasing
from members.models import Member
from tests.builders import (
    HOUR,
    NOW,
    breaches,
    log_activity,
    make_challenge,
    make_milestone,
    paid,
    progress_of,
    take_back,
    value_of,
)

pytestmark = pytest.mark.django_db

EVERYTHING = LogFilter()
REASON = "The pause was ours"


@pytest.fixture
def challenge():
    """It began too late: what came before `starts_at` did not count."""
    challenge = make_challenge(at=NOW - timedelta(days=40), starts_at=NOW - HOUR)
    make_milestone(challenge, 200)
    return challenge


@pytest.fixture
def in_pieces(monkeypatch):
    """Two logs at a time, four in the request."""
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 2)
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_REQUEST", 4)
    runs.work_waits.clear()


def early(challenge, value=100, member="alice", hours=2, **fields):
    return log_activity(challenge, value, member=member, at=NOW - hours * HOUR, received_at=NOW, **fields).log


def count_all(challenge, log_filter=EVERYTHING, actor=None, at=NOW + HOUR):
    return start(challenge.id, log_filter, REASON, actor, at)


def totals(run):
    return (run.found, run.processed, run.counted, run.refused, run.reward_logs)


def test_all_that_a_filter_finds_is_counted_and_paid(challenge):
    for member in ("alice", "bob"):
        for number in range(5):
            early(challenge, member=member, hours=9 - number)
    early(challenge, 100, member="carol")
    counted = log_activity(challenge, 7).log

    run = count_all(challenge)

    assert totals(run) == (11, 11, 11, 0, 4)
    assert run.finished_at == NOW + HOUR
    assert [value_of(challenge, member) for member in ("alice", "bob", "carol")] == [507, 500, 100]
    assert paid(challenge) == [200, "completion"]
    assert progress_of(challenge, "bob").challenge_completed_at == NOW - 5 * HOUR
    assert not ChallengeLog.objects.filter(counts_anyway=counted.unique_identifier).exists()
    assert breaches(NOW) == []


def test_again_counts_nothing_twice(challenge):
    for number in range(3):
        early(challenge, uid=f"order-{number}")
    count_all(challenge)

    again = count_all(challenge)

    assert totals(again) == (3, 3, 0, 3, 0)
    assert [refusal["code"] for refusal in again.refusals] == ["counted_already"] * 3
    assert value_of(challenge) == 300


@pytest.mark.parametrize(
    ("log_filter", "found"),
    [
        (LogFilter(reason_codes=("before_start",)), {"early", "first", "bobs"}),
        (LogFilter(reason_codes=("challenge_paused",)), {"paused"}),
        (LogFilter(reason_codes=("challenge_paused", "before_start")), {"early", "first", "bobs", "paused"}),
        (LogFilter(period_key="2026-10"), {"first"}),
        (LogFilter(activity_after=NOW - 2 * HOUR), {"early", "paused"}),
        (LogFilter(activity_before=NOW - 2 * HOUR), {"first", "bobs"}),
        (LogFilter(activity_after=NOW - 3 * HOUR, activity_before=NOW - 2 * HOUR), {"bobs"}),
        (LogFilter(external_id="bob"), {"bobs"}),
        (LogFilter(external_id="bob", reason_codes=("challenge_paused",)), set()),
        (LogFilter(external_id="nobody"), set()),
        (LogFilter(unique_identifier="early"), {"early"}),
    ],
)
def test_filter_finds_what_it_says(challenge, log_filter, found):
    make_milestone(other := make_challenge(name="Other", starts_at=NOW - HOUR), 10)
    early(other, uid="elsewhere")
    early(challenge, uid="early")
    early(challenge, member="bob", uid="bobs", hours=3)
    early(challenge, uid="first", hours=30 * 24)
    challenge.status = "paused"
    service.save(challenge, at=NOW)
    log_activity(challenge, 1, uid="paused")

    run = count_all(challenge, log_filter)

    counting = ChallengeLog.objects.exclude(counts_anyway="")
    assert set(counting.values_list("counts_anyway", flat=True)) == found
    assert run.found == len(found)


def test_nothing_found_stores_nothing(challenge):
    run = count_all(challenge)

    assert (totals(run), run.id, run.finished_at) == ((0, 0, 0, 0, 0), None, NOW + HOUR)
    assert (ManualCountRun.objects.count(), StaffAction.objects.count()) == (0, 0)


def test_run_is_audited_once_with_reason_filter_and_totals(challenge):
    sam = User.objects.create(username="sam")
    for number in range(3):
        early(challenge, uid=f"order-{number}")
    log_filter = LogFilter(
        reason_codes=("before_start",), activity_before=NOW, period_key="2026-11", external_id="alice"
    )

    run = count_all(challenge, log_filter, actor=sam)

    noted = StaffAction.objects.get()
    assert (noted.action, noted.actor, noted.reason, noted.created_at) == (
        "count_anyway_all",
        sam,
        REASON,
        NOW + HOUR,
    )
    assert (noted.target, noted.target_id) == ("challenges.challenge", str(challenge.id))
    assert noted.member_external_id == "alice"
    assert noted.detail == {
        "runId": str(run.id),
        "filter": {
            "reasonCode": ["before_start"],
            "periodKey": "2026-11",
            "activityAtBefore": NOW.isoformat(),
        },
        "found": 3,
        "counted": 3,
        "refused": 0,
        "rewardLogs": 1,
    }


def test_reason_is_required(challenge):
    early(challenge)

    with pytest.raises(DomainError) as refused:
        start(challenge.id, EVERYTHING, "  ", None, NOW)

    assert (refused.value.code, ManualCountRun.objects.count()) == ("required", 0)


def test_archived_challenge_is_refused(challenge):
    early(challenge)
    service.remove(challenge, at=NOW)

    with pytest.raises(DomainError) as refused:
        count_all(challenge)

    assert (refused.value.code, refused.value.status) == ("archived", "conflict")
    assert ManualCountRun.objects.count() == 0


def test_refused_logs_are_listed_and_spoil_no_other(challenge):
    early(challenge, uid="taken-back", hours=5)
    early(challenge, uid="clicked", hours=4)
    early(challenge, uid="good", hours=3)
    take_back(challenge, "taken-back")
    count_manually([ChallengeLog.objects.get(unique_identifier="clicked").id], REASON, None, NOW)

    run = count_all(challenge)

    assert totals(run) == (3, 3, 1, 2, 1)
    assert [(refusal["uniqueIdentifier"], refusal["code"]) for refusal in run.refusals] == [
        ("taken-back", "reversed"),
        ("clicked", "counted_already"),
    ]
    assert set(run.refusals[0]) == {"challengeLogId", "uniqueIdentifier", "code", "detail"}
    assert value_of(challenge) == 200


def test_first_hundred_refusals_are_listed(challenge):
    for number in range(103):
        early(challenge, 1, uid=f"order-{number}", hours=200 - number)
    count_all(challenge)

    again = count_all(challenge)

    assert (again.refused, len(again.refusals)) == (103, 100)
    assert again.refusals[0]["uniqueIdentifier"] == "order-0"


@pytest.mark.parametrize("code", ["value_missing", "before_live"])
def test_what_can_never_count_is_refused(challenge, code):
    log = early(challenge)
    ChallengeLog.objects.update(reason_code=code)

    run = count_all(challenge)
    (single,) = count_manually([log.id], REASON, None, NOW)

    assert (run.counted, run.refusals[0]["code"], single.error.code) == (0, code, code)
    assert single.error.status == "conflict"
    assert {"value_missing", "before_live"} == set(manual_count.NEVER_COUNTED)


def test_what_would_pass_the_limit_of_a_sum_is_refused_alone(challenge):
    log_activity(challenge, MAX_AMOUNT - 10, member="bob")
    early(challenge, 6, member="bob", uid="fits", hours=5)
    early(challenge, 6, member="bob", uid="too-much", hours=4)
    early(challenge, 4, member="bob", uid="fits-too", hours=3)
    early(challenge, 200)

    run = count_all(challenge)

    assert totals(run)[:4] == (4, 4, 3, 1)
    assert [(refusal["uniqueIdentifier"], refusal["code"]) for refusal in run.refusals] == [
        ("too-much", "sum_limit")
    ]
    assert (value_of(challenge, "bob"), value_of(challenge)) == (MAX_AMOUNT, 200)


def test_a_log_without_a_value_is_refused_where_values_are_added(challenge):
    challenge = make_challenge(
        aggregation_method="count", completion_target_value=Decimal(5), starts_at=NOW - HOUR
    )
    early(challenge, None)
    challenge.aggregation_method, challenge.completion_target_value = "sum", Decimal(500)
    service.save(challenge, at=NOW)

    run = count_all(challenge)

    assert (run.counted, run.refusals[0]["code"]) == (0, "required")


def test_reversals_are_not_found(challenge):
    early(challenge, uid="order-a")
    take_back(challenge, "order-a")

    assert count_all(challenge).found == 1


# --- In pieces --------------------------------------------------------------------------------------------


def test_the_request_counts_so_many_and_the_rest_follows(challenge, in_pieces):
    for number in range(7):
        early(challenge, 100, uid=f"order-{number}", hours=20 - number)

    run = count_all(challenge)

    assert (totals(run), run.finished_at) == ((7, 4, 4, 0, 1), None)
    assert value_of(challenge) == 400

    assert resume_all(NOW + 2 * HOUR) is False

    run.refresh_from_db()
    assert totals(run) == (7, 7, 7, 0, 2)
    assert (run.finished_at is None, value_of(challenge)) == (False, 700)
    assert progress_of(challenge).challenge_completed_at == NOW - 16 * HOUR
    assert StaffAction.objects.get().detail["counted"] == 7


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_whole_pieces_end_with_the_last_log(challenge, in_pieces, count):
    for number in range(count):
        early(challenge, 1, uid=f"order-{number}")

    run = count_all(challenge)

    assert (run.processed, run.finished_at) == (count, NOW + HOUR)


def test_who_waits_for_the_rest_is_woken_after_the_commit(
    challenge, in_pieces, django_capture_on_commit_callbacks
):
    for number in range(5):
        early(challenge, 1, uid=f"order-{number}")

    with django_capture_on_commit_callbacks(execute=True):
        count_all(challenge)

    assert runs.work_waits.is_set()


def test_what_is_done_in_the_request_wakes_nobody(challenge, in_pieces, django_capture_on_commit_callbacks):
    early(challenge, 1)

    with django_capture_on_commit_callbacks(execute=True):
        count_all(challenge)

    assert not runs.work_waits.is_set()


def test_only_what_has_not_moved_is_resumed(challenge, in_pieces):
    for number in range(9):
        early(challenge, 1, uid=f"order-{number}")
    run = count_all(challenge)

    assert resume_all(NOW + HOUR) is False

    run.refresh_from_db()
    assert run.processed == 4


def test_one_turn_leaves_time_for_other_work(challenge, in_pieces, monkeypatch):
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_A_TURN", 4)
    for number in range(9):
        early(challenge, 1, uid=f"order-{number}")
    run = count_all(challenge)

    assert resume_all(NOW + 2 * HOUR) is True
    run.refresh_from_db()
    assert run.processed == 8
    advance(run.id)
    run.refresh_from_db()
    assert totals(run) == (9, 9, 9, 0, 0)


def test_a_run_that_fails_holds_up_no_other(challenge, in_pieces, monkeypatch):
    for number in range(9):
        early(challenge, 1, uid=f"order-{number}")
    failing, good = count_all(challenge), count_all(challenge)
    chunk = manual_count_runs._count_chunk
    monkeypatch.setattr(
        manual_count_runs, "_count_chunk", lambda id_, at: 1 / 0 if id_ == failing.id else chunk(id_, at)
    )

    resume_all(NOW + 2 * HOUR)

    good.refresh_from_db()
    assert good.finished_at is not None


def test_logs_that_came_after_the_start_are_left(challenge, in_pieces):
    for number in range(5):
        early(challenge, 1, uid=f"order-{number}")
    run = count_all(challenge)
    log_activity(challenge, 1, uid="later", at=NOW - 2 * HOUR, received_at=NOW + 2 * HOUR)

    advance(run.id)

    run.refresh_from_db()
    assert totals(run) == (5, 5, 5, 0, 0)


def test_a_challenge_archived_meanwhile_refuses_the_rest(challenge, in_pieces):
    for number in range(7):
        early(challenge, 1, uid=f"order-{number}")
    run = count_all(challenge)
    service.remove(challenge, at=NOW)

    advance(run.id)

    run.refresh_from_db()
    assert totals(run) == (7, 7, 4, 3, 0)
    assert {refusal["code"] for refusal in run.refusals} == {"archived"}


def test_a_member_erased_meanwhile_is_still_found(challenge, in_pieces):
    for number in range(7):
        early(challenge, 1, uid=f"order-{number}")
    run = count_all(challenge, LogFilter(external_id="alice"))
    erasing.erase(Member.objects.get(), at=NOW)

    advance(run.id)

    run.refresh_from_db()
    assert totals(run) == (7, 7, 7, 0, 0)
    assert StaffAction.objects.get(action="count_anyway_all").reason == ""


def test_finished_and_unknown_runs_are_left_alone(challenge):
    early(challenge)
    run = count_all(challenge)

    assert advance(run.id) is False
    assert advance(uuid4()) is False


def test_queries_do_not_grow_with_the_logs(challenge):
    def queries_for(count, member):
        for number in range(count):
            early(challenge, 1, member=member, uid=f"{member}-{number}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            count_all(challenge, LogFilter(external_id=member))
        return len(captured)

    assert queries_for(3, "bob") == queries_for(60, "carol")

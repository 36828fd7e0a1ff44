"""The server's clock jumps ahead and back: nobody stays in the wrong window, and no activity is lost."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.api import failed_attempts
from access.api.failed_attempts import WRONG_KEYS_A_MINUTE
from access.models.api_key import ApiKey
from challenges.api.views.cached_reads import CachedReads
from challenges.caches import config
from challenges.engine import intake
from challenges.models import Activity, Challenge, ChallengeLog
from core.write_guard import bypassing_services
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    delete_rewards,
    entry,
    log_activity,
    make_challenge,
    make_milestone,
    paid,
)

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

CHALLENGES = "/schema/challenge/record"
LOG, BATCH = "/schema/challenge_log/record", "/schema/challenge_log/record/batch"
ACTIVITY, ACTIVITIES = "/schema/activity/record", "/schema/activity/record/batch"


@pytest.fixture(autouse=True)
def fresh():
    """A worker that has answered nobody yet."""
    CachedReads.for_guests.clear()
    CachedReads.for_members.clear()
    failed_attempts.clear_remembered()


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def daily(clock):
    return make_challenge(aggregation_period="daily", activity_ids=["purchase"], at=NOW - DAY)


def window_read_by(client):
    return client.get(CHALLENGES).json()["data"][0]["window"]["periodKey"]


@pytest.mark.parametrize("jump", [DAY, HOUR * 13, 400 * DAY])
def test_guest_is_not_left_in_the_window_of_a_clock_that_was_ahead(client, clock, daily, jump):
    clock.move_to(NOW + jump)
    assert window_read_by(client) == f"{NOW + jump:%Y-%m-%d}"

    clock.move_to(NOW)

    assert window_read_by(client) == "2026-11-22"


def test_member_is_not_left_in_the_window_of_a_clock_that_was_ahead(clock, daily, end_user):
    log_activity(daily, 10)
    clock.move_to(NOW + 13 * HOUR)
    member = end_user("alice", lives=22 * 3600, at=NOW)
    assert window_read_by(member) == "2026-11-23"

    clock.move_to(NOW)

    assert window_read_by(member) == "2026-11-22"


def test_guest_has_another_etag_once_the_clock_is_right(client, clock, daily):
    clock.move_to(NOW + DAY)
    tomorrow = client.get(CHALLENGES).headers["ETag"]

    clock.move_to(NOW)

    assert client.get(CHALLENGES, headers={"if-none-match": tomorrow}).status_code == 200


def test_answer_is_cached_again_after_the_jump(client, clock, daily):
    clock.move_to(NOW + DAY)
    client.get(CHALLENGES)
    clock.move_to(NOW)
    client.get(CHALLENGES)

    with CaptureQueriesContext(connection) as made:
        client.get(CHALLENGES)

    assert len(made.captured_queries) == 1


def test_rate_is_neither_lifted_nor_locked_by_a_jump(client, clock, daily, settings):
    settings.RATE_LIMIT = "3/minute"

    def statuses():
        return [client.get(CHALLENGES).status_code for _ in range(4)]

    for moment in (NOW, NOW + DAY, NOW + HOUR):
        clock.move_to(moment)
        assert statuses() == [200, 200, 200, 429]


def test_wrong_keys_of_a_clock_ahead_lock_nobody_out_when_it_is_right(client, clock, make_api):
    def wrong():
        return client.get(CHALLENGES, headers={"Authorization": "Api-Key wrong.key"}).status_code

    clock.move_to(NOW + DAY)
    assert [wrong() for _ in range(WRONG_KEYS_A_MINUTE + 1)][-1] == 429

    clock.move_to(NOW)

    assert wrong() == 401
    assert make_api("read").get("reward").status_code == 200


def test_last_use_of_a_key_follows_the_clock_back(clock, api):
    clock.move_to(NOW + DAY)
    api.get("reward")

    clock.move_to(NOW)
    api.get("reward")

    assert ApiKey.objects.get().last_used_at == NOW


def test_last_use_is_not_written_in_turns_by_servers_whose_clocks_differ(clock, api):
    clock.move_to(NOW + timedelta(minutes=2))
    api.get("reward")
    clock.move_to(NOW)

    with CaptureQueriesContext(connection) as made:
        api.get("reward")

    assert [query["sql"] for query in made.captured_queries if query["sql"].startswith("UPDATE")] == []


def test_interrupted_backfill_of_a_clock_ahead_is_resumed(clock, daily, django_capture_on_commit_callbacks):
    """An edit that paid half while the clock was ahead: today it would wait until tomorrow."""
    log_activity(daily, 300)
    make_milestone(daily, 200, at=NOW)
    assert paid(daily) == [200]
    delete_rewards()
    with bypassing_services("an edit that was interrupted"):
        Challenge.objects.filter(id=daily.id).update(settling_since=NOW + DAY)
    config.invalidate()

    with django_capture_on_commit_callbacks(execute=True):
        log_activity(daily, 1, member="bob", at=NOW)

    assert Challenge.objects.get().settling_since is None


# --- activity refused only because our clock is behind -----------------------------------------------------
def record_of(challenge, at: datetime, uid="order-1", **fields):
    return {
        "challengeId": str(challenge.id),
        "ownedById": "alice",
        "activityAt": at.isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": uid,
        "activityValue": 10,
        **fields,
    }


def activity_of(challenge, at, uid="order-1", **fields):
    return {k: v for k, v in record_of(challenge, at, uid, **fields).items() if k != "challengeId"}


ENTRANCES = {
    "log": (LOG, lambda challenge, at: record_of(challenge, at), "activityAt"),
    "batch": (BATCH, lambda challenge, at: {"records": [record_of(challenge, at)]}, "records.0.activityAt"),
    "activity": (ACTIVITY, lambda challenge, at: activity_of(challenge, at), "activityAt"),
    "activities": (
        ACTIVITIES,
        lambda challenge, at: {"records": [activity_of(challenge, at)]},
        "records.0.activityAt",
    ),
}


@pytest.fixture(params=ENTRANCES)
def entrance(request):
    return ENTRANCES[request.param]


def test_true_activity_is_asked_for_again_while_our_clock_is_behind(api, clock, daily, entrance):
    path, body_of, attr = entrance
    log_activity(daily, 1, member="bob")
    body = body_of(daily, NOW + timedelta(seconds=30))

    clock.move_to(NOW - HOUR)
    behind = api.post_json(path, body)
    clock.move_to(NOW + timedelta(minutes=1))
    again = api.post_json(path, body)

    assert behind.status_code == 503
    assert behind.headers["Retry-After"] == "30"
    assert [(e["code"], e["attr"]) for e in behind.json()["errors"]] == [("clock_behind", attr)]
    assert again.status_code in (200, 201)
    assert ChallengeLog.objects.filter(member__external_id="alice", counted=True).count() == 1


def test_first_activity_after_one_at_the_activity_entrance_alone_is_judged_too(api, clock, daily):
    """An activity that no challenge names is stored, and bears witness."""
    body = activity_of(daily, NOW, activityId="nobody-names-it")
    assert api.post_json(ACTIVITY, body).status_code == 200
    assert (Activity.objects.count(), ChallengeLog.objects.count()) == (1, 0)

    clock.move_to(NOW - HOUR)

    assert api.post_json(LOG, record_of(daily, NOW, "order-2")).status_code == 503


def test_activity_in_the_future_is_400_while_our_clock_is_right(api, clock, daily, entrance):
    path, body_of, _attr = entrance
    log_activity(daily, 1, member="bob")

    answer = api.post_json(path, body_of(daily, NOW + HOUR))

    errors = answer.json()["errors"] if "errors" in answer.json() else answer.json()["data"][0]["errors"]
    assert answer.status_code == (200 if "records" in body_of(daily, NOW) else 400)
    assert [error["code"] for error in errors] == ["activity_in_future"]
    assert not ChallengeLog.objects.filter(member__external_id="alice").exists()


def test_clocks_of_two_servers_that_differ_by_a_second_prove_nothing(api, clock, daily):
    log_activity(daily, 1, member="bob", at=NOW + timedelta(seconds=1))

    assert api.post_json(LOG, record_of(daily, NOW + HOUR)).status_code == 400


def test_batch_stores_what_is_not_ahead_and_is_completed_by_the_same_batch(api, clock, daily):
    log_activity(daily, 1, member="bob")
    clock.move_to(NOW - HOUR)
    records = [record_of(daily, NOW - 2 * HOUR, "old"), record_of(daily, NOW, "true"), {"nonsense": 1}]

    behind = api.post_json(BATCH, {"records": records})
    stored = set(ChallengeLog.objects.filter(member__external_id="alice").values_list("unique_identifier"))
    clock.move_to(NOW)
    again = api.post_json(BATCH, {"records": records})

    assert (behind.status_code, stored) == (503, {("old",)})
    assert [error["attr"] for error in behind.json()["errors"]] == ["records.1.activityAt"]
    assert [record["status"] for record in again.json()["data"]] == ["replayed", "created", "rejected"]


def test_batch_without_activity_ahead_is_answered_as_ever_while_our_clock_is_behind(api, clock, daily):
    log_activity(daily, 1, member="bob")
    clock.move_to(NOW - HOUR)

    answer = api.post_json(BATCH, {"records": [record_of(daily, NOW - HOUR), {"nonsense": 1}]})

    assert (answer.status_code, answer.json()["summary"]["created"]) == (200, 1)


def test_the_question_is_asked_in_the_refused_case_alone(api, clock, daily):
    """No query of a log that is stored, of a batch, or of one refused for another reason reads it."""
    bodies = [(LOG, record_of(daily, NOW)), (BATCH, {"records": [record_of(daily, NOW - 61 * DAY, "old")]})]

    with CaptureQueriesContext(connection) as made:
        for path, body in bodies:
            api.post_json(path, body)

    asked = [query["sql"] for query in made.captured_queries if "staffaction" in query["sql"]]
    assert asked == []


def test_staff_is_told_to_check_the_clock(clock, daily):
    """In the back office somebody reads the answer, so it stays what it was."""
    log_activity(daily, 1, member="bob")
    clock.move_to(NOW - HOUR)

    (outcome,) = intake.record([entry(daily, 10, at=NOW, uid="typed")])

    assert [error.code for error in outcome.errors] == ["activity_in_future"]


def test_token_of_a_time_to_come_stays_401(clock, daily, end_user):
    """Who signed it cannot be told from who forged it: no rule was found that is sound (docs/trust.md)."""
    reader = end_user("alice")

    clock.move_to(NOW - 26 * HOUR)

    assert reader.get(CHALLENGES).status_code == 401
    assert timezone.now() < NOW

"""Challenges that were edited over time under 0.1: closed windows stay as they are, whatever held since."""

from datetime import UTC, datetime

import pytest

from tests.upgrade.over_time_0_1 import BLANK, HALF_PAID_AT, INVISIBLE, LAST_WEEK, OWED, THIS_WEEK, at
from tests.upgrade.over_time_shop import PAID, is_owed, row_of
from tests.upgrade.releases import execute
from tests.upgrade.rows_0_1 import TARGET_UNITS

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("over-time")]

END_OF_WEEK = datetime(2026, 11, 30, tzinfo=UTC)


def test_rows_are_as_they_were(shop):
    changed = {id_ for id_ in shop.before if shop.after[id_] != shop.before[id_]}

    assert shop.after.keys() == shop.before.keys()
    assert {shop.before[id_].challenge for id_ in changed} == {"Half paid", *OWED}
    assert [id_ for id_ in changed if not is_owed(shop.before[id_])] == []


def test_api_answers_as_the_rows_say(shop):
    pages = shop.answers["read"][0]["answers"]
    answered = {record["id"]: record for page in pages for record in page["body"]["data"]}

    assert answered.keys() == shop.before.keys()
    for id_, record in answered.items():
        row = shop.after[id_] if is_owed(shop.before[id_]) else shop.before[id_]
        assert record["challengeProgressStatus"] == row.status, row
        assert record["currentProgressValue"] * TARGET_UNITS == row.value, row
        assert record["completionTargetValue"] * TARGET_UNITS == row.target, row
        assert datetime.fromisoformat(record["windowEndsAt"]) == row.ends_at, row


def test_ledger_is_silent(shop):
    assert shop.answers["replay"] == ""
    assert shop.answers["ledger"] == [0, ""]
    assert shop.answers["ledger_afterwards"] == [0, ""]


def test_every_page_of_the_admin_opens(shop):
    assert {page: status for page, status in shop.answers["admin_pages"].items() if status != 200} == {}


def test_half_paid_lowering_is_finished(shop):
    assert row_of(shop.after, "Half lowered", "anna", THIS_WEEK) == row_of(
        shop.before, "Half lowered", "anna", THIS_WEEK
    )
    waiting = row_of(shop.after, "Half lowered", "ben", THIS_WEEK)
    assert (waiting.target, waiting.completed_at) == (60 * TARGET_UNITS, HALF_PAID_AT)
    behind = row_of(shop.after, "Half lowered", "carl", THIS_WEEK)
    assert (behind.target, behind.completed_at) == (60 * TARGET_UNITS, None)
    assert [row[1:] for row in shop.answers["paid"] if row[0] == "Half lowered"] == [
        ("anna", THIS_WEEK, None, 60 * TARGET_UNITS, "issued"),
        ("ben", THIS_WEEK, None, 60 * TARGET_UNITS, "issued"),
    ]


def test_half_paid_lowering_is_finished_in_a_day_that_has_closed(shop):
    row = row_of(shop.after, "Half lowered days", "anna", "2026-11-23")

    assert (row.target, row.completed_at) == (60 * TARGET_UNITS, at("23 09:00"))
    paid = [row[1:] for row in shop.answers["paid"] if row[0] == "Half lowered days"]
    assert sorted(paid) == [
        ("anna", "2026-11-23", None, 60 * TARGET_UNITS, "issued"),
        ("anna", "2026-11-24", None, 60 * TARGET_UNITS, "issued"),
    ]


def test_half_done_end_in_the_past_closes_every_row_at_its_moment(shop):
    rows = [row_of(shop.after, "Half ended", member, THIS_WEEK) for member in ("anna", "ben")]

    assert [(row.ends_at, row.completed_at) for row in rows] == [(HALF_PAID_AT, None)] * 2


def test_row_of_an_open_window_that_had_been_closed_is_open(shop):
    row = row_of(shop.after, "Opened again", "anna", THIS_WEEK)

    assert (row.ends_at, row.value, row.completed_at) == (END_OF_WEEK, 40 * TARGET_UNITS, None)
    # 0.1 would have paid it with the next log.
    assert [row[1:4] for row in shop.answers["paid"] if row[0] == "Opened again"] == [
        ("anna", THIS_WEEK, "Added while it was closed")
    ]


def test_what_was_revoked_stays_revoked(shop):
    paid = execute(shop.environment, PAID)

    assert [row[5] for row in paid if row[0] == "Taken back"] == ["revoked", "revoked"]


def test_members_with_names_that_0_1_took_are_found(shop):
    members = [request["answers"][0] for request in shop.answers["read"][1:]]

    assert [answer["status"] for answer in members] == [200, 200]
    assert [answer["body"]["data"]["externalId"] for answer in members] == [BLANK, INVISIBLE]


def test_codes_that_differ_in_case_alone_stay_with_their_members(shop):
    codes = execute(
        shop.environment,
        "SELECT k.code, m.external_id FROM rewards_couponcode k JOIN rewards_rewardlog r "
        "ON r.id = k.reward_log_id AND r.coupon_code = k.code JOIN members_member m ON m.id = r.member_id "
        "WHERE LOWER(k.code) = 'twin-7'",
    )

    assert {tuple(row) for row in codes} == {("twin-7", BLANK), ("TWIN-7", INVISIBLE)}


def test_late_log_in_a_historical_window_keeps_the_target_of_its_row(shop):
    first, second = verdicts(shop)[:2]

    assert (first, second) == ((True, None), (True, None))
    kept = row_of(shop.answers["now"], "Raised", "ben", LAST_WEEK)
    assert (kept.value, kept.target) == (95 * TARGET_UNITS, 100 * TARGET_UNITS)
    # A new row there takes the target of its version.
    new = row_of(shop.answers["now"], "Raised", "dan", LAST_WEEK)
    assert (new.value, new.target, new.status) == (50 * TARGET_UNITS, 200 * TARGET_UNITS, "failed")
    new = row_of(shop.answers["now"], "Without history", "dan", LAST_WEEK)
    assert (new.value, new.target, new.status) == (20 * TARGET_UNITS, 100 * TARGET_UNITS, "failed")


def test_new_activity_is_judged_by_the_versions(shop):
    assert verdicts(shop)[2:] == [
        # Its window had closed before it went live.
        (False, "before_live"),
        (True, None),
        (False, "after_end"),
        (False, "after_end"),
        (True, None),
        (True, None),
    ]
    unchanged = row_of(shop.answers["now"], "Late to live", "ben", "2026-W46")
    assert unchanged == row_of(shop.before, "Late to live", "ben", "2026-W46")
    paid = execute(shop.environment, PAID)
    assert [row[3] for row in paid if row[:2] == ("Steps", "eve")] == ["Old", "Lived again", "New"]


def verdicts(shop):
    logs = [request["answers"][0]["body"]["data"] for request in shop.answers["new"]]
    return [(log["counted"], log["reasonCode"]) for log in logs]

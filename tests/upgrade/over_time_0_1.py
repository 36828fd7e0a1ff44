"""What 0.1 left of challenges that were edited over time, beside the scenario that is in `0.1/`.

It is noon of the 25th of November 2026, a Wednesday, in UTC; the week 48 is open and ends on the 30th.
"""

from datetime import UTC, datetime

from tests.upgrade.rows_0_1 import TARGET_UNITS, Rows

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LAST_WEEK, THIS_WEEK = "2026-W47", "2026-W48"
INVISIBLE = "\u200b"
BLANK = "dora "
HALF_PAID_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
CLOSED_EARLY_AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
# What the migration may change: what an edit still owes, and the row of an open window that had been closed.
OWED = ("Half lowered", "Half lowered days", "Half ended", "Opened again")
OWED_WINDOWS = (THIS_WEEK, "2026-11-23")


def at(text):
    """A moment of November 2026, UTC, as `24 09:30`; of another month as `10-24 09:30`."""
    day, _blank, time = text.partition(" ")
    month_and_day = day if "-" in day else f"11-{day}"
    return datetime.fromisoformat(f"2026-{month_and_day}T{time or '08:00'}:00+00:00")


def target(value):
    return {"completion_target_value": value * TARGET_UNITS}


def milestone_target(value):
    return {"milestone_target_value": value * TARGET_UNITS}


def over_time():
    rows = Rows()
    names_and_codes(rows)
    judged_wrongly(rows)
    ends_in_the_past(rows)
    milestones_over_time(rows)
    revoked(rows)
    half_paid(rows)
    other_statuses(rows)
    return rows


def names_and_codes(rows):
    """0.1 took any identifier, counted any value as one visit, and told codes apart by their case."""
    rows.challenge("Visits", 2, aggregation_method="count")
    for member in (BLANK, INVISIBLE):
        negative = {"activity_value": -3 * TARGET_UNITS}
        rows.log("Visits", member, at("18"), LAST_WEEK, 1, **negative)
        rows.log("Visits", member, at("19"), LAST_WEEK, 1, **negative)
        done = {"logs": False, "challenge_completed_at": at("19")}
        rows.progress("Visits", member, LAST_WEEK, 2, 2, at("18"), **done)
        rows.log("Visits", member, at("24"), THIS_WEEK, 1, **negative)
        rows.progress("Visits", member, THIS_WEEK, 1, 2, at("24"), logs=False)
    rows.reward_log("Visits", BLANK, LAST_WEEK, at("19"), code="twin-7")
    rows.reward_log("Visits", INVISIBLE, LAST_WEEK, at("19"), code="TWIN-7")


def judged_wrongly(rows):
    """Closed windows whose rows have another target than the challenge has now, each for another reason."""
    rows.challenge("Raised", 100, (at("23 20:00"), target(200)), reversal_policy="revoke_unredeemed")
    paid(rows, "Raised", "anna", LAST_WEEK, 120, 100, at("17"))
    rows.progress("Raised", "ben", LAST_WEEK, 90, 100, at("17"))
    paid(rows, "Raised", "anna", THIS_WEEK, 150, 100, at("23"))
    rows.progress("Raised", "ben", THIS_WEEK, 120, 200, at("24"))
    # A log that came late, after the target was raised: 0.1 took the target of then.
    rows.progress("Raised", "carl", LAST_WEEK, 150, 200, at("24"))

    live = {"status": "live"}
    rows.challenge("Late to live", 50, (at("20"), live), at=at("02"), status="draft", late_grace_hours=1440)
    paid(rows, "Late to live", "anna", "2026-W46", 60, 50, at("21"))
    rows.progress("Late to live", "ben", "2026-W46", 10, 50, at("21"))
    rows.progress("Late to live", "ben", THIS_WEEK, 10, 50, at("24"))


def ends_in_the_past(rows):
    """0.1 closed the open rows at the moment of the edit, and left them closed when the end was cleared."""
    closing, clearing = {"ends_at": at("16 12:00")}, {"ends_at": None}
    rows.challenge("Closed early", 100, (at("17 10:00"), closing), (at("18"), clearing))
    rows.progress("Closed early", "anna", LAST_WEEK, 40, 100, at("16 09:00"), window_ends_at=at("17 10:00"))
    rows.progress("Closed early", "ben", LAST_WEEK, 40, 100, at("19"))

    edits = (CLOSED_EARLY_AT, {"ends_at": at("23 12:00")}), (at("24 12:00"), clearing)
    rows.challenge("Opened again", 100, *edits)
    rows.milestone("Opened again", "Added while it was closed", 30, at=at("24 11:00"))
    closed = {"window_ends_at": CLOSED_EARLY_AT}
    rows.progress("Opened again", "anna", THIS_WEEK, 40, 100, at("23 09:00"), **closed)
    rows.progress("Opened again", "ben", THIS_WEEK, 10, 100, at("25 09:00"))

    rows.challenge("Ended before this week", 100, (CLOSED_EARLY_AT, {"ends_at": at("20")}))
    rows.progress("Ended before this week", "anna", LAST_WEEK, 40, 100, at("18"), window_ends_at=at("20"))
    rows.progress("Ended before this week", "anna", THIS_WEEK, 40, 100, at("23 09:00"), **closed)


def milestones_over_time(rows):
    """Live since before the first log, since some day, since this week; raised, lowered, paused, removed."""
    rows.challenge("Steps", 100, history=None)
    rows.milestone(
        "Steps", "Old", 10, (at("12"), milestone_target(20)), (at("24"), milestone_target(15)), at=at("10-01")
    )
    rows.milestone("Steps", "Lived again", 30, (at("10"), {"live_since": at("10")}), at=at("10-02"))
    rows.milestone("Steps", "New", 40, at=at("24 07:00"))
    rows.milestone("Steps", "Paused", 50, (at("09"), {"status": "paused"}), at=at("10-01"))
    rows.milestone("Steps", "Removed", 60, (at("09"), {"archived_at": at("09")}), at=at("10-01"))
    rows.milestone("Steps", "Drafted", 70, status="draft")

    first = rows.progress("Steps", "anna", "2026-W41", 12, 100, at("10-05"))
    rows.reward_log("Steps", "anna", "2026-W41", at("10-05"), "Old", challenge_log_id=first)
    # This one waited for its code, which came when the milestone had been raised.
    waited = {"reward_issued_at": at("13"), "updated_at": at("13")}
    rows.progress("Steps", "ben", "2026-W46", 12, 100, at("11"))
    rows.reward_log("Steps", "ben", "2026-W46", at("11"), "Old", **waited)
    rows.progress("Steps", "carl", "2026-W46", 35, 100, at("13"))
    for name in ("Old", "Lived again"):
        rows.reward_log("Steps", "carl", "2026-W46", at("13"), name)
    rows.progress("Steps", "dan", "2026-W45", 65, 100, at("07"))
    for name in ("Old", "Paused", "Removed"):
        rows.reward_log("Steps", "dan", "2026-W45", at("07"), name)
    # Paid by the edit that lowered it, at that moment.
    rows.progress("Steps", "anna", THIS_WEEK, 16, 100, at("23"))
    rows.reward_log("Steps", "anna", THIS_WEEK, at("24"), "Old")
    rows.progress("Steps", "ben", THIS_WEEK, 45, 100, at("24 09:00"))
    for name in ("Old", "Lived again", "New"):
        rows.reward_log("Steps", "ben", THIS_WEEK, at("24 09:00"), name)


def revoked(rows):
    """A refund took the value below both thresholds, and a purchase brought it back."""
    rows.challenge("Taken back", 100, reversal_policy="revoke_unredeemed")
    rows.milestone("Taken back", "Taken back at 50", 50)
    done = {"challenge_completed_at": at("23"), "logs": False}
    rows.log("Taken back", "anna", at("23"), THIS_WEEK, 110, unique_identifier="bought")
    rows.log("Taken back", "anna", at("23 09:00"), THIS_WEEK, -110, activity_value=None, reversal_of="bought")
    rows.log("Taken back", "anna", at("23 10:00"), THIS_WEEK, 120)
    rows.progress("Taken back", "anna", THIS_WEEK, 120, 100, at("23"), **done)
    for milestone in (None, "Taken back at 50"):
        rows.reward_log("Taken back", "anna", THIS_WEEK, at("23"), milestone, status="revoked")


def half_paid(rows):
    """Edits that died after their first rows: one lowers the target, one moves the end into the past."""
    pending = {"settling_since": HALF_PAID_AT}
    rows.challenge("Half lowered", 100, (HALF_PAID_AT, target(60)), **pending)
    reached = {"challenge_completed_at": HALF_PAID_AT}
    rows.progress("Half lowered", "anna", THIS_WEEK, 70, 60, at("23"), **reached)
    rows.reward_log("Half lowered", "anna", THIS_WEEK, HALF_PAID_AT)
    rows.progress("Half lowered", "ben", THIS_WEEK, 70, 100, at("23"))
    rows.progress("Half lowered", "carl", THIS_WEEK, 40, 100, at("23"))
    rows.progress("Half lowered", "ben", LAST_WEEK, 70, 100, at("17"))

    # Days have closed since; what they counted, 0.1 has judged by the new target already.
    day, pending = {"aggregation_period": "daily"}, {"settling_since": at("23 09:00")}
    rows.challenge("Half lowered days", 100, (at("23 09:00"), target(60)), **day, **pending)
    rows.progress("Half lowered days", "anna", "2026-11-22", 70, 100, at("22"))
    rows.progress("Half lowered days", "anna", "2026-11-23", 70, 100, at("23"))
    paid(rows, "Half lowered days", "anna", "2026-11-24", 70, 60, at("24"))
    rows.progress("Half lowered days", "anna", "2026-11-25", 40, 60, at("25"))

    pending = {"settling_since": HALF_PAID_AT}
    rows.challenge("Half ended", 100, (HALF_PAID_AT, {"ends_at": at("20")}), **pending)
    rows.progress("Half ended", "anna", THIS_WEEK, 70, 100, at("23"), window_ends_at=HALF_PAID_AT)
    rows.progress("Half ended", "ben", THIS_WEEK, 70, 100, at("23"))
    rows.progress("Half ended", "ben", LAST_WEEK, 70, 100, at("17"))


def other_statuses(rows):
    rows.challenge("Archived with progress", 100, (at("18"), {"archived_at": at("18")}))
    rows.progress("Archived with progress", "anna", LAST_WEEK, 30, 100, at("17"))
    edits = (at("10-10"), {"status": "live"}), (at("10-11"), {"status": "draft"})
    rows.challenge("Back in draft", 100, *edits, status="draft")
    rows.milestone("Back in draft", "Live in a draft", 50)
    rows.challenge("Live twice", 100, *edits, (at("10-20"), {"status": "paused"}), status="draft")
    rows.challenge("Without history", 100, history=None)
    rows.progress("Without history", "anna", LAST_WEEK, 30, 100, at("17"))
    rows.progress("Without history", "ben", THIS_WEEK, 30, 100, at("24"))
    # Of what came before this edit, history was cleared away.
    rows.challenge("History cut", 100, (at("20"), {"description": "Shorter."}), history=at("20"))
    rows.progress("History cut", "anna", "2026-W46", 30, 100, at("09"))
    rows.challenge("Without anything", 100, history=None)


def paid(rows, challenge, member, key, value, its_target, moment):
    """A row that one log completed, with its reward log."""
    done = {"challenge_completed_at": moment}
    log = rows.progress(challenge, member, key, value, its_target, moment, **done)
    rows.reward_log(challenge, member, key, moment, challenge_log_id=log)

"""The statistics of one window, equal to a plain count, and their CSV file."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from backoffice.pages.csv_files import spreadsheet_safe
from core.periods import window_before
from tests.builders import DAY, add_codes, log_activity, make_challenge, make_milestone, make_reward
from tests.rewards.builders import make_reward_log


@pytest.fixture
def challenge(db):
    """Three take part this month: 100, 250 and 600 of 500. Nobody took part before."""
    now = timezone.now()
    reward = make_reward(name="=HYPERLINK(1)")
    challenge = make_challenge(at=now - 70 * DAY, completion_reward=reward)
    make_milestone(challenge, 200, at=now - 70 * DAY)
    for member, value in (("alice", 100), ("bob", 250), ("carol", 600)):
        log_activity(challenge, value, member=member, at=now)
    log_activity(challenge, 1, member="dave", at=now - 50 * DAY, received_at=now)
    return challenge


def open_dashboard(client, challenge, **query):
    return client.get(reverse("backoffice:dashboard", args=[challenge.pk]), query)


def test_funnel_goes_from_taking_part_to_completion(marketer, challenge):
    steps = open_dashboard(marketer, challenge).context["steps"]

    assert [(step.value, step.members, round(step.share)) for step in steps] == [
        (Decimal(0), 3, 100),
        (Decimal(200), 2, 67),
        (Decimal(500), 1, 33),
    ]


def test_result_counts_participants_and_completions(marketer, challenge):
    result = open_dashboard(marketer, challenge).context["result"]

    assert (result.participants, result.completed, round(result.rate)) == (3, 1, 33)


def test_days_are_those_of_the_window_and_show_what_did_not_count(marketer, challenge):
    now, before = timezone.now(), timezone.now() - 50 * DAY

    today = open_dashboard(marketer, challenge).context["days"][-1]
    earlier = open_dashboard(marketer, challenge, window=challenge.window_at(before).period_key).context[
        "days"
    ]

    assert (today.day, today.counted, today.not_counted) == (now.date(), 3, 0)
    assert sum(day.not_counted for day in earlier) == 1


def test_coupons_are_counted_by_reward(marketer, challenge):
    coupons = open_dashboard(marketer, challenge).context["coupons"]

    assert [(reward.name, reward.issued, reward.redeemed) for reward in coupons] == [
        ("=HYPERLINK(1)", 1, 0),
        ("Generated, without a reward", 2, 0),
    ]


def test_coupons_of_a_pool_that_owes_more_than_it_has_run_out_now(marketer, challenge):
    """The estimate is the same as on the first page and on the reward's own page."""
    pool = make_reward(code_source="pool", at=timezone.now() - 2 * DAY)
    add_codes(pool, "LEFT")
    make_reward_log("pending_code", reward=pool, challenge=challenge, at=timezone.now())
    make_milestone(challenge, 400, reward=pool, at=timezone.now())

    page = open_dashboard(marketer, challenge)

    (row,) = [row for row in page.context["coupons"] if row.codes_left is not None]
    assert (row.codes_left, row.pending, row.runs_out_at <= timezone.now()) == (1, 2, True)
    assertContains(page, "<td>now</td>", html=True)


@pytest.mark.parametrize("key", ["", "2026-99", "nonsense", "9999-12", "%00"])
def test_invalid_window_is_the_current_one(key, marketer, challenge):
    window = open_dashboard(marketer, challenge, window=key).context["window"]

    assert window == challenge.window_at(timezone.now())


def test_csv_has_the_tables_and_no_formula(marketer, challenge):
    response = open_dashboard(marketer, challenge, format="csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "\r\nTook part,0,3,100.0\r\n" in text
    assert "\r\n'=HYPERLINK(1),1,0,0,0,\r\n" in text


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@SUM", "\t=1", "\r=1"])
def test_formula_becomes_text(cell):
    assert spreadsheet_safe(cell) == f"'{cell}"


def test_number_stays_a_number():
    assert spreadsheet_safe(-1) == "-1"


@pytest.fixture
def fewer(challenge):
    """One member this month, two in the month before it, one before that."""
    now = timezone.now()
    month = challenge.window_at(now)
    before = window_before("monthly", month, "UTC")
    earlier = window_before("monthly", before, "UTC")
    for member, window in (("x", before), ("y", before), ("u", earlier), ("v", earlier), ("w", earlier)):
        at = window.starts_at + DAY
        log_activity(challenge, 10, member=member, at=at, received_at=at)
    return before


def test_open_window_is_not_shown_as_fallen_behind_a_whole_one(marketer, challenge, fewer):
    for name in ("p", "q", "r", "s"):
        at = fewer.starts_at + DAY
        log_activity(challenge, 10, member=name, at=at, received_at=at)

    assert "desk-down" not in open_dashboard(marketer, challenge).content.decode()


def test_closed_window_is_shown_as_fallen_behind(marketer, challenge, fewer):
    page = open_dashboard(marketer, challenge, window=fewer.period_key).content.decode()

    assert "desk-down" in page

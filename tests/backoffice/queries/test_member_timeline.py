"""What a member's timeline says of refunds that came early, and which actions it offers."""

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from backoffice.queries.log_words import why_not_counted
from backoffice.queries.member_timeline import actions_on_log, timeline
from challenges.engine.manual_count import count_manually
from challenges.models import ChallengeLog
from core.choices import ReasonCode
from tests.builders import HOUR, NOW, log_activity, make_challenge, take_back

pytestmark = pytest.mark.django_db


def stored(uid):
    return ChallengeLog.objects.get(unique_identifier=uid)


def actions(uid):
    return sorted(actions_on_log(stored(uid)))


def lines(member):
    """What the page says of each log: its origin and its state, by the identifier."""
    return {
        event.record.unique_identifier: [words("origin", event), words("state", event)]
        for event in timeline(member, NOW)
    }


def words(part, event):
    shown = render_to_string(f"backoffice/log_{part}.html", {"event": event, "log": event.record})
    return " ".join(strip_tags(shown).split())


def test_early_refund_and_what_acts_for_it_are_told_apart():
    challenge = make_challenge()
    take_back(challenge, "order-1", 40, uid="refund-1")
    early = stored("refund-1")
    waits = lines(early.member)["refund-1"]

    log_activity(challenge, 150, uid="order-1", at=NOW + HOUR)

    told = lines(early.member)
    why = "Not counted The log that it takes back had not come when it arrived."
    assert waits == ["takes back order-1", why]
    assert told["refund-1"] == ["takes back order-1", f"{why} It has acted since that log came."]
    assert told[f"count-anyway-{early.id}"] == [
        "takes back order-1 · acts for refund-1, which came before its order",
        "Counted",
    ]
    assert told["order-1"] == ["", "Counted 40 taken back"]
    assert [actions(uid) for uid in ("refund-1", "order-1")] == [[], ["reverse"]]


def test_free_order_is_taken_back_once():
    challenge = make_challenge()
    log_activity(challenge, 0, uid="free")
    before = actions("free")

    take_back(challenge, "free")

    assert (before, actions("free")) == (["reverse"], [])


def test_log_that_was_taken_back_in_part_can_be_counted_and_then_taken_back():
    challenge = make_challenge(starts_at=NOW)
    for uid, part in (("part", 30), ("whole", None)):
        log_activity(challenge, 100, uid=uid, at=NOW - HOUR, received_at=NOW)
        take_back(challenge, uid, part, uid=f"back-{uid}")
    before = [actions(uid) for uid in ("part", "whole", "back-part", "back-whole")]

    (count,) = count_manually([stored("part").id], "It began too late", None, NOW)
    counting = count.log.unique_identifier
    after = [actions("part"), actions(counting)]
    take_back(challenge, "part")

    assert before == [["count_anyway"], [], [], []]
    assert after == [[], ["reverse"]]
    assert actions(counting) == []


@pytest.mark.parametrize(("code", "offered"), [("member_paused", ["count_anyway"]), ("value_missing", [])])
def test_what_is_never_counted_is_not_offered(code, offered):
    log_activity(make_challenge(status="paused"), 5, uid="order-1")
    ChallengeLog.objects.update(reason_code=code)

    assert actions("order-1") == offered


@pytest.mark.parametrize("code", ReasonCode.values)
def test_every_reason_is_told_in_words(code):
    told = why_not_counted(ChallengeLog(reason_code=code, period_key="2026-11"))

    assert told.endswith(".")

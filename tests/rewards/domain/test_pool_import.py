import io
import tracemalloc
from datetime import timedelta
from itertools import count

import pytest

from core.errors import DomainError
from core.ids import uuid7
from rewards.domain import pending_codes, pool_import, reward_service
from rewards.domain.code_files import listed_codes, read_codes
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    add_codes,
    make_challenge,
    make_member,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db


TICKS = count(1)


def clock():
    """Each import at a time of its own."""
    return NOW + timedelta(microseconds=next(TICKS))


def numbers(report):
    return report.new, report.duplicate, report.existing, report.invalid, report.filled


def test_import_adds_codes_in_their_order():
    pool = make_pool()

    report = import_codes(pool.id, listed_codes(["ZULU", "ALPHA", "MIKE"]))

    assert numbers(report) == (3, 0, 0, 0, 0)
    assert list(CouponCode.objects.free_in(pool.id).values_list("code", flat=True)) == [
        "ZULU",
        "ALPHA",
        "MIKE",
    ]


def test_import_reports_each_line_that_was_not_new():
    pool, other = make_pool("MINE"), make_pool("THEIRS")
    make_reward("shared", shared_code="EVERYBODY")
    file = io.BytesIO(b"code\nNEW\nMINE\nTHEIRS\nNEW\n\nEVERYBODY\nA\x00B\n")

    report = import_codes(pool.id, read_codes(file), clock=clock)

    assert numbers(report) == (1, 1, 2, 2, 0)
    assert [(line.number, line.code, line.reason) for line in report.lines] == [
        (3, "MINE", "existing"),
        (4, "THEIRS", "existing"),
        (5, "NEW", "duplicate"),
        (7, "EVERYBODY", "shared"),
        (8, "A?B", "invisible"),
    ]
    assert CouponCode.objects.get(code="THEIRS").reward == other


def test_import_refuses_a_code_that_was_ever_shared():
    """A marketer shared another code since, or made the reward a pool: the old one is on many reward logs.

    AUTUMN is on none, yet a log that was about to carry it may still commit.
    """
    edited = make_reward("shared", shared_code="SPRING")
    now_a_pool = make_reward("shared", shared_code="SUMMER")
    for reward in (edited, now_a_pool):
        pay(make_member(), make_challenge(), reward)
    edited.shared_code, now_a_pool.code_source = "AUTUMN", "pool"
    reward_service.save(edited, at=NOW)
    reward_service.save(now_a_pool, at=NOW)
    edited.shared_code = "WINTER"
    reward_service.save(edited, at=NOW)

    report = import_codes(now_a_pool.id, listed_codes(["SPRING", "SUMMER", "AUTUMN", "WINTER"]), clock=clock)

    assert [(line.code, line.reason) for line in report.lines] == [
        (code, "shared") for code in ("SPRING", "SUMMER", "AUTUMN", "WINTER")
    ]
    assert not CouponCode.objects.unique().exists()


def test_import_of_the_same_codes_again_adds_nothing():
    pool = make_pool()
    codes = [f"CODE-{number}" for number in range(10)]
    import_codes(pool.id, listed_codes(codes), clock=clock)

    report = import_codes(pool.id, listed_codes(codes), clock=clock)

    assert numbers(report) == (0, 0, 10, 0, 0)
    assert CouponCode.objects.count() == 10


def test_import_tells_a_duplicate_from_an_existing_code_across_commits(monkeypatch):
    monkeypatch.setattr(pool_import, "CHUNK_SIZE", 2)

    report = import_codes(make_pool("OLD").id, listed_codes(["A", "B", "C", "A", "OLD"]), clock=clock)

    assert [(line.number, line.reason) for line in report.lines] == [(4, "duplicate"), (5, "existing")]


def test_import_keeps_the_order_of_the_file_across_commits(monkeypatch):
    monkeypatch.setattr(pool_import, "CHUNK_SIZE", 2)
    pool = make_pool()

    import_codes(pool.id, listed_codes("GFEDCBA"), clock=lambda: NOW)

    assert "".join(CouponCode.objects.free_in(pool.id).values_list("code", flat=True)) == "GFEDCBA"


def test_import_that_is_interrupted_leaves_whole_rows_and_goes_on(monkeypatch):
    monkeypatch.setattr(pool_import, "CHUNK_SIZE", 2)
    pool = make_pool()

    def broken():
        yield from listed_codes(["A", "B", "C"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_codes(pool.id, broken(), clock=clock)
    stored = set(CouponCode.objects.values_list("code", flat=True))
    report = import_codes(pool.id, listed_codes(["A", "B", "C"]), clock=clock)

    assert stored == {"A", "B"}
    assert numbers(report) == (1, 0, 2, 0, 0)


def test_import_shows_a_hundred_lines_and_counts_all():
    report = import_codes(make_pool().id, listed_codes(["SAME"] * 301), clock=clock)

    assert numbers(report) == (1, 300, 0, 0, 0)
    assert [line.number for line in report.lines] == list(range(2, 102))


def test_import_fills_those_who_wait_first_come():
    pool, challenge = make_pool(), make_challenge()
    for minute in range(3):
        make_reward_log("pending_code", reward=pool, challenge=challenge, at=NOW + timedelta(minutes=minute))

    report = import_codes(pool.id, listed_codes(["A", "B"]))

    assert numbers(report) == (2, 0, 0, 0, 2)
    assert [log.coupon_code for log in RewardLog.objects.order_by("id")] == ["A", "B", ""]


def test_import_tells_of_every_commit(monkeypatch):
    monkeypatch.setattr(pool_import, "CHUNK_SIZE", 2)
    heard = []

    import_codes(make_pool().id, listed_codes("ABC"), on_progress=lambda report: heard.append(report.new))

    assert heard == [2, 3]


@pytest.mark.parametrize("source", ["generated", "shared", "external", "none"])
def test_import_into_what_is_no_pool_is_refused(source):
    with pytest.raises(DomainError) as refusal:
        import_codes(make_reward(source).id, listed_codes(["A"]))

    assert (refusal.value.code, refusal.value.status) == ("not_a_pool", "conflict")
    assert not CouponCode.objects.unique().exists()


def test_import_into_nothing_is_refused():
    with pytest.raises(DomainError) as refusal:
        import_codes(uuid7(), listed_codes(["A"]))

    assert refusal.value.status == "not_found"


def test_import_forgets_that_the_pool_was_low():
    pool = make_pool(low_water_mark=2, low_since=NOW)

    import_codes(pool.id, listed_codes(["A"]))
    pool.refresh_from_db()
    still_low = pool.low_since
    import_codes(pool.id, listed_codes(["B"]))
    pool.refresh_from_db()

    assert (still_low, pool.low_since) == (NOW, None)


def test_import_goes_on_where_filling_found_codes_held(monkeypatch):
    monkeypatch.setattr(pending_codes, "_fill_chunk", lambda reward_id, clock: 0)
    pool = make_pool()
    make_reward_log("pending_code", reward=pool)
    add_codes(pool, "HELD")

    report = import_codes(pool.id, listed_codes(["A"]))

    assert numbers(report) == (1, 0, 0, 0, 0)


def test_import_holds_no_more_of_a_long_list_than_of_a_short_one():
    def peak(lines):
        pool = make_pool()
        names = (f"{pool.id}-{number}\n".encode() for number in range(lines))
        tracemalloc.start()
        report = import_codes(pool.id, read_codes(Pieces(names)))
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert report.new == lines
        return held

    peak(1)
    short, long = peak(4_000), peak(12_000)

    assert long < short * 1.2


class Pieces:
    """A stream that is made while it is read."""

    def __init__(self, pieces):
        self.pieces = pieces

    def read(self, size):
        return next(self.pieces, b"")

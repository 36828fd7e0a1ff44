from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from core.api.callers import GUEST, EndUserCaller
from core.api.errors import Refused
from core.api.filters import (
    CREATED,
    BooleanFilter,
    ChoiceFilter,
    CustomFilter,
    IdentifierFilter,
    MemberFilter,
    PeriodKeyFilter,
    TextFilter,
    TimeFilter,
    UuidFilter,
    parse_all,
    time_filters,
)
from core.ids import uuid7
from members.models import Member
from tests.builders import member_of_0_1

ID = "0199c9a8-7c60-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("one", "text", "value"),
    [
        (UuidFilter("f"), ID, UUID(ID)),
        (TextFilter("f"), "Alice", "Alice"),
        (PeriodKeyFilter("f"), "2026-W47", "2026-W47"),
        (ChoiceFilter("f", "f", ("live", "paused")), "live", "live"),
        (BooleanFilter("f"), "false", False),
        (TimeFilter("f"), "2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        (CustomFilter("f", read=int, narrow=lambda rows, value: rows), "7", 7),
    ],
)
def test_filter_parses(one, text, value):
    assert parse_all({"f": one}, {"f": text, "other": "x"}) == {"f": value}


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (UuidFilter("f"), ID.replace("-", "")),
        (UuidFilter("f"), "' OR 1=1"),
        (TextFilter("f"), ""),
        (PeriodKeyFilter("f"), "2026-W54"),
        (ChoiceFilter("f", "f", ("live", "paused")), "Live"),
        (ChoiceFilter("f", "f", ("live", "paused")), "live,paused"),
        (BooleanFilter("f"), "1"),
        (TimeFilter("f"), "2026-11-22"),
        (CustomFilter("f", read=int, narrow=lambda rows, value: rows), "x"),
    ],
)
def test_filter_names_what_it_cannot_read(one, text):
    with pytest.raises(Refused) as refused:
        parse_all({"f": one}, {"f": text})

    assert [(fault.attr, fault.code) for fault in refused.value.answer.faults] == [("f", "invalid")]


def test_neighbouring_ranges_share_no_record_and_lose_none(make_person):
    start = timezone.now() - timedelta(days=1)
    made = [make_person(f"m{n}", updated_at=start + timedelta(seconds=n)) for n in range(4)]
    after, before = time_filters("updated", "updated_at")
    edge = start + timedelta(seconds=2)

    assert (after.name, before.name) == ("updatedAfter", "updatedBefore")
    assert set(after.apply(Member.objects.all(), edge)) == set(made[2:])
    assert set(before.apply(Member.objects.all(), edge)) == set(made[:2])


def test_created_ranges_are_ranges_of_ids(make_person):
    start = datetime(2026, 11, 22, 10, tzinfo=UTC)
    made = [make_person(f"m{n}", id=uuid7(start + timedelta(microseconds=n))) for n in range(4)]
    after, before = CREATED
    edge = start + timedelta(microseconds=2)

    assert set(after.apply(Member.objects.all(), edge)) == set(made[2:])
    assert set(before.apply(Member.objects.all(), edge)) == set(made[:2])


def test_filters_of_a_list(admin, make_person):
    make_person("alice")
    bob = make_person("bob", status="paused")

    response = admin.get("/schema/person/record?status=paused&externalId=bob")

    assert [row["id"] for row in response.json()["data"]] == [str(bob.id)]
    assert admin.get("/schema/person/record?status=paused&externalId=alice").json()["data"] == []


def test_all_bad_filters_are_named_at_once(admin):
    response = admin.get("/schema/person/record?status=x&id=y&createdAfter=z")

    assert response.status_code == 400
    assert [error["attr"] for error in response.json()["errors"]] == ["createdAfter", "id", "status"]


@pytest.mark.parametrize(
    ("caller", "text", "refused"),
    [
        (GUEST, "bob", False),
        (GUEST, "bob ", False),
        (GUEST, "zoe ", True),
        (EndUserCaller("bob "), "bob ", False),
        (EndUserCaller("alice"), "bob ", True),
    ],
)
def test_member_is_filtered_by_what_the_caller_may_know(db, caller, text, refused):
    member_of_0_1("bob ")

    assert faults_of({"m": MemberFilter("m", "external_id")}, {"m": text}, caller) == (
        [("surrounding_blanks", "m")] if refused else []
    )


def test_badly_formed_identifier_is_filtered_by_where_it_is_stored():
    one = IdentifierFilter("f", is_stored=lambda text, caller: text == "order ")

    assert faults_of({"f": one}, {"f": "order "}) == []
    assert faults_of({"f": one}, {"f": "order"}) == []
    assert faults_of({"f": one}, {"f": "\u200b"}) == [("invisible_text", "f")]


def faults_of(filters, parameters, caller=GUEST):
    try:
        parse_all(filters, parameters, caller)
    except Refused as refused:
        return [(fault.code, fault.attr) for fault in refused.answer.faults]
    return []

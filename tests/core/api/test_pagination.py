import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from challenges.models import Challenge
from core.api.pagination import Cursors, Order, Paging, Sort
from core.ids import uuid7
from core.write_guard import bypassing_services
from members.models import Member

PEOPLE, BOARDS = "/schema/person/record", "/schema/board/record"


@pytest.fixture
def people(db):
    """Seven members; three share a time, so that only the id tells them apart."""
    start = datetime(2026, 11, 22, 10, tzinfo=UTC)
    seconds = [0, 1, 1, 1, 2, 3, 4]
    rows = [
        Member(
            id=uuid7(start + timedelta(seconds=9 - n)),
            external_id=f"m{n}",
            created_at=start,
            updated_at=start + timedelta(seconds=s),
        )
        for n, s in enumerate(seconds)
    ]
    with bypassing_services("what a test needs"):
        return Member.objects.bulk_create(rows)


@pytest.fixture
def boards(db):
    now = timezone.now()
    with bypassing_services("what a test needs"):
        return [
            Challenge.objects.create(
                name=f"b{n}",
                description="d",
                display_order=order,
                completion_target_value=1,
                status="live",
                created_at=now,
                updated_at=now,
            )
            for n, order in enumerate([5, 0, 0, -3, 5, 0])
        ]


def walk(client, url, limit):
    """Every page's names, following the cursors."""
    pages, answer = [], client.get(f"{url}limit={limit}").json()
    while True:
        pages.append([row.get("externalId") or row.get("name") for row in answer["data"]])
        cursor = answer["paging"]["nextCursor"]
        if cursor is None:
            return pages
        answer = client.get(f"{url.partition('?')[0]}?cursor={cursor}").json()


@pytest.mark.parametrize("order", ["createdAt", "-createdAt", "updatedAt", "-updatedAt"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_cursors_give_each_record_once_in_order(admin, people, order, limit):
    column = {"createdAt": "id", "updatedAt": "updated_at"}[order.removeprefix("-")]
    expected = sorted(
        people, key=lambda person: (getattr(person, column), person.id), reverse=order[0] == "-"
    )

    pages = walk(admin, f"{PEOPLE}?sortBy={order}&", limit)

    assert [name for page in pages for name in page] == [person.external_id for person in expected]
    assert {len(page) for page in pages[:-1]} <= {limit}


@pytest.mark.parametrize("order", ["displayOrder", "-displayOrder"])
@pytest.mark.parametrize("limit", [1, 2, 4])
def test_cursors_of_an_order_whose_ties_go_newest_first(guest, boards, order, limit):
    sign = -1 if order[0] == "-" else 1
    newest_first = sorted(boards, key=lambda board: board.id, reverse=True)
    expected = sorted(newest_first, key=lambda board: sign * board.display_order)

    pages = walk(guest, f"{BOARDS}?sortBy={order}&", limit)

    assert [name for page in pages for name in page] == [board.name for board in expected]


def test_a_record_added_behind_the_cursor_is_found_and_one_before_it_moves_nothing(
    admin, people, make_person
):
    first = admin.get(f"{PEOPLE}?sortBy=updatedAt&limit=3").json()
    make_person("early", updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_person("late", updated_at=datetime(2026, 12, 1, tzinfo=UTC))

    rest = admin.get(f"{PEOPLE}?cursor={first['paging']['nextCursor']}&limit=100").json()

    names = [row["externalId"] for row in rest["data"]]
    assert names[-1] == "late"
    assert len(names) == 5
    assert "early" not in names


def test_a_cursor_holds_filters_fields_and_limit(admin, people):
    with bypassing_services("what a test needs"):
        Member.objects.filter(external_id__in=["m0", "m3"]).update(status="paused")
    first = admin.get(f"{PEOPLE}?status=live&fields=externalId&limit=2").json()

    second = admin.get(f"{PEOPLE}?cursor={first['paging']['nextCursor']}").json()

    assert second["paging"]["limit"] == 2
    assert second["paging"]["offset"] == 2
    assert second["data"] == [{"externalId": "m4"}, {"externalId": "m5"}]


def test_beside_a_cursor_only_limit_may_be_sent(admin, people):
    cursor = admin.get(f"{PEOPLE}?limit=2").json()["paging"]["nextCursor"]

    assert len(admin.get(f"{PEOPLE}?cursor={cursor}&limit=4").json()["data"]) == 4
    for other in (
        "offset=1",
        "status=live",
        "sortBy=createdAt",
        "fetchTotalCount=true",
        "languageCode=fr",
        "fields=id",
    ):
        response = admin.get(f"{PEOPLE}?cursor={cursor}&{other}")
        assert response.status_code == 400
        assert response.json()["errors"][0]["attr"] == other.partition("=")[0]


def tampered(cursor):
    body, signature = cursor.rsplit(":", 1)
    raw = body.removeprefix(".")
    content = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    content["q"] = {"status": "paused"}
    changed = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    return [
        changed + ":" + signature,
        body + ":" + signature[:-1] + ("B" if signature.endswith("A") else "A"),
        body,
        cursor + "x",
        "",
        ":",
        ".:",
        "a:b",
        "é:ü",
    ]


def test_a_changed_cursor_is_refused(admin, people):
    cursor = admin.get(f"{PEOPLE}?limit=2").json()["paging"]["nextCursor"]

    for forged in tampered(cursor):
        response = admin.get(PEOPLE, {"cursor": forged})
        assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "cursor")


def test_a_cursor_of_another_resource_is_refused(admin, people, boards):
    cursor = admin.get(f"{BOARDS}?limit=2").json()["paging"]["nextCursor"]

    assert admin.get(f"{PEOPLE}?cursor={cursor}").json()["errors"][0]["code"] == "invalid_cursor"


def test_a_cursor_of_another_caller_is_refused(admin, guest, boards):
    cursor = admin.get(f"{BOARDS}?limit=2").json()["paging"]["nextCursor"]

    assert guest.get(f"{BOARDS}?cursor={cursor}").json()["errors"][0]["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ({"gone": "x"}, ["01"]),
        ({"sortBy": "gone"}, ["01"]),
        ({}, ["not an id"]),
        ({}, ["a", "b", "c"]),
        ({}, []),
    ],
)
def test_a_cursor_of_a_list_that_has_changed_since_is_refused(admin, people, question, key):
    cursor = Cursors("person", "admin").write(question, Paging(limit=2), key, 2)

    response = admin.get(PEOPLE, {"cursor": cursor})

    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    "limit", ["0", "-1", "1001", "abc", "1e2", "10.0", "1_0", "٣", "", " 5", "1" + "0" * 26]
)
def test_a_limit_out_of_bounds_is_refused(admin, limit):
    response = admin.get(PEOPLE, {"limit": limit})

    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "limit")


@pytest.mark.parametrize("offset", ["-1", "10001", "9" * 40, "abc"])
def test_an_offset_out_of_bounds_is_refused(admin, offset):
    assert admin.get(PEOPLE, {"offset": offset}).json()["errors"][0]["attr"] == "offset"


def test_a_large_offset_is_refused_with_the_way_on(admin):
    assert "nextCursor" in admin.get(f"{PEOPLE}?offset=10001").json()["errors"][0]["detail"]


def test_offsets_page_too(admin, people):
    answer = admin.get(f"{PEOPLE}?limit=2&offset=5").json()

    assert [row["externalId"] for row in answer["data"]] == ["m5", "m6"]
    assert answer["paging"] == {"offset": 5, "limit": 2, "nextCursor": None}
    assert admin.get(f"{PEOPLE}?offset=10000").json()["data"] == []


def test_nothing_is_counted_unless_asked(admin, people):
    with CaptureQueriesContext(connection) as queries:
        admin.get(PEOPLE)

    assert [q["sql"] for q in queries if "COUNT" in q["sql"]] == []


def test_the_total_is_counted_up_to_a_cap(admin, people, monkeypatch):
    assert admin.get(f"{PEOPLE}?fetchTotalCount=true&limit=1").json()["paging"]["totalCount"] == 7

    monkeypatch.setattr("core.api.pagination.COUNTED_UP_TO", 5)
    paging = admin.get(f"{PEOPLE}?fetchTotalCount=true&limit=1").json()["paging"]

    assert (paging["totalCount"], paging["totalCountCapped"]) == (5, True)


def test_a_total_is_of_the_filtered_list(admin, people):
    with bypassing_services("what a test needs"):
        Member.objects.filter(external_id="m0").update(status="paused")

    assert admin.get(f"{PEOPLE}?fetchTotalCount=true&status=paused").json()["paging"]["totalCount"] == 1


@pytest.mark.parametrize(
    "text", ["name", "id", "pk", "-", "", "--createdAt", "createdAt,updatedAt", "external_id"]
)
def test_an_unknown_order_is_refused(admin, text):
    assert admin.get(PEOPLE, {"sortBy": text}).json()["errors"][0]["attr"] == "sortBy"


def test_an_order_may_need_a_filter(admin, people):
    refused = admin.get(f"{PEOPLE}?sortBy=firstName")

    assert (refused.status_code, "status" in refused.json()["errors"][0]["detail"]) == (400, True)
    assert admin.get(f"{PEOPLE}?sortBy=firstName&status=live").status_code == 200


@pytest.mark.postgres
def test_a_deep_page_reads_one_range_of_the_index(people):
    order = Order(Sort("updatedAt", "updated_at").columns(descending=True))
    rows = order.after(order.sorted(Member.objects.all()), [timezone.now().isoformat(), str(uuid7())])

    assert '("members_member"."updated_at", "members_member"."id") < ' in str(rows.query)

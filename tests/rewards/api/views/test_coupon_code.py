import json
from io import BytesIO

import pytest

from core.ids import uuid7
from rewards.api.views import coupon_code
from rewards.domain import pool_import
from rewards.models import CouponCode
from tests.rewards.builders import make_challenge, make_member, make_pool, make_reward, pay

pytestmark = pytest.mark.django_db
PATH = "/schema/coupon_code/record/import"


def send(api, pool, body, content_type="text/csv", **headers):
    return api.generic("POST", f"{PATH}?rewardId={pool.id}", body, content_type, headers=headers)


def errors(answer):
    return answer.status_code, [(error["code"], error["attr"]) for error in answer.json()["errors"]]


def test_list_answers_codes_and_who_has_them(api):
    pool = make_pool("FIRST", "SECOND")
    log = pay(make_member(), make_challenge(), pool)

    rows = api.get("coupon_code", rewardId=str(pool.id)).json()["data"]

    assert [(row["couponCode"], row["rewardId"], row["rewardLogId"]) for row in rows] == [
        ("SECOND", str(pool.id), None),
        ("FIRST", str(pool.id), str(log.id)),
    ]


def test_list_finds_one_code(api):
    make_pool("FIRST", "SECOND")

    assert [row["couponCode"] for row in api.get("coupon_code", couponCode="SECOND").json()["data"]] == [
        "SECOND"
    ]


def test_import_of_csv_reports_by_line(api):
    pool = make_pool("OLD")

    answer = send(api, pool, "\ufeffCoupon Code;Value\nNEW;10\nOLD;10\nNEW;10\n;10\n")

    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "new": 1,
            "duplicate": 1,
            "existing": 1,
            "invalid": 1,
            "filled": 0,
            "lines": [
                {"line": 3, "couponCode": "OLD", "reason": "existing"},
                {"line": 4, "couponCode": "NEW", "reason": "duplicate"},
                {"line": 5, "couponCode": ";10", "reason": "no_code"},
            ],
        }
    }


def test_import_of_a_json_list_fills_those_who_wait(api):
    pool = make_pool()
    log = pay(make_member(), make_challenge(), pool)

    answer = send(api, pool, json.dumps(["A1", "B2", 7]), "application/json")

    data = answer.json()["data"]
    assert (data["new"], data["filled"], data["invalid"]) == (2, 1, 1)
    assert data["lines"] == [{"line": 3, "couponCode": "", "reason": "not_text"}]
    log.refresh_from_db()
    assert log.coupon_code == "A1"


def test_import_again_adds_nothing(api):
    pool = make_pool()
    send(api, pool, "A1\nB2\n")

    assert send(api, pool, "A1\nB2\n").json()["data"]["new"] == 0
    assert CouponCode.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        ("", "text/csv", (400, [("empty_body", None)])),
        ("A1", "text/plain", (415, [("unsupported_media_type", None)])),
        ("A1", "text/csv; charset=latin-1", (415, [("unsupported_media_type", None)])),
        ('{"codes": ["A1"]}', "application/json", (400, [("not_a_list", None)])),
        ("[", "application/json", (400, [("malformed_json", None)])),
    ],
)
def test_import_refuses_another_body(api, body, content_type, error):
    assert errors(send(api, make_pool(), body, content_type)) == error
    assert not CouponCode.objects.exists()


def test_import_refuses_a_compressed_body(api):
    answer = send(api, make_pool(), "A1", **{"Content-Encoding": "gzip"})

    assert errors(answer) == (415, [("unsupported_media_type", None)])


def test_import_of_a_body_that_ends_early_keeps_no_half_code(api, monkeypatch):
    monkeypatch.setattr(pool_import, "CHUNK_SIZE", 2)
    pool = make_pool()
    cut = {"CONTENT_LENGTH": "100", "wsgi.input": BytesIO(b"A1\nB2\nC3\nD")}

    answer = api.generic("POST", f"{PATH}?rewardId={pool.id}", b"-", "text/csv", **cut)

    assert errors(answer) == (400, [("incomplete_body", None)])
    assert set(CouponCode.objects.values_list("code", flat=True)) == {"A1", "B2"}


def test_import_of_a_chunked_body_takes_no_line_without_its_end(api):
    pool = make_pool()
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(b"A1\nB")}

    answer = api.generic("POST", f"{PATH}?rewardId={pool.id}", b"-", "text/csv", **chunked)

    assert answer.json()["data"]["lines"] == [{"line": 2, "couponCode": "B", "reason": "unfinished"}]
    assert CouponCode.objects.get().code == "A1"


def test_import_refuses_a_file_that_says_it_is_too_large(api, monkeypatch):
    monkeypatch.setattr(coupon_code, "LARGEST_FILE", 5)

    assert errors(send(api, make_pool(), "A1\nB2\nC3\n")) == (413, [("too_large", None)])
    assert not CouponCode.objects.exists()


def test_import_needs_a_pool(api):
    assert errors(api.generic("POST", PATH, "A1", "text/csv")) == (400, [("required", "rewardId")])
    assert errors(api.generic("POST", f"{PATH}?rewardId=x", "A1", "text/csv")) == (
        400,
        [("invalid", "rewardId")],
    )
    assert errors(send(api, make_reward(), "A1")) == (409, [("not_a_pool", "rewardId")])
    unknown = api.generic("POST", f"{PATH}?rewardId={uuid7()}", "A1", "text/csv")
    assert errors(unknown) == (404, [("not_found", "rewardId")])


def test_only_admins_know_of_codes(client, end_user, make_api):
    pool = make_pool("A1")
    path = "/schema/coupon_code/record"

    assert (client.get(path).status_code, end_user("alice").get(path).status_code) == (401, 404)
    assert [send(who, pool, "B2").status_code for who in (client, end_user("alice"), make_api("read"))] == [
        401,
        404,
        403,
    ]
    assert api_methods(make_api("admin"), path) == {"post": 405, "patch": 405, "delete": 405}


def api_methods(api, path):
    return {method: getattr(api, method)(path).status_code for method in ("post", "patch", "delete")}


def test_code_that_arrives_late_reaches_whoever_earned_it_first(api, django_capture_on_commit_callbacks):
    reward = api.post_record("reward", name="Mug", codeSource="pool")
    challenge = api.post_record(
        "challenge",
        name="Monthly Big Spender",
        description="Spend 500 in a month",
        status="live",
        aggregationPeriod="monthly",
        completionTargetValue=500,
        completionRewardId=reward["id"],
    )
    with django_capture_on_commit_callbacks(execute=True):
        paid = [api.log(challenge, value=500, owned_by_id=name).json()["data"] for name in ("alice", "bob")]
    before = [log["rewardLogs"][0]["status"] for log in paid]

    api.generic("POST", f"{PATH}?rewardId={reward['id']}", "MUG-1\n", "text/csv")

    logs = api.get("reward_log", sortBy="rewardIssuedAt").json()["data"]
    assert before == ["pending_code", "pending_code"]
    assert {(log["ownedById"], log["status"], log["couponCode"]) for log in logs} == {
        ("alice", "issued", "MUG-1"),
        ("bob", "pending_code", None),
    }

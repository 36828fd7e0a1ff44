"""The dearest request of each kind of caller: processor time, memory and length (docs/trust.md)."""

import gc
import json
import time
import tracemalloc
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from challenges.api import exchange
from challenges.api.views.challenge_progress import MOST_REWARD_LOGS
from challenges.editing import service
from challenges.models import Challenge
from core.api.http.renderers import encode
from milestones.admin.milestone import MOST_IN_A_FORM, PART
from milestones.models import Milestone
from tests.builders import DAY, make_challenge, make_milestone, make_reward
from tests.staff import rung, sent

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

SECONDS = 2  # of a processor
MEMORY = 100 * 1024 * 1024
REFUSALS = 1024 * 1024
LOG, BATCH = "/schema/challenge_log/record", "/schema/challenge_log/record/batch"
ACTIVITIES = "/schema/activity/record/batch"
NAMES = ("activityIdd", "ownedByIdx", "uniqueIdentifierr", "challengeIdx", "activityAtt", "reversalOff")


def wrong_names(record, number):
    """Fields whose names are near known ones, different in each record."""
    return {f"{NAMES[n % len(NAMES)]}{record}{n}": 1 for n in range(number)}


def records(number, make):
    return json.dumps({"records": [make(n) for n in range(number)]}, ensure_ascii=False)


def valid(number):
    return {
        "challengeId": str(uuid4()),
        "ownedById": f"member-{number}",
        "activityAt": timezone.now().isoformat(),
        "activityId": "order",
        "uniqueIdentifier": f"order-{number}",
        "reversalOf": "x",
    }


def repeated(before, item, after, size=8_300_000):
    """A JSON text of this length, of as many of one item as it holds."""
    return before + ",".join([item] * (size // (len(item.encode()) + 1))) + after


# What -> path and body.
INTAKE = {
    "5,000 records of 30 wrong names": (BATCH, lambda: records(5000, lambda n: wrong_names(n, 30))),
    "5,000 records of the same 3 wrong names": (
        BATCH,
        lambda: records(5000, lambda _n: {"owned_by_id": 1, "activity_id": 2, "unique_identifier": 3}),
    ),
    "5,000 empty records": (BATCH, lambda: records(5000, lambda _n: {})),
    "5,000 records of long names": (BATCH, lambda: records(5000, lambda n: {f"{n}" + "ü" * 700: 1})),
    "5,000 records of nested owners": (
        BATCH,
        lambda: records(5000, lambda n: {"ownedBy": wrong_names(n, 40)}),
    ),
    "5,000 records for unknown challenges": (BATCH, lambda: records(5000, valid)),
    "1,000 activities of 200 wrong names": (ACTIVITIES, lambda: records(1000, lambda n: wrong_names(n, 200))),
    "a log of 30,000 wrong names": (LOG, lambda: json.dumps(wrong_names(0, 30_000))),
    "a log of one name sent 160,000 times": (LOG, lambda: repeated("{", '"a":1', "}", 1_000_000)),
    "a log of a million brackets": (LOG, lambda: "[" * 500_000 + "]" * 500_000),
    "a log of a nested list": (LOG, lambda: '{"a":' + "[" * 31 + "]" * 31 + "}"),
    "millions of tiny records": (BATCH, lambda: repeated('{"records":[', "[]", "]}")),
    "millions of numbers": (BATCH, lambda: repeated('{"records":[{"a":[', "1", "]}]}")),
    "millions of texts beside an escape": (
        BATCH,
        lambda: repeated('{"records":[{"a":"\\u0000","b":[', '""', "]}]}"),
    ),
    "as many values as are taken": (
        BATCH,
        lambda: repeated('{"records":[{"a":"\\u0000","b":[', '"ü"', "]}]}", 1_200_000),
    ),
    "8 MB of escapes": (BATCH, lambda: '{"records":[{"a":"' + "\\u00e4" * 1_380_000 + '"}]}'),
    "faults in every value": (BATCH, lambda: repeated('{"records":[{"a":[', "NaN", "]}]}", 900_000)),
}


@pytest.mark.parametrize("what", INTAKE)
def test_what_a_key_that_may_only_ingest_sends(make_api, what):
    path, make = INTAKE[what]
    body = make()
    assert len(body.encode()) <= 8 * 1024 * 1024
    api = make_api("ingest")

    answer = cheaply(lambda: api.post(path, body, content_type="application/json"))

    assert len(answer.content) < REFUSALS
    if answer.status_code == 200:
        assert {record["status"] for record in answer.json()["data"]} == {"rejected"}
        assert all(record["errors"] for record in answer.json()["data"])
    else:
        assert answer.status_code == 400


def timed(send):
    """The answer, and the seconds of the processor that it took.

    What earlier tests left in memory is kept from the garbage collector meanwhile: a server has not got it.
    """
    gc.collect()
    gc.freeze()
    try:
        start = time.thread_time()
        answer = send()
        return answer, time.thread_time() - start
    finally:
        gc.unfreeze()


def cheaply(send):
    """The answer to a request, whose time and memory stay below the limits. It is sent twice.

    Once more where it took too long: other processes of a busy machine take the caches of its processor.
    """
    answer, taken = timed(send)
    if taken >= SECONDS:
        answer, taken = timed(send)
    tracemalloc.start()
    try:
        send()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < SECONDS
    assert peak < MEMORY
    return answer


@pytest.fixture
def full_shop(api):
    """40 challenges of 10 milestones; 1,000 members with a window in one of them, and all its 11 rewards."""
    yesterday = timezone.now() - DAY
    reward = make_reward(at=yesterday)
    shops = [make_challenge(name=f"c{n}", at=yesterday) for n in range(40)]
    for shop in shops:
        service.save(
            shop,
            [
                Milestone(
                    name="m", description="d", status="live", milestone_target_value=target, reward=reward
                )
                for target in range(20, 220, 20)
            ],
            at=yesterday,
        )
    for first in range(0, 1000, 250):
        body = {
            "records": [
                valid(n) | {"challengeId": str(shops[n % 40].id), "activityValue": 600, "reversalOf": None}
                for n in range(first, first + 250)
            ]
        }
        assert api.post_json(BATCH, body).json()["summary"]["rewardLogs"] == 250 * 11


READ = {
    "progress": "challenge_progress?limit=1000",
    "progress in all languages": "challenge_progress?limit=1000&languageCode=*",
    "reward logs": "reward_log?limit=1000&languageCode=*",
    "far reward logs, counted": "reward_log?limit=1000&offset=10000&fetchTotalCount=true",
    "logs": "challenge_log?limit=1000&fetchTotalCount=true",
    "challenges": "challenge?limit=1000&languageCode=*",
    "challenges as a member": "challenge?limit=1000&asMember=member-7",
    "milestones": "milestone?limit=1000&languageCode=*",
    "members": "member?limit=1000",
    "codes": "coupon_code?limit=1000",
}


def test_what_a_key_that_may_read_asks_for(full_shop, make_api, end_user):
    api = make_api("read")
    for path in READ.values():
        answer = cheaply(lambda path=path: api.get("/schema/{}/record?{}".format(*path.split("?"))))

        assert answer.status_code == 200
        assert answer.json()["data"]

    for caller in (Client(), end_user("member-7")):
        challenges = cheaply(lambda caller=caller: caller.get("/schema/challenge/record?limit=1000"))

        assert len(challenges.json()["data"]) == 40


def test_rows_of_progress_share_their_rewards_and_read_none_in_vain(
    full_shop, api, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        whole = api.get("challenge_progress", limit=1000)
    with CaptureQueriesContext(connection) as queries:
        short = api.get("challenge_progress", limit=1000, fields="id,currentProgressValue")

    (first, *_rest) = whole.json()["data"]
    assert len(first["rewardLogs"]) == 11
    assert not [query for query in queries if "rewards_rewardlog" in query["sql"]]
    assert [row["id"] for row in short.json()["data"]] == [row["id"] for row in whole.json()["data"]]


@pytest.fixture
def rich_windows(api):
    """One challenge of 100 milestones, all of which 220 members have reached."""
    yesterday = timezone.now() - DAY
    shop = make_challenge(at=yesterday, completion_target_value=600)
    reward = make_reward(at=yesterday)
    usual = {"name": "m", "description": "d", "status": "live", "reward": reward}
    milestones = [Milestone(milestone_target_value=target, **usual) for target in range(1, 101)]
    service.save(shop, milestones, at=yesterday)
    for first in range(0, 220, 20):
        records = [
            valid(n) | {"challengeId": str(shop.id), "activityValue": 100, "reversalOf": None}
            for n in range(first, first + 20)
        ]
        assert api.post_json(BATCH, {"records": records}).json()["summary"]["rewardLogs"] == 20 * 100


def test_page_of_rich_windows_is_shorter_and_leads_to_the_rest(rich_windows, api):
    first = cheaply(lambda: api.get("challenge_progress", limit=1000)).json()
    cursor = first["paging"]["nextCursor"]
    second = api.get("challenge_progress", cursor=cursor, limit=1000).json()
    trimmed = api.get("challenge_progress", limit=1000, fields="id").json()

    assert len(first["data"]) == MOST_REWARD_LOGS // 100
    assert {len(row["rewardLogs"]) for row in first["data"]} == {100}
    assert (second["paging"]["offset"], second["paging"]["nextCursor"]) == (len(first["data"]), None)
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert ids == [row["id"] for row in trimmed["data"]]
    assert len(set(ids)) == 220


def test_window_with_more_than_a_page_holds_is_a_page(rich_windows, api, monkeypatch):
    monkeypatch.setattr("challenges.api.views.challenge_progress.MOST_REWARD_LOGS", 99)

    page = api.get("challenge_progress", limit=10).json()

    assert len(page["data"]) == 1
    assert page["paging"]["nextCursor"]


HOSTILE_QUERIES = {
    "too many parameters": "&".join(f"a{n}=1" for n in range(20_000)),
    "forty unknown ones": "&".join(f"languageCod{n}=1" for n in range(40)),
    "a long one": "fields=" + ",".join(["eudTitl"] * 8000),
    "a long name": "x" * 60_000 + "=1",
    "a long cursor": "cursor=" + "x" * 60_000,
    "escapes": "fields=" + "%C3%A4" * 10_000,
}


@pytest.mark.parametrize("query", HOSTILE_QUERIES)
@pytest.mark.parametrize("slug", ["challenge", "challenge_progress"])
def test_what_anybody_asks_for(end_user, query, slug):
    for caller in (Client(), end_user("alice")):
        url = f"/schema/{slug}/record?{HOSTILE_QUERIES[query]}"
        answer = cheaply(lambda caller=caller, url=url: caller.get(url))

        assert answer.status_code in (400, 401)
        assert len(answer.content) < REFUSALS


EDITS = {
    "40,000 wrong names": lambda: json.dumps({f"eudTitl{n}": 1 for n in range(40_000)}),
    "texts of every language": lambda: json.dumps({"eudTitle": {f"l{n}": "x" for n in range(60_000)}}),
    "a megabyte of braces": lambda: json.dumps({"eudCompletedChallengeMessage": "{{" * 500_000}),
    "a megabyte of variables": lambda: json.dumps({"eudCompletedChallengeMessage": "{{periodTex}}" * 75_000}),
    "a long list of identifiers": lambda: json.dumps({"activityIds": ["a"] * 200_000}),
    "a long time zone": lambda: json.dumps({"timeZone": "Europe/Berli" * 80_000}),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_a_key_that_may_do_all_sends(api, what):
    body = EDITS[what]()

    answer = cheaply(lambda: api.post("/schema/challenge/record", body, content_type="application/json"))

    assert answer.status_code == 400
    assert len(answer.content) < REFUSALS


SVG = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
ICONS = {
    "nested": SVG.format("<g>" * 9000 + "</g>" * 9000),
    "a long path": SVG.format("<path d='" + "M0 0" * 24_000 + "'/>"),
    "many styles": SVG.format("<style>" + "a{b:c}" * 16_000 + "</style>"),
    "doubling": SVG.format(
        "".join(f"<g id='a{n}'><use href='#a{n + 1}'/><use href='#a{n + 1}'/></g>" for n in range(1500))
    ),
}


@pytest.mark.parametrize("icon", ICONS)
def test_what_an_icon_costs(api, icon):
    def send():
        file = SimpleUploadedFile("icon.svg", ICONS[icon].encode(), "image/svg+xml")
        return api.post("/schema/challenge/record", {"eudIcon": file})

    assert cheaply(send).status_code == 400


def document(challenges, milestones):
    """An export of so many challenges with so many milestones each."""
    made = make_milestone(make_challenge(status="draft"), status="draft").challenge
    whole = json.loads(encode(exchange.exported(Challenge.objects.filter(id=made.id), timezone.now())))
    (pattern,) = whole["challenges"]
    (step,) = pattern["milestones"]
    whole["challenges"] = [
        pattern | {"id": str(uuid4()), "milestones": [step | {"id": str(uuid4())} for _ in range(milestones)]}
        for _ in range(challenges)
    ]
    return json.dumps(whole)


IMPORTS = {
    "5,000 milestones": lambda: document(1, 5000),
    "500 challenges": lambda: document(500, 1),
    "many values": lambda: repeated("[", "1", "]"),
    "deep": lambda: "[" * 4_000_000,
    "escapes": lambda: '{"kind":"' + "\\u00e4" * 1_300_000 + '"}',
}


@pytest.mark.parametrize("what", IMPORTS)
def test_what_staff_import(marketer, what):
    content = IMPORTS[what]().encode()

    def send():
        file = SimpleUploadedFile("x.json", content, "application/json")
        return marketer.post("/admin/challenges/challenge/import/", {"document": file})

    answer = quickly(send)

    assert answer.status_code == 200
    assert Challenge.objects.count() <= 1


def quickly(send):
    """The answer to a request whose time stays below twice the limit: it stops itself near the limit."""
    start = time.thread_time()
    answer = send()
    assert time.thread_time() - start < 2 * SECONDS
    return answer


def test_what_a_usual_shop_exports_is_imported(marketer):
    file = SimpleUploadedFile("x.json", document(20, 10).encode(), "application/json")

    assert marketer.post("/admin/challenges/challenge/import/", {"document": file}).status_code == 302
    assert Challenge.objects.count() == 21


WORDS = "+".join("ab" for _ in range(2000))


@pytest.mark.parametrize(
    "path",
    [
        f"challenges/challenge/?q={WORDS}",
        f"challenges/challengelog/?q={WORDS}",
        f"members/member/?q={WORDS}",
        f"rewards/reward/?q={WORDS}",
        f"access/apikey/?q={WORDS}",
        f"auth/user/?q={WORDS}",
        f"axes/accesslog/?q={WORDS}",
        f"axes/accessattempt/?q={WORDS}",
        f"autocomplete/?app_label=challenges&model_name=challenge&field_name=completion_reward&term={WORDS}",
        "challenges/challenge/?" + "&".join(f"a{n}=1" for n in range(900)),
    ],
)
def test_what_staff_search_for(administrator, path):
    assert cheaply(lambda: administrator.get(f"/admin/{path}")).status_code in (200, 302)


@pytest.mark.sqlite_only
def test_form_of_a_challenge_with_very_many_milestones(marketer):
    challenge = make_challenge()
    usual = {"name": "m", "description": "d", "status": "live"}
    milestones = [Milestone(milestone_target_value=target, **usual) for target in range(1, 101)]
    service.save(challenge, milestones, at=timezone.now())
    url = f"/admin/challenges/challenge/{challenge.pk}/change/"
    marketer.get(url)

    opened = cheaply(lambda: marketer.get(url))
    # As many new ones as a form takes, each with a mistake, so that all of it is shown again.
    form = sent(opened) | {"milestones-TOTAL_FORMS": str(MOST_IN_A_FORM)}
    for place in range(PART, MOST_IN_A_FORM):
        form |= rung(place, "x")
    refused = cheaply(lambda: marketer.post(url, form))

    assert refused.context["milestone_errors"] == MOST_IN_A_FORM - PART


def test_a_form_that_claims_a_thousand_milestones(marketer):
    form = {"milestones-TOTAL_FORMS": "1000", "milestones-INITIAL_FORMS": "0"}

    answer = marketer.post("/admin/challenges/challenge/add/", form)

    assert answer.status_code == 200
    (formset,) = answer.context["inline_admin_formsets"]
    assert formset.formset.forms == []
    assert formset.formset.absolute_max == MOST_IN_A_FORM

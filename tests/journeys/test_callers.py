"""docs/rules.md, Who sees what: every route, method and caller against one table."""

import pytest
from django.urls import get_resolver
from django.utils import timezone

from challenges.models import ManualCountRun

pytestmark = pytest.mark.thorough

CALLERS = ("admin", "read", "ingest", "end_user", "other", "guest")
LIST, ONE = "/schema/{}/record", "/schema/{}/record/{}"

# (slug, method and what) -> the status for each of CALLERS. `other` is an end user to whom nothing belongs.
TABLE = {
    ("challenge", "list"): (200, 200, 403, 200, 200, 200),
    ("challenge", "get live"): (200, 200, 403, 200, 200, 200),
    ("challenge", "get draft"): (200, 200, 403, 404, 404, 404),
    ("challenge", "get archived"): (404, 404, 403, 404, 404, 404),
    ("challenge", "get paused with progress"): (200, 200, 403, 200, 404, 404),
    ("challenge", "post"): (400, 403, 403, 403, 403, 401),
    ("challenge", "patch live"): (200, 403, 403, 403, 403, 401),
    ("challenge", "patch archived"): (404, 403, 403, 403, 403, 401),
    ("challenge", "delete live"): (204, 403, 403, 403, 403, 401),
    ("challenge", "count_anyway live"): (400, 403, 403, 403, 403, 401),
    ("challenge", "count_anyway_run live"): (200, 200, 403, 404, 404, 401),
    ("milestone", "list"): (200, 200, 403, 200, 200, 200),
    ("milestone", "get live"): (200, 200, 403, 200, 200, 200),
    ("milestone", "get draft"): (200, 200, 403, 404, 404, 404),
    ("milestone", "get of a draft"): (200, 200, 403, 404, 404, 404),
    ("milestone", "get of one paused with progress"): (200, 200, 403, 200, 404, 404),
    ("milestone", "get of one archived"): (404, 404, 403, 404, 404, 404),
    ("milestone", "post"): (400, 403, 403, 403, 403, 401),
    ("milestone", "patch live"): (200, 403, 403, 403, 403, 401),
    ("milestone", "delete live"): (204, 403, 403, 403, 403, 401),
    ("challenge_log", "list"): (200, 200, 403, 200, 200, 401),
    ("challenge_log", "get own"): (200, 200, 403, 200, 404, 401),
    ("challenge_log", "post"): (400, 403, 400, 403, 403, 401),
    ("challenge_log", "batch"): (400, 403, 400, 403, 403, 401),
    ("challenge_log", "patch own"): (405, 405, 405, 405, 405, 405),
    ("challenge_log", "delete own"): (405, 405, 405, 405, 405, 405),
    ("challenge_log", "get own in an archived challenge"): (200, 200, 403, 200, 404, 401),
    ("challenge_progress", "get own in an archived challenge"): (200, 200, 403, 200, 404, 401),
    ("challenge_progress", "list"): (200, 200, 403, 200, 200, 401),
    ("challenge_progress", "get own"): (200, 200, 403, 200, 404, 401),
    ("challenge_progress", "post"): (405, 405, 405, 405, 405, 405),
    ("challenge_progress", "patch own"): (405, 405, 405, 405, 405, 405),
    ("reward_log", "list"): (200, 200, 403, 200, 200, 401),
    ("reward_log", "get own"): (200, 200, 403, 200, 404, 401),
    ("reward_log", "patch own"): (200, 403, 403, 403, 403, 401),
    ("reward_log", "post"): (405, 405, 405, 405, 405, 405),
    ("reward_log", "redeem own"): (200, 403, 403, 403, 403, 401),
    ("reward_log", "unredeem own"): (200, 403, 403, 403, 403, 401),
    ("reward_log", "revoke own"): (200, 403, 403, 403, 403, 401),
    ("reward", "list"): (200, 200, 403, 404, 404, 401),
    ("reward", "get used"): (200, 200, 403, 404, 404, 401),
    ("reward", "post"): (400, 403, 403, 404, 404, 401),
    ("reward", "patch used"): (200, 403, 403, 404, 404, 401),
    ("reward", "delete used"): (409, 403, 403, 404, 404, 401),
    ("coupon_code", "list"): (200, 200, 403, 404, 404, 401),
    ("coupon_code", "post"): (405, 405, 405, 405, 405, 405),
    ("coupon_code", "import"): (400, 403, 403, 404, 404, 401),
    ("member", "list"): (200, 200, 403, 200, 200, 401),
    ("member", "get own"): (200, 200, 403, 200, 404, 401),
    ("member", "post"): (400, 403, 403, 403, 403, 401),
    ("member", "patch own"): (200, 403, 403, 403, 403, 401),
    ("member", "delete own"): (204, 403, 403, 403, 403, 401),
    ("activity", "post"): (400, 403, 400, 404, 404, 401),
    ("activity", "batch"): (400, 403, 400, 404, 404, 401),
}


@pytest.fixture
def ids(api):
    """One record of each kind and state that the table speaks of."""
    reward = api.post_record("reward", name="r")
    basics = {"description": "d", "completionTargetValue": 500, "aggregationPeriod": "monthly"}
    live = api.post_record("challenge", name="live", status="live", **basics, completionRewardId=reward["id"])
    draft = api.post_record("challenge", name="draft", status="draft", **basics)
    paused = api.post_record("challenge", name="paused", status="live", **basics)
    archived = api.post_record("challenge", name="archived", status="live", **basics)
    milestones = {status: milestone_in(api, live, status) for status in ("live", "draft")}
    inside = {state["name"]: milestone_in(api, state, "live") for state in (draft, paused, archived)}
    log = api.log(live, value=300).json()["data"]
    run_of_counting(live["id"])
    api.log(paused, value=1)
    stored = api.log(archived, value=1).json()["data"]
    api.patch_json(f"/schema/challenge/record/{paused['id']}", {"status": "paused"})
    api.delete(f"/schema/challenge/record/{archived['id']}")
    return {
        ("challenge", "live"): live["id"],
        ("challenge", "draft"): draft["id"],
        ("challenge", "paused with progress"): paused["id"],
        ("milestone", "live"): milestones["live"],
        ("challenge", "archived"): archived["id"],
        ("milestone", "draft"): milestones["draft"],
        ("milestone", "of a draft"): inside["draft"],
        ("milestone", "of one paused with progress"): inside["paused"],
        ("milestone", "of one archived"): inside["archived"],
        ("challenge_log", "own in an archived challenge"): stored["id"],
        ("challenge_progress", "own in an archived challenge"): stored["challengeProgress"]["id"],
        ("challenge_log", "own"): log["id"],
        ("challenge_progress", "own"): log["challengeProgress"]["id"],
        ("reward_log", "own"): log["rewardLogs"][0]["id"],
        ("reward", "used"): reward["id"],
        ("member", "own"): "alice",
    }


def milestone_in(api, challenge, status):
    facts = {"name": "m", "description": "d", "status": status, "milestoneTargetValue": 200}
    return api.post_record("milestone", linkedSchemaRecordId=challenge["id"], **facts)["id"]


def run_of_counting(challenge_id):
    """A run over nothing, under the challenge's own id: the table knows no other of it."""
    now = timezone.now()
    ManualCountRun.objects.create(
        id=challenge_id, challenge_id=challenge_id, started_at=now, moved_at=now, finished_at=now
    )


@pytest.fixture
def callers(api, make_api, end_user, client):
    return dict(
        zip(
            CALLERS,
            (api, make_api("read"), make_api("ingest"), end_user("alice"), end_user("mallory"), client),
            strict=True,
        )
    )


@pytest.mark.parametrize(("slug", "what"), TABLE, ids=lambda part: part)
def test_caller_gets_what_the_table_says(callers, ids, slug, what):
    method, _, state = what.partition(" ")

    # The admin comes last: it may change what the others ask for.
    statuses = {name: ask(callers[name], method, slug, ids.get((slug, state))) for name in reversed(CALLERS)}

    assert statuses == dict(zip(CALLERS, TABLE[slug, what], strict=True))


def ask(caller, method, slug, record_id):
    if method == "list":
        return caller.get(LIST.format(slug)).status_code
    if method == "get":
        return caller.get(ONE.format(slug, record_id)).status_code
    if method in ("redeem", "unredeem", "revoke"):
        return caller.post(f"{ONE.format(slug, record_id)}/{method}").status_code
    if method == "count_anyway":
        address = f"{ONE.format(slug, record_id)}/count-anyway"
        return caller.post(address, {}, content_type="application/json").status_code
    if method == "count_anyway_run":
        return caller.get(f"{ONE.format(slug, record_id)}/count-anyway/{record_id}").status_code
    if method in ("batch", "import"):
        return caller.post(f"{LIST.format(slug)}/{method}", {}, content_type="application/json").status_code
    path = LIST.format(slug) if method == "post" else ONE.format(slug, record_id)
    return getattr(caller, method)(path, {}, content_type="application/json").status_code


METHOD_OF = {
    "retrieve": "get",
    "create": "post",
    "partial_update": "patch",
    "destroy": "delete",
    "import_into_pool": "import",
}


def routed(patterns):
    """(slug, method) of every action that a route leads to."""
    for route in patterns:
        if hasattr(route, "url_patterns"):
            yield from routed(route.url_patterns)
        for action in getattr(getattr(route, "callback", None), "actions", {}).values():
            yield route.callback.cls.slug, METHOD_OF.get(action, action)


def test_no_route_is_missing_from_the_table():
    tabled = {(slug, what.partition(" ")[0]) for slug, what in TABLE}

    assert set(routed(get_resolver().url_patterns)) - tabled == set()


def test_records_are_never_put(callers, ids):
    paths = [ONE.format(slug, record_id) for (slug, _state), record_id in ids.items()]

    answers = [caller.put(path, {}, "application/json") for caller in callers.values() for path in paths]

    assert {answer.status_code for answer in answers} == {405}

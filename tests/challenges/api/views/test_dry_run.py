"""A dry run is answered as what follows it, and leaves nothing in any table."""

import pytest
from django.apps import apps
from django.utils import timezone

from rewards.models import CouponCode
from tests.builders import DAY, add_codes, make_challenge, make_milestone, make_reward

pytestmark = pytest.mark.django_db

LOG, BATCH = "/schema/challenge_log/record", "/schema/challenge_log/record/batch"
ACTIVITY, ACTIVITIES = "/schema/activity/record", "/schema/activity/record/batch"
# What is new in each answer, or another moment.
PASSING = {"id", "couponCode", "createdAt", "updatedAt", "rewardIssuedAt"}


@pytest.fixture
def now():
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def pool():
    reward = make_reward("pool", low_water_mark=5)
    add_codes(reward, "SECRET-1", "SECRET-2")
    return reward


@pytest.fixture
def challenge(pool, now):
    """500 in a month pay a generated code, 200 one of the pool; a refund revokes."""
    fields = {"reversal_policy": "revoke_unredeemed", "completion_reward": make_reward()}
    challenge = make_challenge(at=now - DAY, activity_ids=["purchase"], **fields)
    make_milestone(challenge, 200, at=now - DAY, reward=pool)
    return challenge


@pytest.fixture
def body(challenge, now):
    """The body of a log; without a challenge that of an activity."""

    def make(identifier, value=None, of=challenge, **fields):
        usual = {
            "ownedById": "alice", "activityAt": now.isoformat(), "activityId": "purchase",
            "uniqueIdentifier": identifier,
        }  # fmt: skip
        if of is not None:
            usual["challengeId"] = str(of.id)
        if value is not None:
            usual["activityValue"] = value
        return usual | fields

    return make


def tables():
    """Every row of every table, but when an API key was used last."""
    models = apps.get_models(include_auto_created=True)
    return {
        model._meta.label: sorted(
            str([(name, value) for name, value in row.items() if name != "last_used_at"])
            for row in model._base_manager.values()
        )
        for model in models
        if model._meta.managed
    }


def lasting(answer):
    """An answer without what is new in it."""
    if isinstance(answer, dict):
        return {name: lasting(value) for name, value in answer.items() if name not in PASSING}
    return [lasting(value) for value in answer] if isinstance(answer, list) else answer


def with_name(name, answer):
    """Every value of a name in an answer."""
    if isinstance(answer, list):
        return [value for part in answer for value in with_name(name, part)]
    if not isinstance(answer, dict):
        return []
    here = [answer[name]] if name in answer else []
    return here + [value for part in answer.values() for value in with_name(name, part)]


def tried(api, path, body):
    """The answer to a dry run, which leaves nothing; then do it: the answer to that is the same."""
    before = tables()
    told = api.post_json(f"{path}?dryRun=true", body)
    assert tables() == before
    done = api.post_json(path, body)
    assert lasting(told.json()) == lasting(done.json())
    assert told.headers.get("Idempotent-Replayed") == done.headers.get("Idempotent-Replayed")
    assert told.status_code == (200 if done.status_code == 201 else done.status_code)
    assert set(with_name("couponCode", told.json())) <= {None}
    return told, done


def test_log_that_pays(api, body, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as scheduled:
        api.post_json(f"{LOG}?dryRun=true", body("order-1", 600))
    assert scheduled == []

    told, done = tried(api, LOG, body("order-1", 600))

    log = told.json()["data"]
    assert (log["id"], log["challengeProgress"]["id"], log["counted"]) == (None, None, True)
    assert [(paid["id"], paid["status"]) for paid in log["rewardLogs"]] == [(None, "issued")] * 2
    assert log["achievedMilestone"]["id"] == done.json()["data"]["achievedMilestone"]["id"]
    assert done.json()["data"]["rewardLogs"][0]["couponCode"] == "SECRET-1"


def test_log_of_an_empty_pool(api, body):
    CouponCode.objects.all().delete()

    told, _done = tried(api, LOG, body("order-1", 300))

    assert with_name("status", told.json()["data"]["rewardLogs"]) == ["pending_code"]


def test_log_of_a_new_member_with_a_profile(api, body):
    sent = body("order-1", 1, ownedBy={"externalId": "new", "firstName": "Nina"})
    del sent["ownedById"]

    tried(api, LOG, sent)


def test_log_that_does_not_count(api, body, now):
    paused = make_challenge(at=now - DAY)
    api.patch_json(f"/schema/challenge/record/{paused.id}", {"status": "paused"})

    told, _done = tried(api, LOG, body("order-1", 1, of=paused))

    assert (told.json()["data"]["id"], told.json()["data"]["reasonCode"]) == (None, "challenge_paused")


def test_log_that_is_stored_is_named(api, body, challenge):
    api.post_json(LOG, body("order-1", 300))

    told, done = tried(api, LOG, body("order-1", 300))

    assert told.headers["Idempotent-Replayed"] == "true"
    assert set(with_name("id", told.json())) == set(with_name("id", done.json())) - {None}


def test_refund(api, body):
    api.post_json(LOG, body("order-1", 300))

    told, _done = tried(api, LOG, body("refund-1", reversalOf="order-1"))

    log = told.json()["data"]
    assert log["challengeProgress"]["id"] is not None
    assert log["challengeProgress"]["currentProgressValue"] == 0
    assert with_name("status", log["challengeProgress"]["rewardLogs"]) == ["revoked"]


def test_batch_with_duplicates_and_bad_records(api, body):
    api.post_json(LOG, body("stored", 100))
    records = [
        body("order-1", 150), body("order-1", 150), body("order-1", 7), body("stored", 100),
        body("order-2", -1), {"challengeId": "x"}, body("order-3", 400, ownedById="bob"),
        body("refund", 50, reversalOf="stored"),
    ]  # fmt: skip

    told, _done = tried(api, BATCH, {"records": records})

    outcomes = told.json()["data"]
    assert [outcome["status"] for outcome in outcomes] == [
        "created", "replayed", "rejected", "replayed", "rejected", "rejected", "created", "created",
    ]  # fmt: skip
    assert [index for index, outcome in enumerate(outcomes) if outcome["id"]] == [3]


def test_activity_over_two_challenges(api, body, now):
    make_challenge(at=now - DAY, activity_ids=["purchase"], aggregation_method="count")

    told, done = tried(api, ACTIVITY, body("order-1", 300, of=None))
    again, _done = tried(api, ACTIVITY, body("order-1", 300, of=None))
    back, _done = tried(api, ACTIVITY, body("refund-1", of=None, reversalOf="order-1"))

    assert with_name("id", told.json()["data"]) == [None] * 3
    assert with_name("id", again.json()) == with_name("id", done.json())
    assert [outcome["counted"] for outcome in back.json()["data"]] == [True, True]


def test_batch_of_activities(api, body):
    records = [body("order-1", 300, of=None), body("order-1", 7, of=None), {}, body("order-2", 1, of=None)]

    told, _done = tried(api, ACTIVITIES, {"records": records})

    assert told.json()["summary"] == {"created": 2, "replayed": 0, "rejected": 2, "rewardLogs": 1}


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (LOG, {"activityValue": 7}, 409),
        (LOG, {"uniqueIdentifier": "x", "activityValue": -1}, 400),
        (LOG, {"uniqueIdentifier": "x", "colour": "red"}, 400),
        (ACTIVITY, {"uniqueIdentifier": "x", "activityAt": "2020-01-01T00:00:00Z"}, 400),
    ],
)
def test_refusal_is_that_of_doing_it(api, body, path, fields, status):
    api.post_json(LOG, body("order-1", 300))
    sent = body("order-1", 300, **fields)
    if path == ACTIVITY:
        del sent["challengeId"]

    told, _done = tried(api, path, sent)

    assert told.status_code == status


@pytest.mark.parametrize("path", [LOG, BATCH, ACTIVITY, ACTIVITIES])
def test_it_takes_the_scope_and_true_or_false(make_api, body, path):
    sent = body("order-1", 1) if path == LOG else body("order-1", 1, of=None)
    sent = {"records": [sent]} if path in (BATCH, ACTIVITIES) else sent

    assert make_api("read").post_json(f"{path}?dryRun=true", sent).status_code == 403
    refused = make_api("ingest").post_json(f"{path}?dryRun=1", sent)
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "dryRun")
    assert make_api("ingest").post_json(f"{path}?dryRun=false", sent).status_code in (200, 201)


def test_milestone_is_added_and_removed(api, body, challenge):
    api.post_json(LOG, body("order-1", 350))
    milestone = {
        "linkedSchemaRecordId": str(challenge.id), "name": "m", "description": "d", "status": "live",
    }  # fmt: skip
    before = tables()

    added, above = (
        api.post_json("/schema/milestone/record?dryRun=true", milestone | {"milestoneTargetValue": target})
        for target in (300, 501)
    )
    removed = api.delete(f"/schema/milestone/record/{challenge.milestones.get().id}?dryRun=true")

    assert tables() == before
    assert (added.status_code, removed.status_code, above.status_code) == (200, 200, 400)
    assert (added.json()["impact"]["members"], added.json()["impact"]["paidMembers"]) == (1, 1)
    assert removed.json()["impact"]["members"] == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_follows_a_dry_run(api, body, pool):
    """As served: no test's transaction around it. A pool that a log would make low stays unmarked."""
    before = tables()

    told = api.post_json(f"{LOG}?dryRun=true", body("order-1", 600))
    api.post_json(f"{BATCH}?dryRun=true", {"records": [body("order-1", 600), body("order-2", 600)]})

    assert told.json()["data"]["rewardLogs"][0]["status"] == "issued"
    assert tables() == before
    api.post_json(LOG, body("order-1", 600))
    pool.refresh_from_db()
    assert pool.low_since is not None

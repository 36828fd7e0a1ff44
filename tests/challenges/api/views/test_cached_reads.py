"""What readers read: the same answer again for next to nothing, and never one that is no longer true."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from challenges.api.views.cached_reads import CachedReads, CachedResponse, CacheKey, ResponseLRU
from tests.builders import HOUR, NOW, make_challenge, make_milestone, make_reward

pytestmark = pytest.mark.thorough

LIST = "/schema/challenge/record"
MINUTE = HOUR / 60
PUBLIC = {
    "Cache-Control": "public, no-cache",
    "Access-Control-Allow-Origin": "*",
    "Vary": "Authorization",
    "Content-Language": "en",
}


@pytest.fixture(autouse=True)
def fresh():
    """A worker that has answered nobody yet."""
    CachedReads.for_guests.clear()
    CachedReads.for_members.clear()


@pytest.fixture
def spender(db):
    challenge = make_challenge()
    make_milestone(challenge)
    return challenge


def queries(client, path=LIST, **headers):
    with CaptureQueriesContext(
        connection,
    ) as made:
        answer = client.get(path, headers=headers)
    return answer, [query["sql"] for query in made.captured_queries]


@pytest.mark.parametrize("path", [LIST, "/schema/milestone/record", "{challenge}", "{milestone}"])
def test_warm_answer_is_the_same_and_costs_one_small_query(client, spender, path):
    (milestone,) = spender.milestones.all()
    path = path.format(challenge=f"{LIST}/{spender.id}", milestone=f"/schema/milestone/record/{milestone.id}")

    first, cold = queries(client, path)
    second, warm = queries(client, path)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    assert len(cold) > 1
    assert len(warm) == 1
    assert "challenges_catalogue" in warm[0]


def test_known_answer_is_304_without_a_body(client, spender):
    first = client.get(LIST)
    assert {name: first.headers[name] for name in PUBLIC} == PUBLIC

    for known in (
        first.headers["ETag"],
        f"W/{first.headers['ETag']}",
        f'"other", {first.headers["ETag"]}',
        "*",
    ):
        again, made = queries(client, if_none_match=known)
        assert (again.status_code, again.content, len(made)) == (304, b"", 1)
        assert again.headers["ETag"] == first.headers["ETag"]
        assert {name: again.headers[name] for name in PUBLIC} == PUBLIC


def test_other_etag_gets_the_answer(client, spender):
    client.get(LIST)

    assert client.get(LIST, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("challenge", {"eudTitle": "Bigger"}),
        ("challenge", {"name": "Bigger"}),
        ("challenge", {"completionTargetValue": 600}),
        ("challenge", {"status": "paused"}),
        ("milestone", {"eudMilestoneTitle": "Bigger"}),
        ("milestone", {"status": "draft"}),
    ],
)
def test_edit_changes_the_answer_and_its_etag_at_once(api, client, spender, path, body):
    (milestone,) = spender.milestones.all()
    ids = {"challenge": spender.id, "milestone": milestone.id}
    before = client.get(LIST)

    assert api.patch_json(f"/schema/{path}/record/{ids[path]}", body).status_code == 200
    after = client.get(LIST, headers={"if-none-match": before.headers["ETag"]})

    assert after.status_code == 200
    assert after.content != before.content
    assert after.headers["ETag"] != before.headers["ETag"]


def test_new_and_deleted_challenges_show_at_once(api, client, spender):
    assert len(client.get(LIST).json()["data"]) == 1

    api.post_record("challenge", name="n", description="d", status="live", completionTargetValue=5)
    assert len(client.get(LIST).json()["data"]) == 2

    api.delete(f"{LIST}/{spender.id}")
    assert len(client.get(LIST).json()["data"]) == 1


def test_answer_changes_with_the_window(client, db):
    with time_machine.travel("2026-11-30T23:59:59+00:00", tick=False) as clock:
        make_challenge()
        before = client.get(LIST)
        clock.move_to("2026-12-01T00:00:00+00:00")
        after = client.get(LIST, headers={"if-none-match": before.headers["ETag"]})

    windows = [answer.json()["data"][0]["window"]["periodKey"] for answer in (before, after)]
    assert (after.status_code, windows) == (200, ["2026-11", "2026-12"])


def test_languages_pages_and_hosts_are_kept_apart(client, spender):
    def texts():
        return [
            client.get(LIST, data={"languageCode": code}).json()["data"][0]["eudFailedLabel"]
            for code in ("en", "de", "ja")
        ]

    cold = texts()

    assert cold == texts() == ["Failed", "Nicht geschafft", "未達成"]
    icons = [
        client.get(LIST, headers={"host": host}).json()["data"][0]["eudIcon"]
        for host in ("localhost", "127.0.0.1")
    ]
    assert [icon.split("/static")[0] for icon in icons] == ["http://localhost", "http://127.0.0.1"]


def test_members_and_admins_get_nothing_that_was_kept(api, client, end_user, spender):
    client.get(LIST)

    for caller in (end_user("alice"), api):
        answer = caller.get(LIST)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers
        assert "progress" in answer.json()["data"][0] or "lateGraceHours" in answer.json()["data"][0]


@pytest.mark.parametrize("header", ["", "Bearer x", "Api-Key x", "Basic x"])
def test_bad_credential_is_never_answered_from_what_is_kept(client, spender, header):
    client.get(LIST)

    assert client.get(LIST, headers={"authorization": header}).status_code == 401


def test_refusals_are_not_kept(client, spender):
    for path in (f"{LIST}?limit=0", f"{LIST}/{'0' * 8}-0000-7000-8000-000000000000"):
        assert client.get(path).status_code in (400, 404)

    assert len(CachedReads.for_guests.responses) == 0


def test_memory_is_bounded(client, spender):
    for number in range(1, 260):
        assert client.get(f"{LIST}?limit={number}").status_code == 200

    assert len(CachedReads.for_guests.responses) == 200


@pytest.mark.django_db(transaction=True)
def test_edits_and_reads_beside_one_another_never_leave_an_old_answer(make_api, transactional_db):
    """Whoever reads after an edit was answered reads that edit, or a later one."""
    api = make_api("admin")
    path = f"{LIST}/{make_challenge().id}"

    def read(_):
        try:
            return int(Client().get(path).json()["data"]["eudTitle"] or 0)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for edit in range(1, 16):
            during = pool.map(read, range(8))
            assert api.patch_json(path, {"eudTitle": str(edit)}).status_code == 200
            assert list(pool.map(read, range(4))) == [edit] * 4
            assert set(during) <= {edit - 1, edit}


# --- End users: kept with the rows that it was made of -----------------------------------------------------


@pytest.fixture
def alice(end_user):
    return end_user("alice")


def shown(client, path=LIST):
    """The only challenge of a list."""
    (challenge,) = client.get(path).json()["data"]
    return challenge


@pytest.mark.parametrize("path", [LIST, "{challenge}", "/schema/milestone/record"])
def test_warm_answer_of_a_member_is_the_same_and_costs_one_query(api, alice, spender, path):
    path = path.format(challenge=f"{LIST}/{spender.id}")
    api.log({"id": str(spender.id)}, value=250)

    first, cold = queries(alice, path)
    second, warm = queries(alice, path)

    assert (first.status_code, second.content) == (200, first.content)
    assert dict(second.headers) == dict(first.headers)
    assert (len(cold) > 1, len(warm)) == (True, 1)


def test_whatever_a_member_does_shows_at_once(api, alice, spender):
    challenge = {"id": str(spender.id)}
    values = [shown(alice)["progress"]["currentProgressValue"]]

    for value in (50, 50, 150):
        api.log(challenge, value=value)
        values.append(shown(alice)["progress"]["currentProgressValue"])
    (reward,) = shown(alice)["progress"]["rewardLogs"]
    api.post_json(f"/schema/reward_log/record/{reward['id']}/redeem", {})

    assert values == [0, 50, 100, 250]
    assert shown(alice)["progress"]["rewardLogs"][0]["status"] == "redeemed"


def test_an_edit_shows_to_members_at_once(api, alice, spender):
    assert shown(alice)["name"] == spender.name

    api.patch_json(f"{LIST}/{spender.id}", {"name": "Another"})

    assert shown(alice)["name"] == "Another"


def test_a_paused_challenge_shows_to_who_has_progress_in_it(api, alice, end_user, spender):
    api.log({"id": str(spender.id)}, value=10)
    bob = end_user("bob")
    assert len(bob.get(LIST).json()["data"]) == 1

    api.patch_json(f"{LIST}/{spender.id}", {"status": "paused"})

    assert (shown(alice)["status"], bob.get(LIST).json()["data"]) == ("paused", [])


def test_members_read_their_own_alone(api, alice, end_user, spender):
    api.log({"id": str(spender.id)}, value=10)

    values = [shown(end_user(name))["progress"]["currentProgressValue"] for name in ("alice", "bob", "alice")]

    assert values == [10, 0, 10]


def test_a_token_that_is_over_gets_nothing_that_was_kept(alice, spender):
    assert alice.get(LIST).status_code == 200

    with time_machine.travel(timezone.now() + HOUR):
        assert alice.get(LIST).status_code == 401


def test_what_a_member_reads_changes_with_the_clock(end_user, api, spender):
    with time_machine.travel("2026-11-30T23:59:59+00:00", tick=False) as clock:
        reward = make_reward(valid_until=timezone.now() + timedelta(seconds=1))
        make_milestone(spender, 100, reward=reward)
        api.log({"id": str(spender.id)}, value=150)
        alice = end_user("alice")
        before = shown(alice)
        clock.move_to("2026-12-01T00:00:00+00:00")
        after = shown(alice)

    assert before["progress"]["challengeProgressStatus"] == "in_progress"
    assert before["progress"]["rewardLogs"][0]["status"] == "issued"
    assert after["progress"]["challengeProgressStatus"] == "not_started"
    assert after["lastProgress"]["challengeProgressStatus"] == "failed"
    assert after["lastProgress"]["rewardLogs"][0]["status"] == "expired"


def test_a_coupon_expires_though_no_window_ends(end_user, api, spender):
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False) as clock:
        make_milestone(spender, 100, reward=make_reward(valid_until=timezone.now() + 5 * MINUTE))
        api.log({"id": str(spender.id)}, value=150)
        alice = end_user("alice")
        before = shown(alice)
        clock.shift(4 * MINUTE)
        assert shown(alice) == before
        clock.shift(MINUTE)
        after = shown(alice)

    statuses = [each["progress"]["rewardLogs"][0]["status"] for each in (before, after)]
    assert statuses == ["issued", "expired"]


def test_memory_for_members_is_bounded_in_bytes():
    cache = ResponseLRU(most=100, most_bytes=1000)

    for number in range(50):
        cache.put(number % 30, CachedResponse(CacheKey(), NOW, None, b"x" * 90, {}))

    assert (len(cache.responses), cache.bytes) == (11, 990)
    assert list(cache.responses) == [n % 30 for n in range(39, 50)]

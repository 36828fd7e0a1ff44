from datetime import timedelta

import pytest
from django.utils import timezone

from rewards.api.serializers import RewardLogSerializer
from rewards.models import RewardLog
from tests.rewards.builders import (
    NOW,
    make_challenge,
    make_member,
    make_milestone,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db
PATH = "/schema/reward_log/record"


def errors(answer):
    return answer.status_code, [(error["code"], error["attr"]) for error in answer.json()["errors"]]


def act(api, log, action):
    return api.post(f"{PATH}/{log.id}/{action}")


def ids(answer):
    return [row["id"] for row in answer.json()["data"]]


def test_record_tells_what_was_paid_for_what(api):
    challenge, reward = make_challenge(), make_reward(eud_reward_title="A mug")
    milestone = make_milestone(challenge)
    log = pay(make_member("alice"), challenge, reward, milestone=milestone)

    record = api.get(f"{PATH}/{log.id}").json()["data"]

    assert record.pop("milestone")["name"] == "Spend 200"
    assert record == {
        "id": str(log.id),
        "linkedSchemaSlug": "challenge",
        "linkedSchemaRecordId": str(challenge.id),
        "ownedById": "alice",
        "milestoneId": str(milestone.id),
        "rewardId": str(reward.id),
        "reward": {"eudRewardTitle": "A mug", "eudRewardInstructionMessage": ""},
        "periodKey": "2026-11",
        "status": "issued",
        "couponCode": log.coupon_code,
        "rewardIssuedAt": "2026-11-22T12:00:00Z",
        "rewardExpiryAt": None,
        "redeemedAt": None,
        "achievedTargetValue": 200,
    }


def test_completion_without_a_reward_has_neither_milestone_nor_reward(api):
    log = pay(make_member(), make_challenge())

    record = api.get(f"{PATH}/{log.id}").json()["data"]

    assert (record["milestoneId"], record["milestone"], record["reward"]) == (None, None, None)


def test_end_user_reads_own_rewards_and_no_reward_ids(end_user):
    alice, challenge, reward = make_member("alice"), make_challenge(), make_reward()
    own, other = pay(alice, challenge, reward), pay(make_member("bob"), challenge, reward)
    client = end_user("alice")

    listed = client.get(PATH)

    assert ids(listed) == [str(own.id)]
    assert "rewardId" not in listed.json()["data"][0]
    assert client.get(f"{PATH}/{other.id}").status_code == 404
    assert errors(client.get(PATH, {"rewardId": str(reward.id)})) == (
        400,
        [("unknown_parameter", "rewardId")],
    )


def test_callers_that_may_not(client, end_user, make_api):
    log = pay(make_member("alice"), make_challenge())
    path = f"{PATH}/{log.id}/redeem"

    assert (client.get(PATH).status_code, client.post(path).status_code) == (401, 401)
    assert end_user("alice").post(path).status_code == 403
    assert make_api("read").post(path).status_code == 403
    assert make_api("ingest").post(path).status_code == 403
    assert make_api("admin").post(PATH).status_code == 405
    assert make_api("admin").delete(f"{PATH}/{log.id}").status_code == 405
    assert RewardLog.objects.get().status == "issued"


def test_redeem_unredeem_and_revoke_answer_the_record(api):
    log = pay(make_member(), make_challenge())

    statuses = [
        act(api, log, action).json()["data"]["status"]
        for action in ("redeem", "redeem", "unredeem", "unredeem", "revoke", "revoke")
    ]

    assert statuses == ["redeemed", "redeemed", "issued", "issued", "revoked", "revoked"]


def test_refused_action_says_what_is_possible(api):
    log = make_reward_log("revoked")

    answer = act(api, log, "redeem")

    assert errors(answer) == (409, [("transition_not_allowed", None)])
    assert answer.json()["errors"][0]["detail"] == (
        "This reward is revoked and cannot be redeemed by the API. "
        "Possible: re-issue (support, in the admin)."
    )


def test_expired_code_reads_so_and_is_not_redeemed_until_it_is_extended(api):
    log = make_reward_log(reward_expiry_at=NOW - timedelta(days=1))
    path = f"{PATH}/{log.id}"
    ahead = (timezone.now() + timedelta(days=1)).isoformat()

    assert api.get(path).json()["data"]["status"] == "expired"
    assert act(api, log, "redeem").status_code == 409
    assert api.patch_json(path, {"rewardExpiryAt": ahead}).json()["data"]["status"] == "issued"
    assert act(api, log, "redeem").json()["data"]["status"] == "redeemed"


def test_patch_fills_a_waiting_reward_with_code_and_expiry(api):
    log = pay(make_member(), make_challenge(), make_reward("external", valid_for_days=1))

    answer = api.patch_json(
        f"{PATH}/{log.id}", {"couponCode": "SHOP-1", "rewardExpiryAt": "2027-03-01T00:00:00+01:00"}
    )

    record = answer.json()["data"]
    assert (record["status"], record["couponCode"]) == ("issued", "SHOP-1")
    assert record["rewardExpiryAt"] == "2027-02-28T23:00:00Z"


@pytest.mark.parametrize("status", ["pending_code", "issued", "redeemed", "revoked", "capped"])
def test_record_read_and_sent_back_changes_nothing(api, status):
    log = make_reward_log(status, coupon_code="" if status in ("pending_code", "capped") else "CODE")
    record = api.get(f"{PATH}/{log.id}").json()["data"]

    answer = api.patch_json(f"{PATH}/{log.id}", record)

    assert (answer.status_code, answer.json()["data"]) == (200, record)
    assert RewardLog.objects.get().updated_at == NOW


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"couponCode": "OTHER"}, (409, [("transition_not_allowed", None)])),
        ({"couponCode": ""}, (400, [("invalid_code", "couponCode")])),
        ({"couponCode": "x" * 257}, (400, [("max_length", "couponCode")])),
        ({"rewardExpiryAt": "soon"}, (400, [("invalid", "rewardExpiryAt")])),
        ({"colour": "red"}, (400, [("unknown_field", "colour")])),
    ],
)
def test_patch_refuses(api, body, error):
    log = pay(make_member(), make_challenge())

    assert errors(api.patch_json(f"{PATH}/{log.id}", body)) == error
    assert RewardLog.objects.get().coupon_code == log.coupon_code


def test_patch_of_a_taken_code_is_refused_and_leaves_the_expiry(api):
    taken = pay(make_member(), make_challenge(), make_pool("TAKEN"))
    log = pay(make_member(), make_challenge(), make_reward("external"))

    answer = api.patch_json(
        f"{PATH}/{log.id}", {"couponCode": taken.coupon_code, "rewardExpiryAt": "2027-01-01T00:00:00Z"}
    )

    assert errors(answer) == (409, [("code_taken", "couponCode")])
    log.refresh_from_db()
    assert log.reward_expiry_at is None


def test_list_narrows_by_every_filter(api):
    alice, bob = make_member("alice"), make_member("bob")
    challenge, reward = make_challenge(), make_reward()
    milestone = make_milestone(challenge)
    one = pay(alice, challenge, reward, milestone=milestone, at=NOW)
    other = pay(bob, make_challenge(), at=NOW - timedelta(days=1), period="2026-10")
    make_reward_log("redeemed", member=bob, at=NOW - timedelta(days=2), reward_expiry_at=NOW)

    def found(**filters):
        return ids(api.get("reward_log", **filters))

    assert found(linkedSchemaRecordId=str(challenge.id)) == [str(one.id)]
    assert found(challengeId=str(challenge.id)) == [str(one.id)]
    assert found(milestoneId=str(milestone.id)) == [str(one.id)]
    assert found(rewardId=str(reward.id)) == [str(one.id)]
    assert found(ownedById="alice") == [str(one.id)]
    assert found(periodKey="2026-10") == [str(other.id)]
    assert found(couponCode=other.coupon_code) == [str(other.id)]
    assert found(status="issued") == [str(one.id), str(other.id)]
    assert found(rewardIssuedAfter="2026-11-22T12:00:00Z") == [str(one.id)]
    assert found(sortBy="rewardIssuedAt", status="issued") == [str(other.id), str(one.id)]


def test_list_tells_expired_from_issued(api):
    good = make_reward_log(reward_expiry_at=timezone.now() + timedelta(days=1))
    over = make_reward_log(reward_expiry_at=NOW - timedelta(days=1))
    endless = make_reward_log(at=NOW - timedelta(days=1))

    assert ids(api.get("reward_log", status="expired")) == [str(over.id)]
    assert ids(api.get("reward_log", status="issued"))[-1] == str(endless.id)
    assert set(ids(api.get("reward_log", status="issued"))) == {str(good.id), str(endless.id)}


@pytest.mark.parametrize("n", [1, 3])
def test_list_asks_as_often_for_many_as_for_one(api, n, django_assert_num_queries):
    challenge, reward = make_challenge(), make_reward()
    milestone = make_milestone(challenge)
    for _ in range(n):
        pay(make_member(), challenge, reward, milestone=milestone)
    api.get("reward_log")

    with django_assert_num_queries(2):  # the key, the logs with all they name
        answer = api.get("reward_log")

    assert len(answer.json()["data"]) == n


def test_serializer_documents_what_is_answered(api):
    log = pay(make_member(), make_challenge())

    assert set(api.get(f"{PATH}/{log.id}").json()["data"]) == set(RewardLogSerializer().fields)

import pytest

from rewards.models import Reward
from tests.rewards.builders import NOW, make_challenge, make_member, make_pool, make_reward, pay

pytestmark = pytest.mark.django_db
FULL = {
    "name": "Free shipping",
    "description": "For three months",
    "codeSource": "shared",
    "sharedCode": "SHIP3",
    "codePrefix": "S-",
    "codeLength": 16,
    "validUntil": "2027-01-01T00:00:00Z",
    "validForDays": 90,
    "maxTotal": 1000,
    "maxPerMember": 3,
    "lowWaterMark": 10,
    "eudRewardTitle": "Free shipping",
    "eudRewardInstructionMessage": "Show this code",
}
DEFAULTS = {
    "description": "",
    "codeSource": "generated",
    "sharedCode": "",
    "codePrefix": "",
    "codeLength": 12,
    "validUntil": None,
    "validForDays": None,
    "maxTotal": None,
    "maxPerMember": None,
    "lowWaterMark": None,
    "codesLeft": None,
    "eudRewardTitle": "",
    "eudRewardInstructionMessage": "",
}


def errors(answer):
    return answer.status_code, [(error["code"], error["attr"]) for error in answer.json()["errors"]]


def test_post_answers_what_was_sent_and_the_defaults(api):
    full, bare = api.post_record("reward", **FULL), api.post_record("reward", name="Mug")

    assert {name: full[name] for name in FULL} == FULL
    assert {name: bare[name] for name in DEFAULTS} == DEFAULTS


def test_record_read_and_sent_back_changes_nothing(api):
    created = api.post_record("reward", **FULL)

    again = api.patch_json(f"/schema/reward/record/{created['id']}", created).json()["data"]

    assert again | {"updatedAt": None} == created | {"updatedAt": None}


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", ("blank", "name")),
        ("name", "x" * 257, ("max_length", "name")),
        ("codeSource", "tombola", ("invalid_choice", "codeSource")),
        ("codeLength", 9, ("min_value", "codeLength")),
        ("codeLength", 33, ("max_value", "codeLength")),
        ("codeLength", 12.5, ("invalid", "codeLength")),
        ("codePrefix", "x" * 17, ("max_length", "codePrefix")),
        ("codePrefix", "50 %", ("invalid", "codePrefix")),
        ("sharedCode", "", ("required", "sharedCode")),
        ("sharedCode", None, ("required", "sharedCode")),
        ("validUntil", "2027-01-01", ("invalid", "validUntil")),
        ("validForDays", 0, ("min_value", "validForDays")),
        ("maxTotal", 0, ("min_value", "maxTotal")),
        ("maxPerMember", -1, ("min_value", "maxPerMember")),
        ("lowWaterMark", -1, ("min_value", "lowWaterMark")),
        ("lowWaterMark", 2**31, ("max_value", "lowWaterMark")),
        ("eudRewardTitle", "x" * 49, ("max_length", "eudRewardTitle")),
        ("colour", "red", ("unknown_field", "colour")),
    ],
)
def test_post_refuses_by_field(api, field, value, error):
    answer = api.post_json("/schema/reward/record", FULL | {field: value})

    assert errors(answer) == (400, [error])
    assert not Reward.objects.exists()


def test_patch_to_shared_needs_the_code(api):
    reward = make_reward()

    answer = api.patch_json(f"/schema/reward/record/{reward.id}", {"codeSource": "shared"})

    assert errors(answer) == (400, [("required", "sharedCode")])


def test_texts_are_written_and_read_by_language(api):
    created = api.post_record("reward", name="Mug", eudRewardTitle="A mug")
    path = f"/schema/reward/record/{created['id']}"

    api.patch_json(f"{path}?languageCode=de", {"eudRewardTitle": "Eine Tasse"})

    assert api.get(path, data={"languageCode": "de"}).json()["data"]["eudRewardTitle"] == "Eine Tasse"
    assert api.get(path).json()["data"]["eudRewardTitle"] == "A mug"


@pytest.mark.parametrize("n", [1, 3])
def test_list_tells_the_codes_left_in_two_queries(api, n, django_assert_num_queries):
    for _ in range(n):
        make_pool()
    pool = make_pool("FREE", "GIVEN")
    pay(make_member(), make_challenge(), pool)
    api.get("reward")

    with django_assert_num_queries(3):  # the key, the rewards, their codes
        answer = api.get("reward", codeSource="pool")

    assert [row["codesLeft"] for row in answer.json()["data"]] == [1] + [0] * n


def test_delete_without_history_removes_and_with_history_archives(api):
    unused, paid = make_reward(), make_reward()
    pay(make_member(), make_challenge(), paid)

    answers = [api.delete(f"/schema/reward/record/{reward.id}") for reward in (unused, paid)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert list(Reward.objects.values_list("id", flat=True)) == [paid.id]
    assert api.get("reward").json()["data"] == []


def test_delete_in_use_is_refused(api):
    reward = make_reward()
    make_challenge(completion_reward=reward)

    assert errors(api.delete(f"/schema/reward/record/{reward.id}")) == (409, [("in_use", None)])


def test_only_admins_know_of_rewards(client, end_user, make_api):
    reward = make_reward(at=NOW)
    paths = ("/schema/reward/record", f"/schema/reward/record/{reward.id}")

    assert [client.get(path).status_code for path in paths] == [401, 401]
    assert [end_user("alice").get(path).status_code for path in paths] == [404, 404]
    assert [make_api("ingest").get(path).status_code for path in paths] == [403, 403]
    assert [make_api("read").get(path).status_code for path in paths] == [200, 200]
    assert make_api("read").post_json(paths[0], {"name": "Mug"}).status_code == 403

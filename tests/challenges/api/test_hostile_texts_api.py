"""Hostile texts against every end-user field: echoed literally as JSON, or refused with the reason."""

import json

import pytest

from tests.challenges.api.hostile_texts import HOSTILE

pytestmark = pytest.mark.thorough

CHALLENGE = {
    "name": "Monthly Big Spender",
    "description": "Spend $500 in a month.",
    "status": "live",
    "completionTargetValue": 500,
}
MESSAGES = (
    "eudCompletedChallengeMessage",
    "eudFailedChallengeMessage",
    "eudMilestoneNextToBeAchievedMessage",
)
LABELS = (
    "eudInProgressLabel",
    "eudCompletedLabel",
    "eudNotStartedLabel",
    "eudFailedLabel",
    "eudViewDetailsButtonText",
)
# Every text of an end user: how long it may be.
FIELDS = {
    "challenge": {
        "eudTitle": 48,
        "eudDescription": 1024,
        **dict.fromkeys(LABELS, 32),
        **dict.fromkeys(MESSAGES, 256),
    },
    "milestone": {
        "eudMilestoneTitle": 48,
        "eudMilestoneDescription": 1024,
        "eudMilestoneRewardInstructionMessage": 256,
    },
    "reward": {"eudRewardTitle": 48, "eudRewardInstructionMessage": 256},
}
SLUGS = list(FIELDS)
CODES = ("en", "ar")


@pytest.fixture
def paths(api):
    """One record of each resource, by slug; the challenge is live and pays the reward."""
    reward = api.post_record("reward", name="5% off")
    challenge = api.post_record("challenge", **CHALLENGE, completionRewardId=reward["id"])
    milestone = api.post_record(
        "milestone",
        linkedSchemaRecordId=challenge["id"],
        name="First 200",
        description="d",
        status="live",
        milestoneTargetValue=200,
    )
    records = {"challenge": challenge, "milestone": milestone, "reward": reward}
    return {slug: f"/schema/{slug}/record/{record['id']}" for slug, record in records.items()}


def expected(name, slug):
    """What is stored, and (code, field) of every refusal, when this text is sent in all fields at once."""
    hostile, kept, refused = HOSTILE[name], {}, set()
    for field, limit in FIELDS[slug].items():
        code = hostile.message if field in MESSAGES else hostile.plain
        if code is None and len(hostile.text) > limit:
            code = "max_length"
        if code:
            refused.add((code, field))
        else:
            kept[field] = hostile.text
    return kept, refused


def faults(answer):
    return {(each["code"], each["attr"]) for each in answer.json()["errors"]}


def test_there_are_forty_and_more():
    assert len(HOSTILE) >= 40
    assert {hostile.plain is None for hostile in HOSTILE.values()} == {True, False}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", HOSTILE)
def test_text_is_echoed_literally_or_refused_with_its_reason(api, client, end_user, paths, slug, name):
    kept, refused = expected(name, slug)
    before = api.get(paths[slug]).json()["data"]

    if refused:
        answer = api.patch_json(paths[slug], dict.fromkeys(FIELDS[slug], HOSTILE[name].text))
        assert (answer.status_code, faults(answer)) == (400, refused)
        assert api.get(paths[slug]).json()["data"] == before

    for code in CODES if kept else ():
        answer = api.patch_json(f"{paths[slug]}?languageCode={code}", kept)
        assert answer.status_code == 200, answer.content
        assert {field: answer.json()["data"][field] for field in kept} == kept
    for reader in (api, *((client, end_user("alice")) if slug != "reward" else ())):
        answer = reader.get(f"{paths[slug]}", data={"languageCode": "ar"})
        assert {field: answer.json()["data"][field] for field in kept} == kept
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", [name for name in HOSTILE if HOSTILE[name].plain is None])
def test_title_of_a_reward_reaches_guests_literally(api, client, paths, name):
    title = HOSTILE[name].text
    api.patch_json(paths["reward"], {"eudRewardTitle": title})

    read = client.get(paths["challenge"]).json()["data"]["completionReward"]["eudRewardTitle"]

    assert read == title


@pytest.mark.parametrize("name", [name for name in HOSTILE if HOSTILE[name].plain])
def test_every_language_is_held_to_the_same_rules(api, paths, name):
    answer = api.patch_json(f"{paths['challenge']}?languageCode=*", {"eudTitle": {"ja": HOSTILE[name].text}})

    assert faults(answer) == {(HOSTILE[name].plain, "eudTitle.ja")}


@pytest.mark.parametrize(("slug", "field"), [(slug, field) for slug in SLUGS for field in FIELDS[slug]])
@pytest.mark.parametrize("letter", ["x", "é", "語", "👩", "ب"])
def test_text_is_as_long_as_it_may_be_in_characters(api, paths, slug, field, letter):
    limit = FIELDS[slug][field]

    longest = api.patch_json(paths[slug], {field: letter * limit})
    one_more = api.patch_json(paths[slug], {field: letter * (limit + 1)})

    assert longest.json()["data"][field] == letter * limit
    assert faults(one_more) == {("max_length", field)}


@pytest.mark.parametrize("name", HOSTILE)
def test_refusal_names_the_field_and_a_remedy_and_echoes_nothing_active(api, paths, name):
    answer = api.patch_json(paths["challenge"], dict.fromkeys(FIELDS["challenge"], HOSTILE[name].text * 40))

    assert answer.status_code == 400
    for fault in answer.json()["errors"]:
        assert fault["attr"] in FIELDS["challenge"]
        assert 10 < len(fault["detail"]) < 300
        assert fault["detail"].isprintable()
        assert "<" not in fault["detail"]


@pytest.mark.parametrize("message", ["{{periodText}}", "{{ nextRemainingValue }}", "{{{periodText}}}"])
def test_variables_are_rendered_once_and_their_values_never_again(api, client, paths, message):
    written = f"$100 {{x}} {message} <b>"
    api.patch_json(paths["challenge"], {"eudFailedChallengeMessage": written})

    read = client.get(paths["challenge"]).json()["data"]["eudFailedChallengeMessage"]

    values = {"{{periodText}}": "day", "{{ nextRemainingValue }}": "200.00"}
    for variable, value in values.items():
        written = written.replace(variable, value)
    assert read == written


def test_text_is_no_json_but_inside_json(api, client, paths):
    """The answer's bytes carry no raw control character, so that nothing but a JSON parser reads them."""
    api.patch_json(paths["challenge"], {"eudDescription": HOSTILE["lines"].text + "\u2028</script>"})

    content = client.get(paths["challenge"]).content

    assert not any(byte < 32 for byte in content)
    assert json.loads(content)["data"]["eudDescription"].endswith("</script>")

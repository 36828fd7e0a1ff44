"""`challenges.d.ts` says what the API really answers to those for whom the component is."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings

TYPES = (Path(settings.BASE_DIR) / "static" / "challenges" / "challenges.d.ts").read_text()
CHALLENGE = {
    "name": "Monthly Big Spender",
    "description": "Spend $500 in a month.",
    "status": "live",
    "aggregationPeriod": "monthly",
    "completionTargetValue": 500,
}
PLAIN = {"string": str, "number": (int, float), "boolean": bool, "null": type(None)}


def declared():
    """Interface -> field -> its type, as it is written; an optional field's ends with "?"."""
    interfaces = {}
    for name, parent, body in re.findall(r"interface (\w+)(?: extends (\w+))? \{(.*?)\n\}", TYPES, re.DOTALL):
        own = re.findall(r"^  (\w+)(\??): (.+);$", body, re.MULTILINE)
        interfaces[name] = interfaces.get(parent, {}) | {field: kind + mark for field, mark, kind in own}
    return interfaces


INTERFACES = declared()
ALIASES = dict(re.findall(r"^export type (\w+) = (.+);$", TYPES, re.MULTILINE))


def misfits(value, kind, path):
    """Where `value` is not of the type `kind`: nothing, if one of its alternatives fits."""
    alternatives = [
        misfits_of_one(value, ALIASES.get(one, one), path) for one in kind.rstrip("?").split(" | ")
    ]
    return min(alternatives, key=len)


def misfits_of_one(value, kind, path):
    if " | " in kind:
        return misfits(value, kind, path)
    if kind.startswith('"'):
        return [] if value == kind.strip('"') else [path]
    if kind in PLAIN:
        return [] if isinstance(value, PLAIN[kind]) else [path]
    if kind.endswith("[]"):
        rows = value if isinstance(value, list) else [value]
        return [odd for one in rows for odd in misfits(one, kind[:-2], f"{path}[]")]
    return misfits_of_record(value, INTERFACES[kind], path) if isinstance(value, dict) else [path]


def misfits_of_record(record, fields, path):
    needed = {field for field, kind in fields.items() if not kind.endswith("?")}
    odd = [f"{path}.{field}" for field in (needed - set(record)) | (set(record) - set(fields))]
    for field in set(record) & set(fields):
        odd += misfits(record[field], fields[field], f"{path}.{field}")
    return odd


def read(client):
    (record,) = client.get("/schema/challenge/record").json()["data"]
    return record


@pytest.fixture
def spender(api):
    """A challenge with one milestone that pays a reward, and one that pays none."""
    with time_machine.travel("2026-11-22T12:00:00+00:00", tick=False) as clock:
        reward = api.post_record("reward", name="5% off", eudRewardTitle="5% off", validForDays=30)
        made = api.post_record("challenge", **CHALLENGE)
        for target, reward_id in ((200, reward["id"]), (500, None)):
            api.post_record(
                "milestone",
                linkedSchemaRecordId=made["id"],
                name=f"First {target}",
                description="d",
                status="live",
                milestoneTargetValue=target,
                rewardId=reward_id,
            )
        made["clock"] = clock
        yield made


def test_types_tell_two_kinds_apart():
    assert misfits({"eudRewardTitle": 7}, "Reward", "r") != []
    assert misfits([None], "string[]", "s") == ["s[]"]
    assert misfits("won", "ProgressStatus", "p") == ["p"]


def test_guest_reads_what_the_types_say(client, spender):
    assert misfits(read(client), "Challenge", "challenge") == []


@pytest.mark.parametrize("value", [None, 250, 540])
def test_member_reads_what_the_types_say(api, end_user, spender, value):
    if value:
        api.log(spender, value=value)

    assert misfits(read(end_user("alice")), "Challenge", "challenge") == []


def test_member_reads_what_the_types_say_of_the_window_that_closed(api, end_user, spender):
    api.log(spender, value=250)
    spender["clock"].move_to(datetime(2026, 12, 10, tzinfo=UTC))
    record = read(end_user("alice"))

    assert record["lastProgress"]["challengeProgressStatus"] == "failed"
    assert misfits(record, "Challenge", "challenge") == []


def test_refusal_is_what_the_types_say(client, end_user, spender):
    answer = client.get("/schema/challenge/record", data={"languageCode": "../etc", "nonsense": "1"}).json()

    assert misfits(answer["errors"], "ApiError[]", "errors") == []

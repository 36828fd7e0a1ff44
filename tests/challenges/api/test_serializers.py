"""What is documented is what is answered: names of every record, for every caller."""

import pytest

from challenges.api import serializers as documented
from challenges.api.serializers_answers import RecordedLogSerializer
from core.api.callers import GUEST, AdminCaller, EndUserCaller
from rewards.api.serializers import MilestoneNamedSerializer

ADMIN = AdminCaller(None, "test", frozenset({"admin"}))
ALICE = EndUserCaller("alice")
# Only an end user's challenge carries these.
OWN = {"progress", "lastProgress"}


@pytest.fixture
def paid(api):
    challenge = api.post_record(
        "challenge", name="n", description="d", status="live", completionTargetValue=500
    )
    api.post_record(
        "milestone",
        linkedSchemaRecordId=challenge["id"],
        name="m",
        description="d",
        status="live",
        milestoneTargetValue=200,
    )
    return api.log(challenge, value=300).json()["data"]


def names(serializer, caller):
    read = serializer(context={"caller": caller})
    return {name for name in read.visible_names() if not read.fields[name].write_only}


def test_recorded_log_is_documented(paid):
    assert set(paid) == names(RecordedLogSerializer, ADMIN) - {"ownedBy"}
    assert set(paid["challengeProgress"]) == names(documented.ChallengeProgressSerializer, ADMIN)
    assert set(paid["achievedMilestone"]) == names(documented.MilestoneSerializer, ADMIN)
    (reward_log,) = paid["rewardLogs"]
    assert set(reward_log) == names(documented.RewardLogShownSerializer, ADMIN)
    assert set(reward_log["milestone"]) == names(MilestoneNamedSerializer, ADMIN)


def test_lists_are_documented_for_every_caller(api, paid, end_user, client):
    readers = {ADMIN: api, ALICE: end_user("alice"), GUEST: client}
    for caller, reader in readers.items():
        (challenge,) = reader.get("/schema/challenge/record").json()["data"]
        expected = names(documented.ChallengeSerializer, caller) - {"ruleVersions"}
        assert set(challenge) == (expected if caller == ALICE else expected - OWN)
        assert set(challenge["milestones"][0]) == names(documented.MilestoneSerializer, caller)
    for slug, serializer in (
        ("challenge_log", documented.ChallengeLogSerializer),
        ("challenge_progress", documented.ChallengeProgressSerializer),
    ):
        for caller in (ADMIN, ALICE):
            (record,) = readers[caller].get(f"/schema/{slug}/record").json()["data"]
            assert set(record) == names(serializer, caller)

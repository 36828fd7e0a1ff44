"""Numbers and times as Go, Java, .NET and databases write them, at every entrance (docs/api.md, Conventions).

Bodies are written by hand: what counts is the literal on the wire.
"""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone

from challenges.api import log_parser
from challenges.models import Activity, Challenge, ChallengeLog, ChallengeProgress
from milestones.models import Milestone
from rewards.models import Reward, RewardLog
from tests.builders import make_challenge
from tests.staff import sent

LOGS, ACTIVITIES = "/schema/challenge_log/record", "/schema/activity/record"
# What is written, and the amount that it is.
EXACT = [("19.990000", "19.99"), ("0.10000", "0.1"), ("500.00000", "500"), ("7.0000000000", "7")]
TOO_FINE = ["0.10001", "0.100010", "19.9900001"]


@pytest.fixture
def challenge(api):
    return api.post_record(
        "challenge",
        name="Monthly Big Spender",
        description="Spend 500 in a month.",
        status="live",
        completionTargetValue=500,
        aggregationPeriod="monthly",
        activityIds=["purchase"],
    )


@pytest.fixture(params=["number", "text"])
def written(request):
    """Write an amount as a JSON number or as a JSON text."""
    return (lambda amount: amount) if request.param == "number" else (lambda amount: f'"{amount}"')


def record_of(challenge, value=None, at=None, **fields):
    """The body of a log, or without a challenge of an activity, with the value's literal as it stands."""
    body = {
        "ownedById": "alice",
        "activityAt": at or timezone.now().isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": "order-1",
        **({"challengeId": challenge["id"]} if challenge else {}),
        **fields,
    }
    literal = f', "activityValue": {value}' if value is not None else ""
    return json.dumps(body)[:-1] + literal + "}"


def sent_to(entrance, challenge, value=None, **fields):
    """The address and the body of one record at this entrance."""
    slug, _, batched = entrance.partition("/")
    body = record_of(challenge if slug == "challenge_log" else None, value, **fields)
    path = f"/schema/{slug}/record"
    return (f"{path}/batch", f'{{"records": [{body}]}}') if batched else (path, body)


def codes(answer):
    """The codes of a refusal: of the answer, or of the records in it."""
    body = answer.json()
    faults = body.get("errors") or [fault for record in body["data"] for fault in record["errors"]]
    return [(fault["code"], fault["attr"].rpartition(".")[2]) for fault in faults]


INTAKE = ["challenge_log", "challenge_log/batch", "activity", "activity/batch"]


@pytest.mark.parametrize("entrance", INTAKE)
@pytest.mark.parametrize("shape", [{}, {"ownedById": None, "ownedBy": {"externalId": "alice"}}])
@pytest.mark.parametrize(("literal", "amount"), EXACT)
def test_zeros_at_the_end_of_a_value_are_no_decimals(
    api, challenge, written, entrance, shape, literal, amount
):
    answer = api.post_json(*sent_to(entrance, challenge, written(literal), **shape))

    assert answer.status_code in (200, 201), answer.content
    assert ChallengeLog.objects.get().activity_value == Decimal(amount)
    assert ChallengeProgress.objects.get().current_progress_value == Decimal(amount)


@pytest.mark.parametrize("entrance", INTAKE)
@pytest.mark.parametrize("literal", TOO_FINE)
def test_more_than_four_decimals_of_a_value_are_refused(api, challenge, written, entrance, literal):
    answer = api.post_json(*sent_to(entrance, challenge, written(literal)))

    assert codes(answer) == [("too_many_decimals", "activityValue")]
    assert (ChallengeLog.objects.count(), Activity.objects.count()) == (0, 0)


def test_the_same_value_with_other_zeros_is_a_replay(api, challenge):
    at = timezone.now().isoformat()
    api.post_json(LOGS, record_of(challenge, "19.99", at))

    answer = api.post_json(LOGS, record_of(challenge, '"19.990000"', at))

    assert (answer.status_code, answer["Idempotent-Replayed"]) == (200, "true")


def test_a_number_has_at_most_forty_digits_however_it_is_decoded(challenge):
    long = "10.5" + "0" * 40
    plain = record_of(challenge, long).encode()
    unusual = record_of(challenge, long, reversalOf="order-0").encode()

    faults = [log_parser.read_batch(b'{"records": [' + body + b"]}")[0] for body in (plain, unusual)]

    assert [[(fault.code, fault.attr) for fault in each] for each in faults] == [
        [("invalid_number", "activityValue")]
    ] * 2


# --- targets ------------------------------------------------------------------------------------------------
CHALLENGE = {
    "name": "n",
    "description": "d",
    "status": "draft",
    "aggregationMethod": "sum",
}


@pytest.mark.parametrize(("literal", "amount"), EXACT)
def test_zeros_at_the_end_of_a_target_are_no_decimals(api, written, literal, amount):
    body = json.dumps(CHALLENGE)[:-1] + f', "completionTargetValue": {written(literal)}}}'

    made = api.post_json("/schema/challenge/record", body)
    path = f"/schema/challenge/record/{made.json()['data']['id']}"
    changed = api.patch_json(path, f'{{"completionTargetValue": {written("9.10000")}}}')
    back = api.patch_json(path, f'{{"completionTargetValue": {written(literal)}}}')

    assert (made.status_code, changed.status_code, back.status_code) == (201, 200, 200)
    assert Challenge.objects.get().completion_target_value == Decimal(amount)


@pytest.mark.parametrize(("literal", "amount"), EXACT)
def test_zeros_at_the_end_of_a_milestones_target_are_no_decimals(api, challenge, written, literal, amount):
    body = {"linkedSchemaRecordId": challenge["id"], "name": "n", "description": "d", "status": "live"}
    text = json.dumps(body)[:-1] + f', "milestoneTargetValue": {written(literal)}}}'

    made = api.post_json("/schema/milestone/record", text)

    assert made.status_code == 201, made.content
    assert Milestone.objects.get().milestone_target_value == Decimal(amount)


@pytest.mark.parametrize(("literal", "amount"), EXACT)
def test_a_form_of_several_parts_takes_them_too(api, challenge, literal, amount):
    fields = {"name": "n", "description": "d", "status": "draft"}

    one = api.post("/schema/challenge/record", {**fields, "completionTargetValue": literal})
    milestone = api.post(
        "/schema/milestone/record",
        {**fields, "linkedSchemaRecordId": challenge["id"], "milestoneTargetValue": literal},
    )

    assert (one.status_code, milestone.status_code) == (201, 201), milestone.content
    assert one.json()["data"]["completionTargetValue"] == float(amount)
    assert milestone.json()["data"]["milestoneTargetValue"] == float(amount)


@pytest.mark.parametrize("literal", TOO_FINE)
@pytest.mark.parametrize("form", [True, False])
def test_more_than_four_decimals_of_a_target_are_refused(api, challenge, form, literal):
    path = f"/schema/challenge/record/{challenge['id']}"

    if form:
        parts = encode_multipart(BOUNDARY, {"completionTargetValue": literal})
        answer = api.patch(path, parts, content_type=MULTIPART_CONTENT)
    else:
        answer = api.patch_json(path, f'{{"completionTargetValue": {literal}}}')

    assert (answer.status_code, codes(answer)) == (400, [("too_many_decimals", "completionTargetValue")])


@pytest.mark.parametrize(("typed", "stored"), [("700.00000", "700"), ("700.000010", "500")])
def test_the_admins_form_judges_alike(marketer, typed, stored):
    challenge = make_challenge(at=timezone.now(), status="draft")
    page = reverse("admin:challenges_challenge_change", args=[challenge.pk])

    marketer.post(page, sent(marketer.get(page), completion_target_value=typed))

    assert Challenge.objects.get().completion_target_value == Decimal(stored)


# --- times --------------------------------------------------------------------------------------------------
def just_now():
    """A whole second that has just passed, as text without its offset."""
    return (timezone.now() - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize("entrance", INTAKE)
@pytest.mark.parametrize("decimals", ["1234567", "123456789", "123456999999"])
def test_time_is_cut_to_microseconds_and_a_retry_is_a_replay(api, challenge, entrance, decimals):
    second = just_now()

    first = api.post_json(*sent_to(entrance, challenge, "5", at=f"{second}.{decimals}Z"))
    again = api.post_json(*sent_to(entrance, challenge, "5", at=f"{second}.123456Z"))

    assert (first.status_code, again.status_code) in ((201, 200), (200, 200)), again.content
    log = ChallengeLog.objects.get()
    assert log.activity_at.isoformat() == f"{second}.123456+00:00"


def test_the_next_microsecond_is_other_content(api, challenge):
    second = just_now()
    api.post_json(LOGS, record_of(challenge, "5", f"{second}.1234569Z"))

    answer = api.post_json(LOGS, record_of(challenge, "5", f"{second}.1234570Z"))

    assert (answer.status_code, codes(answer)) == (409, [("duplicate_conflict", "activityAt")])


def test_times_of_records_are_cut(api, challenge):
    reward = api.post_record("reward", name="5 % off", validUntil="2030-01-01T00:00:00.9999999Z")
    milestone = {"name": "m", "description": "d", "status": "live", "rewardId": reward["id"]}
    api.post_record("milestone", linkedSchemaRecordId=challenge["id"], milestoneTargetValue=5, **milestone)
    path = f"/schema/challenge/record/{challenge['id']}"
    api.patch_json(path, {"endsAt": "2030-01-01T00:00:00.1234567Z"})
    api.log(challenge, value=5)

    api.patch_json(
        f"/schema/reward_log/record/{RewardLog.objects.get().id}",
        {"rewardExpiryAt": "2030-01-01T00:00:00.000000999Z"},
    )

    assert Reward.objects.get().valid_until.isoformat() == "2030-01-01T00:00:00.999999+00:00"
    assert Challenge.objects.get().ends_at.isoformat() == "2030-01-01T00:00:00.123456+00:00"
    assert RewardLog.objects.get().reward_expiry_at.isoformat() == "2030-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("slug", "parameter"),
    [
        ("challenge", "createdAfter"),
        ("milestone", "createdAfter"),
        ("challenge_log", "activityAfter"),
        ("challenge_log", "createdAfter"),
        ("challenge_progress", "updatedAfter"),
        ("reward_log", "rewardIssuedAfter"),
        ("reward", "createdAfter"),
        ("coupon_code", "createdAfter"),
        ("member", "createdAfter"),
    ],
)
def test_times_of_a_query_are_cut(api, slug, parameter):
    answer = api.get(slug, **{parameter: "2026-11-22T10:00:00.123456789Z"})

    assert answer.status_code == 200, answer.content

import json
from copy import deepcopy
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from challenges.api.exchange import exported, imported
from challenges.editing import service
from challenges.models import Challenge
from core.api.http.renderers import encode
from core.api.http.strict_json import strict_loads
from core.errors import DomainErrors
from core.ids import uuid7
from core.write_guard import bypassing_services
from milestones.models import Milestone
from rewards.domain import reward_service
from rewards.models import CouponCode, Reward, RewardLog
from tests.builders import log_activity, make_challenge


@pytest.fixture
def document(api):
    """A live challenge with a milestone, two rewards, two languages and an icon, as its export."""
    shipping = api.post_record("reward", name="Free shipping", validForDays=90)
    discount = api.post_record("reward", name="5% off", codePrefix="FIVE-")
    challenge = api.post_record(
        "challenge",
        name="Monthly Big Spender",
        description="Spend $500 in a month.",
        status="live",
        completionTargetValue=500,
        aggregationPeriod="monthly",
        activityIds=["purchase"],
        completionRewardId=shipping["id"],
        eudTitle="Big spender",
    )
    path = f"/schema/challenge/record/{challenge['id']}"
    api.patch_json(f"{path}?languageCode=de", {"eudTitle": "Großeinkauf"})
    upload(api, path)
    api.post_record(
        "milestone",
        linkedSchemaRecordId=challenge["id"],
        name="First 200",
        description="d",
        status="live",
        milestoneTargetValue="200.5",
        rewardId=discount["id"],
    )
    made = exported(Challenge.objects.select_related("completion_reward"), timezone.now())
    return strict_loads(encode(made))


def upload(api, path):
    png = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(png, "PNG")
    icon = SimpleUploadedFile("icon.png", png.getvalue(), "image/png")
    body = encode_multipart(BOUNDARY, {"eudIcon": icon})
    assert api.patch(path, body, content_type=MULTIPART_CONTENT).status_code == 200


def empty():
    with bypassing_services("what a test needs"):
        Milestone.objects.all().delete()
    with bypassing_services("what a test needs"):
        Challenge.objects.all().delete()
    with bypassing_services("what a test needs"):
        Reward.objects.all().delete()


def test_import_makes_what_was_exported(document):
    empty()

    imported(document, timezone.now(), keep_status=True)

    again = strict_loads(
        encode(exported(Challenge.objects.select_related("completion_reward"), timezone.now()))
    )
    assert without_icon_names(again) == without_icon_names(document)
    assert document["challenges"][0]["eudTitle"]["de"] == "Großeinkauf"
    assert document["challenges"][0]["milestones"][0]["milestoneTargetValue"] == Decimal("200.5")


def without_icon_names(document):
    copy = deepcopy(document)
    for challenge in copy["challenges"]:
        del challenge["eudIcon"]["name"]
    return copy


def test_import_arrives_as_a_draft(document):
    empty()

    (challenge,) = imported(document, timezone.now())

    assert challenge.status == "draft"
    assert list(Milestone.objects.values_list("status")) == [("draft",)]


def test_import_of_what_exists_is_refused_and_changes_nothing(document):
    with pytest.raises(DomainErrors) as refused:
        imported(document, timezone.now())

    assert [(e.code, e.field) for e in refused.value.errors] == [("exists", "challenges.0.id")]
    assert Challenge.objects.count() == 1


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda d: d["challenges"][0].update(name=""), "challenges.0.name"),
        (lambda d: d["challenges"][0].update(colour="red"), "challenges.0.colour"),
        (
            lambda d: d["challenges"][0]["milestones"][0].update(milestoneTargetValue=-1),
            "challenges.0.milestones.0.milestoneTargetValue",
        ),
        (lambda d: d["challenges"][0].update(eudTitle={"en": "{{x}}"}), "challenges.0.eudTitle.en"),
        (lambda d: d["challenges"][0].update(eudIcon={"base64": "!"}), "challenges.0.eudIcon"),
        (lambda d: d["challenges"][0].update(milestones=5), "challenges.0.milestones"),
        (lambda d: d["rewards"][0].update(codeLength=5), "rewards.0.codeLength"),
        (lambda d: d["rewards"].clear(), "challenges.0.completionRewardId"),
        (lambda d: d.update(version=2), "version"),
    ],
)
def test_bad_document_names_the_place_and_stores_nothing(document, spoil, field):
    empty()
    spoil(document)

    with pytest.raises(Exception) as refused:
        imported(document, timezone.now())

    assert field in str(refused.value)
    assert (Challenge.objects.count(), Reward.objects.count()) == (0, 0)


def test_commands_carry_a_challenge_from_one_database_to_another(document, tmp_path, capsys):
    file = tmp_path / "challenges.json"
    call_command("export_challenges", "--output", str(file))
    empty()

    call_command("import_challenges", str(file))

    assert "draft Monthly Big Spender" in capsys.readouterr().out
    assert Challenge.objects.get().eud_title_de == "Großeinkauf"


@pytest.mark.parametrize("wanted", ["nope", "0199c9a8-7c60-7000-8000-000000000000"])
def test_export_of_a_challenge_that_is_not_there_names_it(document, wanted):
    with pytest.raises(CommandError, match=f"There is no challenge {wanted}"):
        call_command("export_challenges", str(Challenge.objects.get().id), wanted)


def test_export_takes_the_chosen_ones_alone(document, tmp_path):
    make_challenge(name="Another")
    file = tmp_path / "challenges.json"

    call_command("export_challenges", str(Challenge.objects.get(name="Another").id), "-o", str(file))

    assert [each["name"] for each in json.loads(file.read_text())["challenges"]] == ["Another"]


def refused(document):
    with pytest.raises(DomainErrors) as refusal:
        imported(document, timezone.now())
    return [(error.code, error.field) for error in refusal.value.errors]


def with_reward(**fields):
    reward = {"id": "0199c9a8-7c60-7000-8000-000000000001", "name": "Imported", **fields}
    return {"kind": "challenges", "version": 1, "rewards": [reward], "challenges": []}


def test_shared_code_that_is_somebodys_own_is_refused_by_its_place(db):
    """An import gave alice's code to bob once: it did not go through the service of rewards."""
    log_activity(make_challenge(), 600)
    own = RewardLog.objects.get().coupon_code

    with pytest.raises(DomainErrors) as refusal:
        imported(with_reward(codeSource="shared", sharedCode=own), timezone.now())

    assert str(refusal.value) == "rewards.0.sharedCode: This code is somebody's own; share another one."
    assert not Reward.objects.exists()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"codeSource": "shared"}, ("required", "rewards.0.sharedCode")),
        ({"codeSource": "shared", "sharedCode": "A\u200bB"}, ("invalid_code", "rewards.0.sharedCode")),
        ({"codePrefix": "ä ö"}, ("invalid", "rewards.0.codePrefix")),
    ],
)
def test_reward_is_judged_as_the_service_judges_it(db, fields, error):
    assert refused(with_reward(**fields)) == [error]


def test_reward_of_the_document_is_claimed_for_everybody(db):
    imported(with_reward(codeSource="shared", sharedCode="SUMMER"), timezone.now())

    assert CouponCode.objects.get(code="SUMMER").shared


def test_reward_that_is_archived_here_is_named(document):
    challenge = Challenge.objects.get()
    reward = Reward.objects.get(name="Free shipping")
    service.remove(challenge, at=timezone.now())
    other = make_challenge(completion_reward=reward)
    log_activity(other, 600)
    service.save(other_without_reward(other), at=timezone.now())
    reward_service.remove(reward, at=timezone.now())

    with pytest.raises(DomainErrors, match="The reward “Free shipping” is archived here: restore it first"):
        imported(document, timezone.now())


def other_without_reward(challenge):
    challenge.completion_reward = None
    return challenge


@pytest.mark.parametrize("icon", [{"base64": "ü"}, {"base64": "!"}, {"base64": 5}, {}, [], "icon", 5])
def test_icon_that_is_none_is_refused_by_its_place(document, icon):
    empty()
    document["challenges"][0]["eudIcon"] = icon

    assert refused(document) == [("invalid", "challenges.0.eudIcon")]


def test_two_milestones_of_one_id_are_refused(document):
    empty()
    milestones = document["challenges"][0]["milestones"]
    milestones.append(deepcopy(milestones[0]))

    with pytest.raises(DomainErrors) as refusal:
        imported(document, timezone.now())

    assert str(refusal.value) == (
        "challenges.0.milestones.1.id: Milestone “First 200” of the challenge “Monthly Big Spender” has "
        "this id already: each milestone needs its own."
    )
    assert Challenge.objects.count() == 0


@pytest.mark.parametrize("paid", [False, True])
def test_milestone_of_another_challenge_is_refused_by_its_name(document, paid):
    """Somebody copied an export and gave the challenge another id."""
    challenge = Challenge.objects.get()
    if paid:
        log_activity(challenge, 300, at=timezone.now())
    document["challenges"][0]["id"] = str(uuid7())

    with pytest.raises(DomainErrors) as refusal:
        imported(document, timezone.now())

    assert str(refusal.value) == (
        "challenges.0.milestones.0.id: Milestone “First 200” of the challenge “Monthly Big Spender” has "
        "this id: leave the id out, and a new one is given."
    )
    assert Challenge.objects.get() == challenge


def test_copy_without_ids_is_another_challenge_with_the_same_rewards(document):
    del document["challenges"][0]["id"], document["challenges"][0]["milestones"][0]["id"]

    (copy,) = imported(document, timezone.now())

    assert Challenge.objects.count() == 2
    assert Milestone.objects.get(challenge=copy).reward == Reward.objects.get(name="5% off")
    assert Reward.objects.count() == 2


@pytest.mark.parametrize("name", ["rewards", "challenges"])
def test_one_id_twice_in_the_document_is_refused(document, name):
    empty()
    document[name].append(deepcopy(document[name][0]))

    with pytest.raises(DomainErrors) as refusal:
        imported(document, timezone.now())

    place = len(document[name]) - 1
    assert str(refusal.value) == f"{name}.{place}.id: {name}.0 has this id, too: take one of them out."


def test_icons_of_a_refused_document_are_not_kept(document, settings, tmp_path):
    # The folder of the run is shared with the tests beside this one.
    settings.MEDIA_ROOT = tmp_path
    empty()
    document["challenges"].append({"id": str(uuid7())})

    assert {field for _code, field in refused(document)} >= {"challenges.1.name"}

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_command_says_where_a_document_is_broken(db, tmp_path):
    file = tmp_path / "challenges.json"
    file.write_text('{"kind": "challenges", "version": 1, "challenges": [{"name": "A\\u0000B"}]}')

    with pytest.raises(CommandError, match=r"challenges\.0\.name: A text cannot contain NUL"):
        call_command("import_challenges", str(file))

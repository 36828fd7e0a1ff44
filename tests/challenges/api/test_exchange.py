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
from challenges.models import Challenge
from core.api.http.renderers import encode
from core.api.http.strict_json import strict_loads
from core.errors import DomainErrors
from core.write_guard import bypassing_services
from milestones.models import Milestone
from rewards.models import Reward
from tests.builders import make_challenge


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

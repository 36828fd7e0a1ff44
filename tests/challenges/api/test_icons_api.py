"""Icons over HTTP: multipart on POST and PATCH, what is left on the disk, hostile files, the headers."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from challenges.models import Challenge
from core.icons import ICON_HEADERS, MAX_BYTES
from tests.core.icons.icon_files import EXPORTS, moving_gif, picture, png_of, saved, svg, svg_of
from tests.core.icons.icon_hostile import HOSTILE

pytestmark = pytest.mark.thorough

ORIGIN = "http://testserver"
CHALLENGE = {"name": "Spender", "description": "d", "status": "live", "completionTargetValue": 500}
MILESTONE = {"name": "Half", "description": "d", "status": "live", "milestoneTargetValue": 200}
FIELDS = {"challenge": "eudIcon", "milestone": "eudMilestoneIcon"}
SLUGS = list(FIELDS)
KINDS = {
    "png": (saved(picture(), "PNG"), "image/png"),
    "jpg": (saved(picture(), "JPEG"), "image/jpeg"),
    "gif": (moving_gif(), "image/gif"),
    "svg": (svg(), "image/svg+xml"),
}
NAMES = (
    "../../etc/passwd",
    "..\\x.svg",
    "\u202egnp.svg",
    "x" * 300 + ".svg",
    "<script>.svg",
    "C:\\i.svg",
    "i.php",
    "アイコン.svg",
    "أيقونة.svg",
    "語",
    "..\x80",
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Where uploads go in this test; answers the names of what lies there."""
    settings.MEDIA_ROOT = tmp_path
    return lambda: sorted(path.name for path in Path(tmp_path).rglob("*") if path.is_file())


def upload(data, name="icon.svg"):
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


def send(api, method, path, **parts):
    return api.generic(method, path, encode_multipart(BOUNDARY, parts), content_type=MULTIPART_CONTENT)


def faults(answer):
    assert answer.status_code == 400, answer.content
    return [(each["code"], each["attr"]) for each in answer.json()["errors"]]


@pytest.fixture
def make(api):
    """A record of either resource with this icon; answers its path and its data."""

    def made(slug, icon=None):
        fields = CHALLENGE if slug == "challenge" else MILESTONE
        if slug == "milestone":
            fields = {**fields, "linkedSchemaRecordId": api.post_record("challenge", **CHALLENGE)["id"]}
        if icon is None:
            data = api.post_record(slug, **fields)
        else:
            answer = send(api, "POST", f"/schema/{slug}/record", **fields, **{FIELDS[slug]: upload(icon)})
            assert answer.status_code == 201, answer.content
            data = answer.json()["data"]
        return f"/schema/{slug}/record/{data['id']}", data

    return made


def name_of(address):
    return address.rpartition("/")[2]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("kind", KINDS)
def test_icon_is_stored_under_a_random_name_and_served_as_what_it_is(make, client, media, slug, kind):
    data, content_type = KINDS[kind]

    _path, record = make(slug, data)
    address = record[FIELDS[slug]]
    answer = client.get(address.removeprefix(ORIGIN))

    assert address.startswith(f"{ORIGIN}/media/icons/")
    assert media() == [name_of(address)]
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert {name: answer.headers[name] for name in ICON_HEADERS} == dict(ICON_HEADERS)
    assert "Set-Cookie" not in answer.headers
    assert b"".join(answer.streaming_content)[:4] == data[:4]


@pytest.mark.parametrize("slug", SLUGS)
def test_record_without_an_icon_has_the_default_one(make, client, slug):
    _path, record = make(slug)

    assert record[FIELDS[slug]] == f"{ORIGIN}/static/challenges/default-{slug}-icon.svg"


@pytest.mark.parametrize("slug", SLUGS)
def test_default_icon_is_there(slug):
    file = Path(__file__).resolve().parents[3] / f"static/challenges/default-{slug}-icon.svg"

    assert file.read_text().startswith("<svg")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", SLUGS)
def test_replaced_icon_is_removed_and_everybody_reads_the_new_one(api, make, client, media, slug):
    path, record = make(slug, svg())
    assert client.get(path).json()["data"][FIELDS[slug]] == record[FIELDS[slug]]

    answer = send(api, "PATCH", path, **{FIELDS[slug]: upload(KINDS["png"][0])})

    new = answer.json()["data"][FIELDS[slug]]
    assert answer.status_code == 200
    assert new.endswith(".png")
    assert media() == [name_of(new)]
    assert client.get(path).json()["data"][FIELDS[slug]] == new
    assert client.get(record[FIELDS[slug]].removeprefix(ORIGIN)).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", SLUGS)
def test_null_restores_the_default_and_removes_the_file(api, make, media, slug):
    path, _record = make(slug, svg())

    answer = api.patch_json(path, {FIELDS[slug]: None})

    assert answer.json()["data"][FIELDS[slug]].endswith(f"default-{slug}-icon.svg")
    assert media() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", SLUGS)
def test_edit_of_something_else_leaves_the_icon(api, make, media, slug):
    path, record = make(slug, svg())

    by_json = api.patch_json(path, {"name": "Other"}).json()["data"]
    by_form = send(api, "PATCH", path, name="Another").json()["data"]

    assert by_json[FIELDS[slug]] == by_form[FIELDS[slug]] == record[FIELDS[slug]]
    assert media() == [name_of(record[FIELDS[slug]])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("icon", [svg(), None], ids=["own", "default"])
@pytest.mark.parametrize("slug", SLUGS)
def test_record_read_and_sent_back_whole_changes_nothing(api, make, media, slug, icon):
    path, record = make(slug, icon)
    before = media()

    answer = api.patch_json(path, record)

    assert (answer.status_code, answer.json()["data"]) == (200, record)
    assert media() == before


@pytest.mark.parametrize("slug", SLUGS)
def test_record_sent_as_a_new_one_keeps_the_default_icon(api, make, slug):
    _path, record = make(slug)

    copy = api.post_record(slug, **record)

    assert copy["id"] != record["id"]
    assert copy[FIELDS[slug]] == record[FIELDS[slug]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", SLUGS)
def test_address_of_another_icon_is_no_icon(api, make, slug):
    path, record = make(slug, svg())
    _path, other = make(slug, svg())
    default = make(slug)[1][FIELDS[slug]]
    field = FIELDS[slug]

    for address in (other[field], default, record[field].removeprefix(ORIGIN), record[field] + "?", "x"):
        assert faults(api.patch_json(path, {field: address})) == [("not_a_file", field)]
    assert faults(api.post_json(f"/schema/{slug}/record", {**record, field: other[field]})) == [
        ("not_a_file", field)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", SLUGS)
def test_deleted_record_takes_its_icon_with_it(api, make, media, slug):
    path, _record = make(slug, svg())

    assert api.delete(path).status_code == 204

    assert media() == []


@pytest.mark.django_db(transaction=True)
def test_challenge_with_history_keeps_its_icon_when_it_is_archived(api, make, media):
    path, record = make("challenge", svg())
    api.log(record, value=5)

    assert api.delete(path).status_code == 204

    assert media() == [name_of(record["eudIcon"])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"colour": "red"},
        {"completionTargetValue": "100"},  # below a live milestone: refused by the rules, past the form
        {"startsAt": "2026-11-02T00:00:00Z", "endsAt": "2026-11-01T00:00:00Z"},
    ],
)
def test_failed_save_leaves_the_old_icon(api, make, client, media, wrong):
    path, record = make("challenge", svg())
    api.post_record("milestone", **MILESTONE, linkedSchemaRecordId=record["id"])

    answer = send(api, "PATCH", path, eudIcon=upload(KINDS["png"][0]), **wrong)

    assert 400 <= answer.status_code < 500, answer.content
    assert media() == [name_of(record["eudIcon"])]
    assert client.get(path).json()["data"]["eudIcon"] == record["eudIcon"]


@pytest.mark.django_db(transaction=True)
def test_failed_creation_leaves_nothing(api, media):
    answer = send(
        api, "POST", "/schema/challenge/record", **CHALLENGE | {"status": "on"}, eudIcon=upload(svg())
    )

    assert faults(answer) == [("invalid_choice", "status")]
    assert (media(), Challenge.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_counting_an_edit_stores_no_icon(api, make, media):
    path, _record = make("challenge")

    assert send(api, "PATCH", f"{path}?dryRun=true", eudIcon=upload(svg())).status_code == 200

    assert media() == []


@pytest.mark.parametrize("sent", ["http://x.example/i.png", "data:image/png;base64,AA", "x", 5, True, [], {}])
def test_json_sends_null_alone(api, make, media, sent):
    path, _record = make("challenge")

    answer = api.patch_json(path, {"eudIcon": sent})

    assert faults(answer) == [("not_a_file", "eudIcon")]
    assert media() == []


@pytest.mark.parametrize("name", NAMES)
def test_name_of_the_file_means_nothing(api, make, media, name):
    path, _record = make("challenge")

    answer = send(api, "PATCH", path, eudIcon=upload(svg(), name))

    assert answer.status_code == 200, answer.content
    assert media() == [name_of(answer.json()["data"]["eudIcon"])]
    assert len(media()[0]) == 32 + len(".svg")


@pytest.mark.parametrize("largest", [png_of, svg_of], ids=["png", "svg"])
def test_100_kb_are_taken_and_one_byte_more_is_refused(api, make, media, largest):
    path, _record = make("challenge")

    over = send(api, "PATCH", path, eudIcon=upload(largest(MAX_BYTES + 1)))
    assert (faults(over), media()) == ([("icon_too_large", "eudIcon")], [])

    assert send(api, "PATCH", path, eudIcon=upload(largest(MAX_BYTES))).status_code == 200


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_of_drawing_programs_pass(make, name):
    _path, record = make("challenge", EXPORTS[name])

    assert record["eudIcon"].endswith(".svg")


def test_there_are_sixty_hostile_files_and_more():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_with_its_reason_and_not_stored(api, make, media, name):
    data, code, reason = HOSTILE[name]
    for slug in SLUGS:
        path, _record = make(slug)

        answer = send(api, "PATCH", path, **{FIELDS[slug]: upload(data)})

        assert faults(answer) == [(code, FIELDS[slug])]
        assert reason in answer.json()["errors"][0]["detail"]
        assert media() == []


@pytest.mark.parametrize(
    "path",
    [
        "/media/icons/../../challenges.sqlite3",
        "/media/icons/%2e%2e/%2e%2e/challenges.sqlite3",
        "/media/challenges.sqlite3",
        "/media/",
        "/media/icons/",
        f"/media/icons/{'0' * 32}.php",
        f"/media/icons/{'0' * 32}.svg",
        f"/media/icons/{'0' * 31}g.svg",
        f"/media/icons/{'0' * 32}.svg%00.html",
        f"/media/icons/{'0' * 32}.svg%0a",
    ],
)
def test_nothing_else_is_served(db, client, path):
    assert client.get(path).status_code == 404


def test_icons_are_only_read(make, api):
    _path, record = make("challenge", svg())
    address = record["eudIcon"].removeprefix(ORIGIN)

    assert [getattr(Client(), method)(address).status_code for method in ("post", "put", "delete")] == [
        405
    ] * 3

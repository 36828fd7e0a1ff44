import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from core.api.errors import Refused
from core.api.http.parsers import StrictJSONParser, StrictMultiPartParser

BOUNDARY = "multipart/form-data; boundary=cut"


def parsed(*parts, content_type=BOUNDARY):
    body = (
        b"".join(b"--cut\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
        + b"--cut--\r\n"
    )
    return StrictMultiPartParser().parse(RequestFactory().generic("POST", "/", body, content_type))


def faults_of(*parts, **options):
    with pytest.raises(Refused) as refused:
        parsed(*parts, **options)
    return [(fault.attr, fault.code) for fault in refused.value.answer.faults]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1", b"true"])
def test_json_must_be_an_object(body):
    request = RequestFactory().generic("POST", "/", body, "application/json")

    with pytest.raises(Refused) as refused:
        StrictJSONParser().parse(request)

    assert refused.value.answer.faults[0].code == "not_an_object"


def test_parts_are_texts_and_files():
    values = parsed(
        b'name="name"\r\n\r\n\xc3\x89t\xc3\xa9',
        b'name="eudIcon"; filename="ic\xc3\xb6n.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\xff',
    )

    assert values["name"] == "Été"
    assert values["eudIcon"].name == "icön.png"
    assert values["eudIcon"].read() == b"\x89PNG\xff"


def test_a_part_is_sent_once_also_beside_a_file_of_its_name():
    twice = [b'name="a"\r\n\r\n1', b'name="a"\r\n\r\n1']
    text_and_file = [b'name="b"\r\n\r\n1', b'name="b"; filename="b.png"\r\n\r\nx']

    assert faults_of(*twice, *text_and_file) == [("a", "repeated_part"), ("b", "repeated_part")]


def test_texts_are_judged_like_json():
    assert faults_of(b'name="a"\r\n\r\n\xff', b'name="b"\r\n\r\nx\0y') == [
        ("a", "not_utf8"),
        ("b", "nul_character"),
    ]


def test_a_file_name_is_shortened_and_has_no_folder():
    upload = parsed(b'name="f"; filename="../../' + b"x" * 400 + b'.png"\r\n\r\nx')["f"]

    assert "/" not in upload.name
    assert len(upload.name) <= 256


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"no parts at all", BOUNDARY),
        (b"{}", "multipart/form-data"),
        (b"--\xff", "multipart/form-data; boundary=" + "x" * 300),
    ],
)
def test_what_is_no_multipart_is_refused(body, content_type):
    request = RequestFactory().generic("POST", "/", body, content_type)

    with pytest.raises(Refused) as refused:
        StrictMultiPartParser().parse(request)

    assert refused.value.answer.status == 400


def test_more_parts_than_any_record_has_are_refused():
    assert faults_of(*[b'name="p%d"\r\n\r\n1' % n for n in range(101)]) == [(None, "too_many_parts")]


def test_multipart_over_the_limit_is_413(settings):
    settings.MAX_BODY_BYTES = 100

    with pytest.raises(Refused) as refused:
        parsed(b'name="a"\r\n\r\n' + b"1" * 200)

    assert refused.value.answer.status == 413


def test_a_record_by_multipart(admin):
    response = admin.post("/schema/person/record", {"externalId": "alice", "rank": "3"})

    assert response.status_code == 201
    assert response.json()["data"]["externalId"] == "alice"


def test_unknown_parts_and_loose_scalars_are_refused(admin):
    icon = SimpleUploadedFile("x.png", b"x")

    response = admin.post(
        "/schema/person/record",
        {
            "externalId": "alice",
            "rank": " 3",
            "activityIds": "a",
            "icon": icon,
            "firstName": icon,
        },
    )

    assert response.status_code == 400
    assert {error["attr"] for error in response.json()["errors"]} == {
        "rank",
        "activityIds",
        "icon",
        "firstName",
    }


def test_an_absent_part_changes_nothing(admin, make_person, monkeypatch):
    from tests.core.api.resources import PersonViewSet

    seen = {}
    monkeypatch.setattr(
        PersonViewSet, "update_record", lambda self, record, values: seen.update(values) or record
    )
    person = make_person()
    body = b'--cut\r\nContent-Disposition: form-data; name="firstName"\r\n\r\nAnn\r\n--cut--\r\n'

    admin.patch(f"/schema/person/record/{person.id}", body, content_type=BOUNDARY)

    assert seen == {"first_name": "Ann"}

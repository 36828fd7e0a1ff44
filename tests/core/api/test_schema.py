import pytest


@pytest.fixture
def document(guest):
    return guest.get("/openapi.json").json()


def operation(document, path, method):
    return document["paths"][path][method]


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/schema/board/record",
        "/schema/board/record/{id}",
        "/schema/echo/record",
        "/schema/faulty/record",
        "/schema/person/record",
        "/schema/person/record/{id}",
        "/schema/person/record/{id}/pause",
    }


def test_a_list_is_described_with_its_envelope_and_parameters(document):
    listed = operation(document, "/schema/person/record", "get")
    schema = listed["responses"]["200"]["content"]["application/json"]["schema"]

    assert schema["properties"]["data"] == {"type": "array", "items": {"$ref": "#/components/schemas/Person"}}
    assert schema["required"] == ["data", "paging"]
    assert {parameter["name"] for parameter in listed["parameters"]} == {
        *("languageCode", "fields", "asMember", "sortBy", "limit", "offset", "cursor", "fetchTotalCount"),
        *("id", "externalId", "status", "updatedAfter", "updatedBefore", "createdAfter", "createdBefore"),
    }


def test_a_record_is_described_with_its_envelope(document):
    for method, code in (("get", "200"), ("patch", "200")):
        answered = operation(document, "/schema/person/record/{id}", method)["responses"][code]
        assert answered["content"]["application/json"]["schema"]["required"] == ["data"]
    assert set(operation(document, "/schema/person/record", "post")["responses"]) >= {
        "201",
        "400",
        "413",
        "415",
    }
    assert operation(document, "/schema/person/record/{id}", "delete")["responses"]["204"]


def test_every_operation_names_its_refusals_in_one_shape(document):
    for methods in document["paths"].values():
        for described in methods.values():
            refusals = {code: answer for code, answer in described["responses"].items() if code >= "400"}
            assert {"400", "401", "403", "404", "429", "503"} <= set(refusals)
            for answer in refusals.values():
                assert answer["content"]["application/json"]["schema"] == {
                    "$ref": "#/components/schemas/Errors"
                }


def test_credentials_are_described_by_operation(document):
    assert operation(document, "/schema/board/record", "get")["security"] == [
        {"apiKey": []},
        {"endUserToken": []},
        {},
    ]
    assert operation(document, "/schema/person/record", "get")["security"] == [
        {"apiKey": []},
        {"endUserToken": []},
    ]
    assert operation(document, "/schema/person/record", "post")["security"] == [{"apiKey": []}]
    assert set(document["components"]["securitySchemes"]) == {"apiKey", "endUserToken"}


def test_bodies_are_closed_and_have_no_read_only_fields(document):
    body = document["components"]["schemas"]["PersonRequest"]

    assert body["additionalProperties"] is False
    assert "id" not in body["properties"]
    assert body["required"] == ["externalId"]


def test_an_id_is_described_as_one(document):
    (parameter,) = [
        p for p in operation(document, "/schema/person/record/{id}", "get")["parameters"] if p["in"] == "path"
    ]

    assert parameter["schema"] == {"type": "string", "format": "uuid"}


def test_every_operation_is_described_for_its_users(document):
    assert operation(document, "/schema/person/record", "get")["description"].startswith(
        "A page of the person"
    )
    assert (
        operation(document, "/schema/person/record/{id}/pause", "post")["description"] == "Pauses a person."
    )
    assert "docstring" not in str(document)
    assert "description" not in document["components"]["schemas"]["Person"]


def test_an_answer_requires_no_field_because_fields_trims_any(document):
    assert "required" not in document["components"]["schemas"]["Person"]

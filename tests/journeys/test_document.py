"""/openapi.json as a client's generator reads it: what it says of bodies and answers is true."""

import json
import re

import pytest
from django.test import Client


@pytest.fixture(scope="module")
def document():
    return Client().get("/openapi.json").json()


def parts(value):
    """Every object in the document."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(child)


def operation(document, method, slug, rest=""):
    return document["paths"][f"/schema/{slug}/record{rest}"][method]


def body(document, method, slug, rest=""):
    """The schema of a JSON body."""
    schema = operation(document, method, slug, rest)["requestBody"]["content"]["application/json"]["schema"]
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def test_no_type_is_listed_twice_and_null_fits_one_alternative(document):
    for part in parts(document["components"]["schemas"]):
        types = part.get("type")
        if isinstance(types, list):
            assert len(set(types)) == len(types), part
        alternatives = [option.get("type") for option in part.get("oneOf", ())]
        assert sum("null" in ([t] if isinstance(t, str) else t or []) for t in alternatives) <= 1, part


def test_amounts_come_as_numbers_or_text_and_go_as_numbers(document):
    sent = body(document, "post", "challenge")["properties"]["completionTargetValue"]
    read = document["components"]["schemas"]["Challenge"]["properties"]["completionTargetValue"]

    assert (sent["type"], read["type"]) == (["number", "string"], "number")
    assert body(document, "post", "challenge_log")["properties"]["activityValue"]["type"] == [
        "number", "string", "null",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fits"),
    [("19.990000", True), ("500.00000", True), ("0.1", True), ("0.10001", False), ("1.", False)],
)
def test_pattern_of_an_amount_is_the_rule(document, text, fits):
    sent = body(document, "post", "challenge")["properties"]["completionTargetValue"]

    assert bool(re.search(sent["pattern"], text)) is fits


def test_texts_have_their_limit_in_a_body(document):
    title = body(document, "post", "challenge")["properties"]["eudTitle"]["oneOf"]

    assert title[0] == {"type": "string", "maxLength": 48}


@pytest.mark.parametrize(("slug", "most"), [("challenge_log", 5000), ("activity", 1000)])
def test_a_batch_says_how_many_records_it_takes(document, slug, most):
    records = body(document, "post", slug, "/batch")["properties"]["records"]

    assert (records["type"], records["minItems"], records["maxItems"]) == ("array", 1, most)
    assert records["items"]["$ref"].endswith("Request")


@pytest.mark.parametrize("slug", ["challenge", "milestone"])
def test_an_edit_answers_the_record_or_its_impact(document, slug):
    answer = operation(document, "patch", slug, "/{id}")["responses"]["200"]
    alternatives = answer["content"]["application/json"]["schema"]["oneOf"]

    assert alternatives[0]["required"] == ["data"]
    assert alternatives[1] == {"$ref": "#/components/schemas/ImpactAnswer"}


def test_an_impact_has_one_shape_everywhere(document):
    impact = document["components"]["schemas"]["Impact"]
    figures = {"members", "completedMembers", "paidMembers", "coupons", "revoked", "capped", "faceValue"}

    assert set(impact["properties"]) == figures | {"logs"}
    assert set(impact["required"]) == figures


def test_counting_anyway_answers_a_run_or_its_impact(document):
    answer = operation(document, "post", "challenge", "/{id}/count-anyway")["responses"]["200"]
    run, impact = answer["content"]["application/json"]["schema"]["oneOf"]
    name = run["properties"]["data"]["$ref"].rpartition("/")[2]

    fields = document["components"]["schemas"][name]
    assert set(fields["required"]) == set(fields["properties"])
    assert impact == {"$ref": "#/components/schemas/ImpactAnswer"}
    parameters = operation(document, "get", "challenge", "/{id}/count-anyway/{runId}")["parameters"]
    assert {parameter["schema"]["format"] for parameter in parameters if parameter["in"] == "path"} == {
        "uuid"
    }


def test_guests_reads_may_be_unchanged(document):
    unchanged = {
        (path.split("/")[2], method)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
        if "304" in described["responses"]
    }

    assert unchanged == {("challenge", "get"), ("milestone", "get")}


def test_every_operation_is_described_in_words_of_its_own(document):
    for methods in document["paths"].values():
        for described in methods.values():
            assert described.get("description"), described["operationId"]
    assert " a activity" not in json.dumps(document)
    assert "`intake`" not in json.dumps(document)


def test_only_what_a_member_reads_can_be_read_as_a_member(document):
    names = {parameter["name"] for parameter in operation(document, "get", "reward")["parameters"]}

    assert "asMember" not in names
    assert "asMember" in {
        parameter["name"] for parameter in operation(document, "get", "challenge")["parameters"]
    }


@pytest.mark.parametrize(
    ("slug", "rest"),
    [
        ("challenge", ""),
        ("milestone", ""),
        ("challenge_log", ""),
        ("challenge_log", "/batch"),
        ("activity", ""),
    ],
)
def test_what_is_posted_first_has_an_example_that_knows_its_fields(document, slug, rest):
    content = operation(document, "post", slug, rest)["requestBody"]["content"]["application/json"]
    known = body(document, "post", slug, rest)

    for example in content["examples"].values():
        assert set(example["value"]) <= set(known["properties"])
        assert set(known.get("required", ())) <= set(example["value"])


def test_the_document_begins_with_how_to_call(document):
    introduction = document["info"]["description"]

    for word in ("Api-Key", "Bearer", "errors", "cursor", "uniqueIdentifier", "Idempotent-Replayed"):
        assert word in introduction


@pytest.mark.parametrize("field", ["activityAt", "uniqueIdentifier", "activityValue", "reversalOf"])
def test_what_a_backend_must_know_stands_at_the_field(document, field):
    assert body(document, "post", "challenge_log")["properties"][field]["description"]

"""Schemathesis over the OpenAPI document: no server error, nothing accepted that the document refuses."""

import os

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from challenges_project.wsgi import application

pytestmark = pytest.mark.thorough

# No schema can say what contradicts other records, or a cursor beside filters; the key sent is a real one.
BEYOND_THE_DOCUMENT = [positive_data_acceptance, ignored_auth]
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "15"))


def operations():
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    schema.app = application
    return [operation.ok() for operation in schema.get_all_operations()]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_operation_answers_as_documented(operation, api, transactional_db):
    throw(operation, api, GenerationMode.POSITIVE, EXAMPLES, BEYOND_THE_DOCUMENT)


@pytest.mark.parametrize("examples", [EXAMPLES // 3, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_operation_refuses_what_the_document_refuses(operation, examples, api, transactional_db):
    # A batch is 200 and refuses each bad record in its own outcome.
    by_record = [negative_data_rejection] if operation.path.endswith("/batch") else []
    throw(operation, api, GenerationMode.NEGATIVE, examples, BEYOND_THE_DOCUMENT + by_record)


def throw(operation, api, mode, examples, excluded):
    """Data that the document allows, or that it refuses; every answer must be one that it names."""
    key = api.defaults["HTTP_AUTHORIZATION"]

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        response = case.call(headers={"Authorization": key})
        assert response.status_code < 500, response.content
        case.validate_response(response, excluded_checks=excluded)

    run()


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_every_documented_parameter_is_known(operation, api):
    unknown = "0199c9a8-7c60-7000-8000-000000000000"
    path = operation.path.format(id=unknown, runId=unknown)
    for parameter in operation.query:
        answer = api.generic(operation.method, f"{path}?{parameter.name}=en", "{}", "application/json")
        faults = answer.json()["errors"] if answer.status_code >= 400 else []
        assert "unknown_parameter" not in {fault["code"] for fault in faults}, parameter.name

import json
import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework import serializers

from core.api.errors import Fault, Refused
from core.api.http.exception_handler import answer_to, error_response
from core.errors import DomainError, DomainErrors
from tests.core.api.resources import FaultyViewSet


def faults_of(error):
    return [(fault.attr, fault.code) for fault in answer_to(error).faults]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("invalid", 400),
        ("conflict", 409),
        ("not_found", 404),
        ("forbidden", 403),
        ("busy", 503),
        ("too_large", 413),
    ],
)
def test_domain_error_has_the_status_of_its_word(word, status):
    answer = answer_to(DomainError("some_code", "Do this.", "ends_at", word))

    assert answer.status == status
    assert answer.faults == [Fault("some_code", "Do this.", "endsAt")]
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_domain_errors_are_told_all_at_once():
    errors = DomainErrors([DomainError("a", "A.", "records.3.activity_at"), DomainError("b", "B.")])

    assert faults_of(errors) == [("records.3.activityAt", "a"), (None, "b")]


def test_drf_details_become_paths():
    detail = {
        "completion_target_value": ["Too small."],
        "records": [{}, {"owned_by": {"email": [drf.ErrorDetail("No.", "bad_email")]}}],
        "names": {0: ["Short."], 2: ["Long."]},
        "non_field_errors": ["Contradiction."],
    }

    assert faults_of(serializers.ValidationError(detail)) == [
        ("completionTargetValue", "invalid"),
        ("records.1.ownedBy.email", "bad_email"),
        ("names.0", "invalid"),
        ("names.2", "invalid"),
        (None, "invalid"),
    ]


def test_model_validation_names_wire_fields_and_reads_nothing_out_of_a_message():
    error = ValidationError(
        {
            "late_grace_hours": ValidationError("At most %(n)s.", "max_value", {"n": 1440}),
            "ends_at": ValidationError("Must be later.", "window"),
            "completion_reward": ValidationError("Unknown.", "unknown"),
            "__all__": [ValidationError("endsAt: must be later."), ValidationError("Both: no.")],
        }
    )

    assert [(f.attr, f.code, f.detail) for f in answer_to(error).faults] == [
        ("lateGraceHours", "max_value", "At most 1440."),
        ("endsAt", "window", "Must be later."),
        ("completionRewardId", "unknown", "Unknown."),
        (None, "invalid", "endsAt: must be later."),
        (None, "invalid", "Both: no."),
    ]


def test_one_message_of_a_model_has_no_field():
    assert faults_of(ValidationError("No.", "no")) == [(None, "no")]


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, InternalError])
def test_an_unavailable_database_is_503_and_worth_another_try(kind):
    answer = answer_to(kind("server closed the connection: SELECT secret"))

    assert (answer.status, answer.headers) == (503, {"Retry-After": "1"})
    assert "SELECT" not in str(answer.body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("value too long"), 400),
        (IntegrityError("duplicate key"), 409),
        (Http404(), 404),
        (SuspiciousOperation("/etc/passwd"), 400),
        (PermissionDenied(), 403),
        (drf.MethodNotAllowed("PUT"), 405),
        (drf.UnsupportedMediaType("text/csv"), 415),
        (drf.ParseError(), 400),
    ],
)
def test_known_accidents_have_a_status_and_tell_nothing(error, status):
    answer = answer_to(error)

    assert answer.status == status
    assert "passwd" not in str(answer.body)


def test_throttled_says_when_to_come_back():
    assert answer_to(drf.Throttled(wait=7.2)).headers == {"Retry-After": "8"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "validation_error"), (404, "client_error"), (500, "server_error"), (503, "server_error")],
)
def test_type_follows_the_status(status, kind):
    assert Refused(status, Fault("c", "D.")).answer.body == {
        "type": kind,
        "errors": [{"code": "c", "detail": "D.", "attr": None}],
    }


def test_an_unforeseen_error_is_logged_and_tells_nothing(caplog):
    with caplog.at_level(logging.ERROR):
        response = error_response(KeyError("secret"))

    assert response.status_code == 500
    assert json.loads(response.content)["errors"][0]["code"] == "error"
    assert b"secret" not in response.content
    assert "secret" in caplog.text


@pytest.mark.parametrize("debug", [True, False])
def test_an_unforeseen_error_in_a_view_is_json(guest, monkeypatch, settings, debug):
    settings.DEBUG = debug
    guest.raise_request_exception = False
    monkeypatch.setattr(FaultyViewSet, "error", RuntimeError("secret detail"))

    response = guest.get("/schema/faulty/record")

    assert response.status_code == 500
    assert response.json()["type"] == "server_error"
    assert b"secret" not in response.content


def test_an_unforeseen_error_reaches_error_trackers(guest, monkeypatch):
    monkeypatch.setattr(FaultyViewSet, "error", RuntimeError("seen"))

    with pytest.raises(RuntimeError, match="seen"):
        guest.get("/schema/faulty/record")


def test_a_database_that_goes_away_in_a_view_is_503(guest, monkeypatch):
    monkeypatch.setattr(FaultyViewSet, "error", OperationalError("terminating connection"))

    response = guest.get("/schema/faulty/record")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.headers["Cache-Control"] == "private, no-store"

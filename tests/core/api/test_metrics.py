"""Requests are counted by route, whoever answers them, and only where it was asked for."""

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.test import Client
from prometheus_client import REGISTRY

from core.api.metrics import MeteringMiddleware


def counted(**labels):
    return REGISTRY.get_sample_value("http_request_seconds_count", labels) or 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/healthz", {"method": "GET", "route": "/healthz", "status": "200"}),
        (
            "GET",
            "/schema/challenge/record/of-a-callers-making",
            {"method": "GET", "route": "/schema/challenge/record/(?P<id>[^/]+)", "status": "404"},
        ),
        ("POST", "/schema/challenge/record", {"route": "/schema/challenge/record", "status": "401"}),
        ("GET", "/no/such/path", {"method": "GET", "route": "other", "status": "404"}),
        ("BREW", "/healthz", {"method": "other", "route": "/healthz", "status": "405"}),
    ],
)
def test_request_is_counted_by_its_route(settings, method, path, labels):
    settings.METRICS, settings.ROOT_URLCONF = True, "challenges_project.urls"
    labels = {"method": method, **labels}
    before = counted(**labels)

    Client().generic(method, path)

    assert counted(**labels) == before + 1


def test_nothing_is_measured_unless_asked_for(settings):
    settings.METRICS = False

    with pytest.raises(MiddlewareNotUsed):
        MeteringMiddleware(lambda request: None)

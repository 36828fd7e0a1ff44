import time

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from access.api import failed_attempts
from access.models.api_key import create_key

SECRET = "a-secret-of-the-tests-that-is-long-enough"
PEOPLE = "/schema/person/record"


@pytest.fixture(autouse=True)
def _small_resources(settings):
    settings.ROOT_URLCONF = "tests.core.api.resources"
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = SECRET, "HS256"
    failed_attempts.clear_remembered()


@pytest.fixture
def make_key(db):
    """(record, key text) with the scopes given, `admin` by default."""

    def make(*scopes, **fields):
        record, key = create_key("shop", scopes or ("admin",), at=timezone.now())
        if fields:
            type(record).objects.filter(pk=record.pk).update(**fields)
        return record, key

    return make


@pytest.fixture
def sign():
    def make(key=SECRET, algorithm="HS256", headers=None, **claims):
        claims = {"sub": "alice", "exp": time.time() + 60, **claims}
        return jwt.encode({k: v for k, v in claims.items() if v is not ...}, key, algorithm, headers=headers)

    return make


@pytest.fixture
def ask():
    """The answer to a GET with one Authorization header, from one address."""

    def get(authorization=None, address="203.0.113.7", path=PEOPLE):
        extra = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
        return Client(REMOTE_ADDR=address).get(path, **extra)

    return get

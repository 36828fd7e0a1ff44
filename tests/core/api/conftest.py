import pytest
from django.test import Client
from django.utils import timezone

from access.models.api_key import create_key
from tests.builders import make_member

PEOPLE, BOARDS = "/schema/person/record", "/schema/board/record"


@pytest.fixture(autouse=True)
def _small_resources(settings):
    settings.ROOT_URLCONF = "tests.core.api.resources"


@pytest.fixture
def guest():
    return Client()


@pytest.fixture
def client_with():
    """A client whose key has the given scopes."""

    def make(*scopes):
        _record, key = create_key("test", scopes, at=timezone.now())
        return Client(headers={"Authorization": f"Api-Key {key}"})

    return make


@pytest.fixture
def admin(client_with, db):
    return client_with("admin")


@pytest.fixture
def make_person(db):
    def make(external_id="alice", **fields):
        return make_member(external_id, at=timezone.now(), **fields)

    return make

import pytest
from django.test import Client
from django.utils import timezone

from access.models.api_key import create_key
from members.domain import member_service
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
    def make(external_id="alice", *, updated_at=None, **fields):
        person = make_member(external_id, at=timezone.now(), **fields)
        return member_service.edit(person.id, {}, at=updated_at) if updated_at else person

    return make

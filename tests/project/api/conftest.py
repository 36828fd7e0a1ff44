import pytest
from django.test import Client
from django.utils import timezone

from challenges_project.access.models import create_key
from members.models import Member

PEOPLE, BOARDS = "/schema/person/record", "/schema/board/record"


@pytest.fixture(autouse=True)
def _small_resources(settings):
    settings.ROOT_URLCONF = "tests.project.api.resources"


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
        now = timezone.now()
        return Member.objects.create(
            external_id=external_id, **{"created_at": now, "updated_at": now, **fields}
        )

    return make

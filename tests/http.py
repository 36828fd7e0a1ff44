"""Speaking to the API as its callers do; fixtures for every test."""

import time
from itertools import count
from uuid import uuid4

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from access.models.api_key import create_key

SECRET = "the-tests-end-user-secret-of-more-than-32-bytes"
_numbers = count(1)


class Api(Client):
    """A test client with an API key and the words of the API."""

    def get(self, path, /, **parameters):
        if not path.startswith("/"):
            path, parameters = f"/schema/{path}/record", {"data": parameters}
        return super().get(path, **parameters)

    def post_json(self, path, body):
        return self.post(path, body, content_type="application/json")

    def patch_json(self, path, body):
        return self.patch(path, body, content_type="application/json")

    def post_record(self, slug, **fields):
        """Create a record and answer its data."""
        answer = self.post_json(f"/schema/{slug}/record", fields)
        assert answer.status_code == 201, answer.content
        return answer.json()["data"]

    def log(self, challenge, *, value=None, owned_by_id="alice", at=None, unique_identifier=None, **fields):
        """Post one activity of a challenge; its identifier is new unless given."""
        body = {
            "challengeId": challenge["id"],
            "ownedById": owned_by_id,
            "activityAt": (at or timezone.now()).isoformat(),
            "activityId": "purchase",
            "uniqueIdentifier": unique_identifier or f"order-{next(_numbers)}-{uuid4().hex[:8]}",
            **fields,
        }
        if unique_identifier is not None and at is None:
            body["activityAt"] = timezone.now().replace(minute=0, second=0, microsecond=0).isoformat()
        if value is not None:
            body["activityValue"] = value
        return self.post_json("/schema/challenge_log/record", body)


@pytest.fixture
def make_api(db):
    """An API client whose key has these scopes."""

    def make(*scopes):
        _record, key = create_key("test", scopes, at=timezone.now())
        return Api(headers={"Authorization": f"Api-Key {key}"})

    return make


@pytest.fixture
def api(make_api):
    return make_api("admin")


@pytest.fixture
def end_user(settings, db):
    """The client of a member, by a token that the shop's backend signed."""
    settings.ENDUSER_JWT_SECRET = SECRET
    settings.ENDUSER_JWT_ALGORITHM = "HS256"

    def make(external_id, lives=600, at=None):
        """The token ends `lives` seconds after `at` (None: now)."""
        exp = int(at.timestamp() if at else time.time()) + lives
        token = jwt.encode({"sub": external_id, "exp": exp}, SECRET, "HS256")
        return Client(headers={"Authorization": f"Bearer {token}"})

    return make

import pytest
from django.db import IntegrityError
from django.utils import timezone

from access.models.api_key import ApiKey, create_key
from core.api.callers import hash_of


def test_a_key_is_prefix_and_secret_and_only_its_hash_is_kept(db):
    record, key = create_key("shop", ["ingest", "read"], at=timezone.now())

    prefix, secret = key.split(".")
    assert prefix == record.prefix
    assert len(secret) >= 43
    assert ApiKey.objects.get().key_hash == hash_of(key)
    assert secret not in str(ApiKey.objects.values().get())
    assert record.scopes == {"ingest", "read"}


def test_no_two_keys_are_alike(db):
    keys = [create_key("shop", ["read"], at=timezone.now())[1] for _ in range(20)]

    assert len(set(keys)) == len({key.partition(".")[0] for key in keys}) == 20


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "write"]])
def test_unknown_scopes_are_refused(db, scopes):
    with pytest.raises(ValueError, match="ingest, read, admin"):
        create_key("shop", scopes, at=timezone.now())


def test_the_database_refuses_a_key_without_a_scope(db):
    with pytest.raises(IntegrityError):
        ApiKey.objects.create(name="x", prefix="p", key_hash="h", created_at=timezone.now())

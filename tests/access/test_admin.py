import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from access.domain.roles import MARKETERS, SUPPORT
from access.models.api_key import ApiKey
from core.api.callers import hash_of


@pytest.fixture(autouse=True)
def _whole_site(settings):
    settings.ROOT_URLCONF = "challenges_project.urls"


@pytest.fixture
def root(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    return client


def test_a_key_is_shown_once_after_it_was_made(root):
    form = {"name": "web shop", "may_read": "on", "expires_at": ""}

    response = root.post(reverse("admin:access_apikey_add"), form)

    (key,) = re.findall(r"[0-9a-f]{12}\.[\w-]{43}", response.content.decode())
    record = ApiKey.objects.get()
    assert hash_of(key) == record.key_hash
    assert record.scopes == {"read"}
    assert "no-store" in response.headers["Cache-Control"]
    for name in ("change", "history"):
        assert key.encode() not in root.get(reverse(f"admin:access_apikey_{name}", args=[record.pk])).content


def test_a_key_without_a_scope_is_refused(root):
    response = root.post(reverse("admin:access_apikey_add"), {"name": "x", "expires_at": ""})

    errors = response.context["adminform"].form.errors
    assert errors == {"may_ingest": ["Choose at least one thing that the key may do."]}
    assert not ApiKey.objects.exists()


def test_an_edit_pauses_and_keeps_the_secret(root, make_key):
    record, _key = make_key()
    form = {"name": "renamed", "may_admin": "on", "paused": "on", "expires_at": ""}

    root.post(reverse("admin:access_apikey_change", args=[record.pk]), form)

    changed = ApiKey.objects.get()
    assert (changed.name, changed.paused, changed.key_hash) == ("renamed", True, record.key_hash)


def test_the_list_shows_no_secret(root, make_key):
    record, _key = make_key()

    page = root.get(reverse("admin:access_apikey_changelist")).content.decode()

    assert record.prefix in page
    assert record.key_hash not in page


@pytest.mark.parametrize("group", [MARKETERS, SUPPORT])
def test_no_group_reaches_keys(client, django_user_model, group):
    user = django_user_model.objects.create_user("staff", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)

    assert client.get(reverse("admin:access_apikey_changelist")).status_code == 403
    assert client.get(reverse("admin:access_apikey_add")).status_code == 403

"""The staff that tests log in as, and their forms as a browser would send them."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

PASSWORD = "correct horse battery"


def make_staff(username, group=None, **fields):
    user = User.objects.create_user(username, password=PASSWORD, is_staff=True, **fields)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def marketer(db):
    """A client logged in as Mia of Marketers."""
    return logged_in(make_staff("mia", "Marketers"))


@pytest.fixture
def support(db):
    """A client logged in as Sam of Support."""
    return logged_in(make_staff("sam", "Support"))


@pytest.fixture
def administrator(db):
    return logged_in(make_staff("root", is_superuser=True))


def sent(response, **changes):
    """What a browser would send of the change form in this response, with these fields typed over."""
    form = response.context["adminform"].form
    data = _values(form)
    for inline in response.context.get("inline_admin_formsets") or ():
        data |= {bound.html_name: bound.value() for bound in inline.formset.management_form}
        for row in inline.formset.forms:
            data |= _values(row)
    data["loaded"] = response.context.get("loaded", "")
    return {name: value for name, value in (data | changes).items() if value is not None}


def _values(form):
    return {
        bound.html_name: _shown(bound)
        for bound in form
        if bound.name not in ("icon", "DELETE") and not bound.field.disabled
    }


def _shown(bound):
    value = bound.field.prepare_value(bound.value())
    if hasattr(bound.field.widget, "format_value"):
        value = bound.field.widget.format_value(value)
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    return "" if value is None else value


def rung(place, target, **fields):
    """A milestone added to the form, at that place."""
    values = {"milestone_target_value": target, "name": f"At {target}", "status": "live", **fields}
    return {f"milestones-{place}-{name}": value for name, value in values.items()}

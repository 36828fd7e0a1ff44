"""A resource that says nothing of audits has its keys' acts noted all the same."""

import pytest

from access.models.staff_action import StaffAction
from members.models import Member

PEOPLE = "/schema/person/record"
JSON = "application/json"


def noted():
    return list(StaffAction.objects.values_list("action", "actor_name", "detail").order_by("id"))


def test_every_act_is_noted_by_default(admin):
    admin.post(PEOPLE, {"externalId": "alice"}, JSON)
    member = Member.objects.get()
    admin.patch(f"{PEOPLE}/{member.pk}", {"firstName": "Ann"}, JSON)
    admin.post(f"{PEOPLE}/{member.pk}/pause")
    admin.delete(f"{PEOPLE}/{member.pk}")

    assert noted() == [
        ("create_person", "API key test", {"fields": ["externalId"]}),
        ("edit_person", "API key test", {"fields": ["firstName"]}),
        ("pause_person", "API key test", {"fields": []}),
        ("delete_person", "API key test", {"fields": []}),
    ]
    assert {entry.target_id for entry in StaffAction.objects.all()} == {str(member.pk)}
    assert {entry.member_id for entry in StaffAction.objects.all()} == {member.pk}


@pytest.mark.parametrize(
    "body", [{}, {"externalId": ""}, {"externalId": "alice", "x": 1}, {"externalId": "bob"}]
)
def test_a_refused_act_leaves_nothing(admin, client_with, make_person, body):
    make_person("bob")

    assert admin.post(PEOPLE, body, JSON).status_code >= 400
    assert client_with("read").post(PEOPLE, {"externalId": "alice"}, JSON).status_code == 403
    assert noted() == []


def test_an_act_that_cannot_be_noted_is_not_done(admin, monkeypatch):
    """Both are one transaction."""
    admin.raise_request_exception = False
    monkeypatch.setattr("access.domain.audit_log.StaffAction", None)

    assert admin.post(PEOPLE, {"externalId": "alice"}, JSON).status_code == 500
    assert not Member.objects.exists()


def test_a_read_is_not_noted(admin, make_person):
    assert admin.get(PEOPLE).status_code == 200
    assert noted() == []

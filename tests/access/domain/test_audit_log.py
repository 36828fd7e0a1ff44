"""What staff did is kept, with the names of then, and forgets an erased member."""

import pytest
from django.contrib.auth.models import User

from access.domain import audit_log
from access.models.staff_action import StaffAction
from core.errors import DomainError
from tests.builders import HOUR, NOW, make_member

pytestmark = pytest.mark.django_db


def test_a_note_outlives_the_account():
    sam = User.objects.create(username="sam")
    audit_log.note(sam, "pause_member", at=NOW, member=make_member(), reason=" asked for it ")

    sam.delete()

    noted = StaffAction.objects.get()
    assert (noted.actor, noted.actor_name, noted.reason) == (None, "sam", "asked for it")


def test_a_note_without_an_account_is_the_command_lines():
    assert audit_log.note(None, "rebuild", at=NOW).actor_name == "command line"


def test_a_note_is_never_changed():
    noted = audit_log.note(None, "rebuild", at=NOW)

    with pytest.raises(TypeError):
        noted.save()


def test_totals_are_added_to_the_detail_alone():
    noted = audit_log.note(None, "count", at=NOW, reason="ours", detail={"found": 3, "filter": {}})

    audit_log.add_totals(noted.id, {"found": 4, "counted": 2})

    stored = StaffAction.objects.get()
    assert (stored.detail, stored.reason) == ({"found": 4, "filter": {}, "counted": 2}, "ours")


def test_about_answers_what_was_done_about_a_member():
    alice, bob = make_member(), make_member("bob")
    first = audit_log.note(None, "pause_member", at=NOW, member=alice)
    audit_log.note(None, "pause_member", at=NOW, member=bob)
    second = audit_log.note(None, "resume_member", at=NOW + HOUR, member=alice, target=alice)

    assert {noted.id for noted in audit_log.actions_about(alice.id)} == {first.id, second.id}
    assert (second.target, second.target_id) == ("members.member", str(alice.id))


def test_forget_leaves_nothing_that_names_the_member():
    alice = make_member()
    audit_log.note(None, "pause_member", at=NOW, member=alice, reason="Alice Ace asked")

    assert audit_log.anonymize(alice.id, "erased-1") == 1

    noted = StaffAction.objects.get()
    assert (noted.member_external_id, noted.reason, noted.action) == ("erased-1", "", "pause_member")


@pytest.mark.parametrize(
    ("reason", "code"), [("", "required"), (" \n", "required"), ("x" * 1025, "max_length")]
)
def test_checked_reason_refuses(reason, code):
    with pytest.raises(DomainError) as refused:
        audit_log.checked_reason(reason)

    assert (refused.value.code, refused.value.field) == (code, "reason")

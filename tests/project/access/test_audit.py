"""What staff did is kept, with the names of then, and forgets an erased member."""

import pytest
from django.contrib.auth.models import User

from challenges_project.access import audit
from challenges_project.access.staff_action import StaffAction
from challenges_project.errors import DomainError
from tests.builders import HOUR, NOW, make_member

pytestmark = pytest.mark.django_db


def test_a_note_outlives_the_account():
    sam = User.objects.create(username="sam")
    audit.note(sam, "pause_member", at=NOW, member=make_member(), reason=" asked for it ")

    sam.delete()

    noted = StaffAction.objects.get()
    assert (noted.actor, noted.actor_name, noted.reason) == (None, "sam", "asked for it")


def test_a_note_without_an_account_is_the_command_lines():
    assert audit.note(None, "rebuild", at=NOW).actor_name == "command line"


def test_a_note_is_never_changed():
    noted = audit.note(None, "rebuild", at=NOW)

    with pytest.raises(TypeError):
        noted.save()


def test_about_answers_what_was_done_about_a_member():
    alice, bob = make_member(), make_member("bob")
    first = audit.note(None, "pause_member", at=NOW, member=alice)
    audit.note(None, "pause_member", at=NOW, member=bob)
    second = audit.note(None, "resume_member", at=NOW + HOUR, member=alice, target=alice)

    assert {noted.id for noted in audit.about(alice.id)} == {first.id, second.id}
    assert (second.target, second.target_id) == ("members.member", str(alice.id))


def test_forget_leaves_nothing_that_names_the_member():
    alice = make_member()
    audit.note(None, "pause_member", at=NOW, member=alice, reason="Alice Ace asked")

    assert audit.forget(alice.id, "erased-1") == 1

    noted = StaffAction.objects.get()
    assert (noted.member_external_id, noted.reason, noted.action) == ("erased-1", "", "pause_member")


@pytest.mark.parametrize(
    ("reason", "code"), [("", "required"), (" \n", "required"), ("x" * 1025, "max_length")]
)
def test_checked_reason_refuses(reason, code):
    with pytest.raises(DomainError) as refused:
        audit.checked_reason(reason)

    assert (refused.value.code, refused.value.field) == (code, "reason")

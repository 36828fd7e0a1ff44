"""From identifiers to members: found, enrolled once, profiles completed and never overwritten."""

import pytest

from members.domain import directory
from members.models import Member
from tests.builders import NOW, make_member

pytestmark = pytest.mark.django_db


def test_find_knows_who_is_paused():
    alice, bob = make_member("alice"), make_member("bob", status="paused")

    found = directory.find(["alice", "bob", "carol", "alice"])

    assert {name: (known.id, known.paused) for name, known in found.items()} == {
        "alice": (alice.id, False),
        "bob": (bob.id, True),
    }


def test_find_tells_identifiers_apart_by_case():
    make_member("Alice")

    assert directory.find(["alice"]) == {}


def test_find_asks_once_for_a_thousand(django_assert_num_queries):
    with django_assert_num_queries(1):
        directory.find([f"member-{n}" for n in range(1000)])


def test_enrol_creates_who_is_new_and_answers_everybody():
    alice = make_member("alice", first_name="Alice")

    known = directory.enrol({"alice": {"first_name": "Other"}, "bob": {"email": "bob@example.com"}}, NOW)

    bob = Member.objects.get(external_id="bob")
    assert {name: each.id for name, each in known.items()} == {"alice": alice.id, "bob": bob.id}
    assert (bob.email, bob.status, bob.created_at) == ("bob@example.com", "live", NOW)
    assert Member.objects.get(external_id="alice").first_name == "Alice"


def test_complete_profiles_fills_what_is_empty_alone():
    alice = make_member(first_name="Alice")

    directory.complete_profiles({alice.id: {"first_name": "Other", "last_name": "Ace"}}, NOW)

    alice.refresh_from_db()
    assert (alice.full_name, alice.updated_at) == ("Alice Ace", NOW)

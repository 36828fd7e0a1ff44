"""A member is found by any one thing that support knows of them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.queries.member_search import find_members
from rewards.domain import lifecycle
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_member, make_milestone


@pytest.fixture
def alice(db):
    """Alice, with one paid order."""
    alice = make_member("alice", first_name="Alice", last_name="Moreau", email="Alice@Example.com")
    make_member("bob", first_name="Bob", last_name="Moreau")
    challenge = make_challenge(at=timezone.now() - DAY)
    make_milestone(challenge, 200, at=timezone.now() - DAY)
    log_activity(challenge, 350, at=timezone.now(), uid="ORDER-1")
    return alice


@pytest.mark.parametrize("text", ["alice", " alice ", "alice@example.com", "ORDER-1", "Alice Moreau"])
def test_member_is_found_by(text, alice):
    assert [match.member for match in find_members(text)] == [alice]


def test_member_is_found_by_a_code_and_by_the_one_before(alice):
    log = RewardLog.objects.get()
    before = log.coupon_code
    lifecycle.reissue(log.id, lifecycle.support_actor(None, "lost"), at=timezone.now())
    log.refresh_from_db()

    assert [match.member for match in find_members(log.coupon_code)] == [alice]
    assert [match.member for match in find_members(before)] == [alice]


def test_last_name_finds_everybody_who_has_it(alice):
    assert sorted(match.member.external_id for match in find_members("moreau")) == ["alice", "bob"]


@pytest.mark.parametrize("text", ["", " ", "nobody", "\0", "%", "a" * 9000, "' OR 1=1 --"])
def test_nothing_is_found_by(text, alice):
    assert find_members(text) == []


def test_single_match_opens_the_member(support, alice):
    response = support.get(reverse("backoffice:members"), {"q": "ORDER-1"})

    assert response.url == reverse("backoffice:member", args=[alice.pk])

"""Every list and every page of statistics costs the same number of queries for 1 row and for 50."""

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from access.domain import audit_log
from access.models.api_key import create_key
from challenges.models import Activity, Challenge, ChallengeProgress
from core.write_guard import bypassing_services
from members.models import Member
from tests.builders import DAY, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import make_staff

pytestmark = pytest.mark.thorough

LISTS = (
    "challenges_challenge",
    "challenges_challengelog",
    "challenges_challengeprogress",
    "challenges_activity",
    "milestones_milestone",
    "rewards_reward",
    "rewards_couponcode",
    "rewards_rewardlog",
    "members_member",
)


def fill(number, since=0):
    """Make paid members, challenges, milestones, rewards, codes and activities up to this number of each."""
    now = timezone.now()
    for i in range(since, number):
        reward = make_reward(name=f"Reward {i}", code_source="generated")
        challenge = make_challenge(name=f"Challenge {i}", at=now - DAY, completion_reward=reward)
        make_milestone(challenge, 200, at=now - DAY, reward=reward)
        log_activity(challenge, 600, member=f"member-{i}", at=now)
        member = Member.objects.get(external_id=f"member-{i}")
        Activity.objects.create(
            member=member, unique_identifier=f"a-{i}", activity_at=now, activity_id="x", created_at=now
        )


def queries(client, address):
    client.get(address)  # content types, permissions and the session are cached by the first
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("model", LISTS)
def test_list_costs_the_same_for_one_and_fifty(model, administrator):
    address = reverse(f"admin:{model}_changelist")
    fill(1)
    one = queries(administrator, address)

    fill(50, since=1)

    assert queries(administrator, address) == one


def test_overview_costs_the_same_for_one_and_fifty(administrator):
    fill(1)
    one = queries(administrator, reverse("admin:index"))

    fill(50, since=1)

    assert queries(administrator, reverse("admin:index")) == one


def test_dashboard_costs_the_same_for_one_member_and_fifty(administrator):
    fill(1)
    challenge = Challenge.objects.get()
    address = reverse("backoffice:dashboard", args=[challenge.pk])
    one = queries(administrator, address)

    for i in range(49):
        log_activity(challenge, 250, member=f"other-{i}", at=timezone.now())

    assert queries(administrator, address) == one


def test_member_page_costs_the_same_for_one_log_and_fifty(support):
    fill(1)
    challenge = Challenge.objects.get()
    address = reverse("backoffice:member", args=[Member.objects.get().pk])
    one = queries(support, address)

    for _turn in range(49):
        log_activity(challenge, 1, member="member-0", at=timezone.now())

    assert queries(support, address) == one


def test_search_costs_the_same_for_two_and_twenty_matches(support):
    address = reverse("backoffice:members") + "?q=moreau"
    fill(2)
    with bypassing_services("what a test needs"):
        Member.objects.update(last_name="Moreau")
    two = queries(support, address)

    fill(20, since=2)
    with bypassing_services("what a test needs"):
        Member.objects.update(last_name="Moreau")

    assert queries(support, address) == two


def test_history_costs_the_same_for_three_versions_and_thirty(administrator):
    fill(1)
    challenge = Challenge.objects.get()
    address = reverse("admin:challenges_challenge_history", args=[challenge.pk])

    def versions(number):
        for i in range(number):
            challenge.description = f"{number}.{i}"
            with bypassing_services("what a test needs"):
                challenge.save()
        return queries(administrator, address)

    three, thirty = versions(3), versions(27)

    assert thirty == three


def test_rule_versions_cost_the_same_for_two_and_thirty(administrator):
    fill(1)
    challenge = Challenge.objects.get()
    address = reverse("admin:challenges_challenge_versions", args=[challenge.pk])
    two = queries(administrator, address)

    for i in range(28):
        make_milestone(challenge, 300 + i, reward=make_reward(name=f"More {i}"), at=timezone.now())

    assert queries(administrator, address) == two


def test_progress_page_costs_the_same_for_one_log_and_fifty(support):
    fill(1)
    address = reverse("backoffice:progress", args=[ChallengeProgress.objects.get().pk])
    one = queries(support, address)

    for _turn in range(49):
        log_activity(Challenge.objects.get(), 1, member="member-0", at=timezone.now())

    assert queries(support, address) == one


def test_member_page_costs_the_same_for_one_challenge_and_twenty(support):
    fill(1)
    member = Member.objects.get()
    address = reverse("backoffice:member", args=[member.pk])
    one = queries(support, address)

    for i in range(19):
        challenge = make_challenge(name=f"More {i}", at=timezone.now() - DAY)
        make_milestone(challenge, 200, at=timezone.now() - DAY)
        log_activity(challenge, 600, member="member-0", at=timezone.now())

    assert queries(support, address) == one


def make_entries(number, now):
    """Make this many more API keys, staff users, staff actions and logins."""
    for _turn in range(number):
        staff = make_staff(f"staff-{User.objects.count()}", "Support")
        create_key("shop", ["read"], at=now)
        audit_log.note(staff, "pause_member", at=now, reason="because")
        AccessLog.objects.create(username=staff.username)


@pytest.mark.parametrize("model", ["access_apikey", "access_staffaction", "auth_user", "axes_accesslog"])
def test_administrators_list_costs_the_same_for_one_and_twenty(model, administrator):
    address = reverse(f"admin:{model}_changelist")
    now = timezone.now()
    make_entries(1, now)
    one = queries(administrator, address)

    make_entries(20, now)

    assert queries(administrator, address) == one

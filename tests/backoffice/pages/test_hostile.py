"""Names and identifiers are shown as text, and nothing is changed without the CSRF token."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from challenges.models import Challenge, ChallengeProgress
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone, make_reward

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def hostile(db):
    """A challenge, member and reward whose every name and identifier is an attack."""
    now = timezone.now()
    texts = {"eud_title_en": HOSTILE[:48], "eud_failed_challenge_message_de": HOSTILE}
    reward = make_reward(name=HOSTILE, eud_reward_title_en=HOSTILE[:48])
    challenge = make_challenge(
        name=HOSTILE, description=HOSTILE, at=now - DAY, completion_reward=reward, **texts
    )
    make_milestone(challenge, 200, name=HOSTILE, description=HOSTILE, at=now - DAY, reward=reward)
    profile = {"first_name": HOSTILE, "last_name": HOSTILE}
    log_activity(challenge, 350, at=now, member=HOSTILE, uid=HOSTILE, activity_id=HOSTILE, profile=profile)
    return challenge


def pages(challenge):
    member, row, log = Member.objects.get(), ChallengeProgress.objects.get(), RewardLog.objects.get()
    models = (
        "challenges_challenge", "challenges_challengelog", "challenges_challengeprogress",
        "milestones_milestone", "rewards_reward", "rewards_couponcode", "rewards_rewardlog", "members_member",
    )  # fmt: skip
    return [
        reverse("admin:index"),
        *(reverse(f"admin:{model}_changelist") for model in models),
        reverse("admin:challenges_challenge_change", args=[challenge.pk]),
        reverse("admin:challenges_challenge_history", args=[challenge.pk]),
        reverse("admin:challenges_challenge_delete", args=[challenge.pk]),
        reverse("admin:members_member_change", args=[member.pk]),
        reverse("admin:rewards_rewardlog_change", args=[log.pk]),
        reverse("backoffice:dashboard", args=[challenge.pk]),
        reverse("backoffice:member", args=[member.pk]),
        reverse("backoffice:members") + "?q=" + "%3Cscript%3Ealert(1)",
        reverse("backoffice:progress", args=[row.pk]),
        reverse("backoffice:action", args=["reissue", log.pk]),
    ]


def test_hostile_names_are_shown_as_text(administrator, hostile):
    unescaped = [
        address
        for address in pages(hostile)
        if (body := administrator.get(address).content.decode())
        and ("<script>alert" in body or "<img src=x" in body)
    ]

    assert unescaped == []


def test_nothing_is_done_without_the_token(administrator, hostile):
    member = Member.objects.get()
    csrf_client = Client(enforce_csrf_checks=True)
    csrf_client.cookies = administrator.cookies

    addresses = [
        reverse("backoffice:action", args=["pause", member.pk]),
        reverse("backoffice:preview", args=[hostile.pk]),
        reverse("admin:challenges_challenge_change", args=[hostile.pk]),
        reverse("admin:challenges_challenge_restore", args=[hostile.pk]),
    ]

    assert [csrf_client.post(address, {"reason": "x"}).status_code for address in addresses] == [403] * 4
    assert (Member.objects.get().status, Challenge.objects.get().version) == ("live", hostile.version + 1)

"""The lists of members, progress and logs link to the back office, and a record offers its actions."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.models import ChallengeLog, ChallengeProgress
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone


@pytest.fixture
def paid(db):
    """Alice is at 250, was paid at 200, and has a log that came too late."""
    challenge = make_challenge(at=timezone.now() - 60 * DAY)
    make_milestone(challenge, 200, at=timezone.now() - 60 * DAY)
    log_activity(challenge, 250, at=timezone.now())
    log_activity(challenge, 9, at=timezone.now() - 50 * DAY, received_at=timezone.now(), uid="late")
    return challenge


def page(client, name, *args):
    return client.get(reverse(name, args=args)).content.decode()


@pytest.mark.parametrize("role", ["marketer", "support"])
def test_rows_link_to_the_back_office(role, paid, request):
    client = request.getfixturevalue(role)
    member, progress = Member.objects.get(), ChallengeProgress.objects.get()

    members = page(client, "admin:members_member_changelist")
    progresses = page(client, "admin:challenges_challengeprogress_changelist")

    assert f'href="{reverse("backoffice:member", args=[member.pk])}"' in members
    assert f'href="{reverse("backoffice:progress", args=[progress.pk])}"' in progresses


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Member, "members_member"),
        (ChallengeProgress, "challenges_challengeprogress"),
        (RewardLog, "rewards_rewardlog"),
        (ChallengeLog, "challenges_challengelog"),
    ],
)
def test_button_links_to_the_members_page(model, name, paid, support):
    record = model.objects.first()

    response = support.get(reverse(f"admin:{name}_member_page", args=[record.pk]))

    assert response.url == reverse("backoffice:member", args=[Member.objects.get().pk])


def test_reward_log_offers_support_what_its_status_allows(paid, support):
    log = RewardLog.objects.get()

    body = page(support, "admin:rewards_rewardlog_change", log.pk)

    offered = [name for name in ("redeem", "reissue", "revoke", "unredeem", "fill") if f"act/{name}/" in body]
    assert offered == ["redeem", "reissue", "revoke"]
    assert "('issued'" not in body.replace("&#x27;", "'")


def test_log_that_did_not_count_can_be_counted_from_its_page(paid, support):
    counted, late = ChallengeLog.objects.get(counted=True), ChallengeLog.objects.get(counted=False)
    count_anyway = reverse("backoffice:count_anyway", args=[late.member_id]) + f"?log={late.pk}"

    assert count_anyway in page(support, "admin:challenges_challengelog_change", late.pk)
    assert f"act/reverse/{counted.pk}" in page(support, "admin:challenges_challengelog_change", counted.pk)


def test_marketer_is_offered_no_action(paid, marketer):
    reward = page(marketer, "admin:rewards_rewardlog_change", RewardLog.objects.get().pk)
    log = page(marketer, "admin:challenges_challengelog_change", ChallengeLog.objects.first().pk)

    assert "backoffice/act/" not in reward + log
    assert "count-anyway" not in log

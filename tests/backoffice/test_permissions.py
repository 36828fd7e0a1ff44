"""Who may open and change what in the admin, for each role, page and action, as the tables below say."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.editing import service
from challenges.models import ChallengeLog, ChallengeProgress, ManualCountRun
from members.models import Member
from rewards.models import CouponCode, RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone, make_reward

pytestmark = pytest.mark.thorough

# URL name -> status for (marketer, support). "action:NAME" stands for the page of that action.
GET = {
    "admin:index": (200, 200),
    "admin:challenges_challenge_changelist": (200, 200),
    "admin:challenges_challenge_add": (200, 403),
    "admin:challenges_challenge_change": (200, 200),
    "admin:challenges_challenge_history": (200, 200),
    "admin:challenges_challenge_delete": (200, 403),
    "admin:challenges_challenge_simple_history": (200, 200),
    "admin:challenges_challenge_versions": (200, 200),
    "admin:challenges_challenge_cancel_pending": (200, 403),
    "admin:challenges_challenge_import": (200, 403),
    "admin:challenges_challengelog_changelist": (200, 200),
    "admin:challenges_challengelog_add": (403, 200),
    "admin:challenges_challengelog_change": (200, 200),
    "admin:challenges_challengelog_delete": (403, 403),
    "admin:challenges_challengeprogress_changelist": (200, 200),
    "admin:challenges_challengeprogress_add": (403, 403),
    "admin:challenges_challengeprogress_change": (200, 200),
    "admin:milestones_milestone_changelist": (200, 200),
    "admin:milestones_milestone_change": (200, 200),
    "admin:milestones_milestone_add": (403, 403),
    "admin:milestones_milestone_delete": (403, 403),
    "admin:milestones_milestone_history": (200, 200),
    "admin:milestones_milestone_simple_history": (200, 200),
    "admin:rewards_reward_changelist": (200, 200),
    "admin:rewards_reward_add": (200, 403),
    "admin:rewards_reward_change": (200, 200),
    "admin:rewards_reward_codes": (200, 403),
    "admin:rewards_reward_withdraw": (200, 403),
    "admin:rewards_reward_delete": (200, 403),
    "admin:rewards_reward_history": (200, 200),
    "admin:rewards_reward_simple_history": (200, 200),
    "admin:rewards_couponcode_changelist": (200, 200),
    "admin:rewards_couponcode_add": (403, 403),
    "admin:rewards_rewardlog_changelist": (200, 200),
    "admin:rewards_rewardlog_change": (200, 200),
    "admin:members_member_changelist": (200, 200),
    "admin:members_member_change": (200, 200),
    "admin:members_member_add": (403, 403),
    "admin:members_member_delete": (403, 403),
    "admin:access_apikey_changelist": (403, 403),
    "admin:access_apikey_add": (403, 403),
    "admin:access_staffaction_changelist": (403, 403),
    "admin:auth_user_changelist": (403, 403),
    "admin:auth_group_changelist": (403, 403),
    "admin:auth_user_add": (403, 403),
    "admin:axes_accessattempt_changelist": (403, 403),
    "admin:axes_accesslog_changelist": (403, 403),
    "backoffice:dashboard": (200, 200),
    "backoffice:members": (200, 200),
    "backoffice:member": (200, 200),
    "backoffice:progress": (200, 200),
    "backoffice:export_member": (403, 200),
    "backoffice:count_anyway": (403, 200),
    "backoffice:count_anyway_all": (403, 200),
    "backoffice:count_run": (200, 200),
    "action:redeem": (403, 200),
    "action:unredeem": (403, 200),
    "action:revoke": (403, 200),
    "action:reissue": (403, 200),
    "action:fill": (403, 200),
    "action:extend": (403, 200),
    "action:reverse": (403, 200),
    "action:add_log": (403, 200),
    "action:pause": (403, 200),
    "action:erase": (403, 200),
}
# URL name -> the roles whose POST is refused, because they may only look.
BOTH = ("marketer", "support")
POST = {
    "admin:challenges_challenge_change": ("support",),
    "admin:challenges_challenge_add": ("support",),
    "admin:challenges_challenge_delete": ("support",),
    "admin:challenges_challenge_restore": ("support",),
    "admin:challenges_challenge_cancel_pending": ("support",),
    "admin:challenges_challenge_import": ("support",),
    "admin:challenges_challenge_simple_history": ("support",),
    "admin:milestones_milestone_simple_history": ("support",),
    "admin:milestones_milestone_change": BOTH,
    "admin:milestones_milestone_delete": BOTH,
    "admin:rewards_reward_change": ("support",),
    "admin:rewards_reward_add": ("support",),
    "admin:rewards_reward_delete": ("support",),
    "admin:rewards_reward_restore": ("support",),
    "admin:rewards_reward_simple_history": ("support",),
    "admin:rewards_reward_codes": ("support",),
    "admin:rewards_reward_withdraw": ("support",),
    "admin:challenges_challengelog_add": ("marketer",),
    "admin:challenges_challengelog_change": BOTH,
    "admin:challenges_challengelog_delete": BOTH,
    "admin:challenges_challengeprogress_change": BOTH,
    "admin:rewards_rewardlog_change": BOTH,
    "admin:rewards_rewardlog_delete": BOTH,
    "admin:rewards_couponcode_change": BOTH,
    "admin:rewards_couponcode_delete": BOTH,
    "admin:members_member_delete": BOTH,
    "admin:access_apikey_add": BOTH,
    "admin:auth_user_add": BOTH,
    "admin:members_member_change": ("marketer",),
    "action:pause": ("marketer",),
    "action:erase": ("marketer",),
    "action:redeem": ("marketer",),
    "action:unredeem": ("marketer",),
    "action:revoke": ("marketer",),
    "action:reissue": ("marketer",),
    "action:fill": ("marketer",),
    "action:extend": ("marketer",),
    "action:reverse": ("marketer",),
    "action:add_log": ("marketer",),
    "backoffice:export_member": ("marketer",),
    "backoffice:count_anyway": ("marketer",),
    "backoffice:count_anyway_all": ("marketer",),
}


@pytest.fixture
def records(db):
    """One of everything: a challenge, its milestone, a pending version, a paid member, an uncounted log."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY)
    milestone = make_milestone(challenge, 200, at=now - DAY)
    reward = make_reward(code_source="pool")
    CouponCode.objects.create(reward=reward, code="POOL-1", created_at=now)
    log_activity(challenge, 350, at=now)
    log_activity(challenge, 1, at=now - 50 * DAY, received_at=now, uid="late")
    challenge.completion_target_value = 600
    service.save(challenge, at=now, from_next_window=True)
    return {
        "challenges_challenge": challenge,
        "challenges_challengelog": ChallengeLog.objects.get(unique_identifier="late"),
        "challenges_challengeprogress": ChallengeProgress.objects.get(),
        "milestones_milestone": milestone,
        "rewards_reward": reward,
        "rewards_couponcode": CouponCode.objects.get(code="POOL-1"),
        "rewards_rewardlog": RewardLog.objects.get(),
        "run": ManualCountRun.objects.create(challenge=challenge, found=1, started_at=now, moved_at=now),
        "members_member": Member.objects.get(),
    }


def address(name, records):
    kind, _colon, rest = name.partition(":")
    if kind == "action":
        on_log, on_member = {"reverse"}, {"add_log", "pause", "erase"}
        subject = "challenges_challengelog" if rest in on_log else "rewards_rewardlog"
        subject = "members_member" if rest in on_member else subject
        return reverse("backoffice:action", args=[rest, records[subject].pk])
    if name == "backoffice:count_anyway":
        log = records["challenges_challengelog"].pk
        return reverse(name, args=[records["members_member"].pk]) + f"?log={log}"
    if name == "backoffice:count_run":
        return reverse(name, args=[records["challenges_challenge"].pk, records["run"].pk])
    if rest.endswith("_simple_history"):
        record = records[rest.removesuffix("_simple_history")]
        return reverse(name, args=[record.pk, record.history.first().history_id])
    subject = {
        "backoffice:dashboard": "challenges_challenge",
        "backoffice:count_anyway_all": "challenges_challenge",
        "backoffice:member": "members_member",
        "backoffice:export_member": "members_member",
        "backoffice:progress": "challenges_challengeprogress",
        "admin:challenges_challenge_cancel_pending": "challenges_challenge",
    }.get(name) or rest.rpartition("_")[0]
    if name in ("admin:index", "backoffice:members") or rest.endswith(("_changelist", "_add", "_import")):
        return reverse(name)
    return reverse(name, args=[records[subject].pk])


@pytest.mark.parametrize("name", GET)
@pytest.mark.parametrize("role", ["marketer", "support"])
def test_page_for_each_role(role, name, records, request):
    client = request.getfixturevalue(role)

    response = client.get(address(name, records))

    assert response.status_code == GET[name][role == "support"]


@pytest.mark.parametrize(("name", "role"), [(name, role) for name, roles in POST.items() for role in roles])
def test_change_without_permission_is_refused(name, role, records, request):
    client = request.getfixturevalue(role)

    response = client.post(address(name, records), {"name": "Mine", "reason": "because"})

    assert response.status_code == 403


@pytest.mark.parametrize("model", ["challenges_challenge", "rewards_reward", "rewards_rewardlog"])
def test_support_deletes_nothing_by_a_lists_action(model, records, support):
    record = records[model]
    before = type(record).objects.values().get(pk=record.pk)
    chosen = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}

    response = support.post(reverse(f"admin:{model}_changelist"), chosen)

    assert response.status_code in (200, 302, 403)
    assert type(record).objects.values().get(pk=record.pk) == before


def test_support_does_not_start_a_copy(records, support):
    challenge = records["challenges_challenge"]

    assert (
        support.get(reverse("admin:challenges_challenge_duplicate", args=[challenge.pk])).status_code == 403
    )
    assert support.get(reverse("admin:challenges_challenge_add") + f"?copy={challenge.pk}").status_code == 403


@pytest.mark.parametrize("name", POST)
def test_nobody_changes_anything_without_login(name, records, client):
    response = client.post(address(name, records), {"reason": "because"})

    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


def test_preview_is_for_staff_who_see_challenges(records, client, support):
    preview = reverse("backoffice:preview", args=[records["challenges_challenge"].pk])

    assert client.post(reverse("backoffice:preview_new")).status_code == 302
    assert client.post(preview).status_code == 302
    assert support.post(preview).status_code == 200


@pytest.mark.parametrize("name", [name for name in GET if name != "admin:index"])
def test_nobody_sees_a_page_without_login(name, records, client):
    response = client.get(address(name, records))

    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))

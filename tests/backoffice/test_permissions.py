"""Who may open and do what in the admin: each role, each page, each act, as tabled."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.models import ChallengeLog, ChallengeProgress
from members.models import Member
from rewards.models import CouponCode, RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone, make_reward

pytestmark = pytest.mark.thorough

# page -> (marketer, support): 200 may, 403 may not.
GET = {
    "admin:index": (200, 200),
    "admin:challenges_challenge_changelist": (200, 200),
    "admin:challenges_challenge_add": (200, 403),
    "admin:challenges_challenge_change": (200, 200),
    "admin:challenges_challenge_history": (200, 200),
    "admin:challenges_challenge_delete": (200, 403),
    "admin:challenges_challenge_simple_history": (200, 200),
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
    "act:redeem": (403, 200),
    "act:unredeem": (403, 200),
    "act:revoke": (403, 200),
    "act:reissue": (403, 200),
    "act:fill": (403, 200),
    "act:extend": (403, 200),
    "act:reverse": (403, 200),
    "act:add_log": (403, 200),
    "act:pause": (403, 200),
    "act:erase": (403, 200),
}
# What would change something: refused for whoever may only look, whatever is sent.
BOTH = ("marketer", "support")
POST = {
    "admin:challenges_challenge_change": ("support",),
    "admin:challenges_challenge_add": ("support",),
    "admin:challenges_challenge_delete": ("support",),
    "admin:challenges_challenge_restore": ("support",),
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
    "act:pause": ("marketer",),
    "act:erase": ("marketer",),
    "act:redeem": ("marketer",),
    "act:unredeem": ("marketer",),
    "act:revoke": ("marketer",),
    "act:reissue": ("marketer",),
    "act:fill": ("marketer",),
    "act:extend": ("marketer",),
    "act:reverse": ("marketer",),
    "act:add_log": ("marketer",),
    "backoffice:export_member": ("marketer",),
    "backoffice:count_anyway": ("marketer",),
}


@pytest.fixture
def world(db):
    """One of everything: a challenge, its milestone, a paid member, an uncounted log."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY)
    milestone = make_milestone(challenge, 200, at=now - DAY)
    reward = make_reward(code_source="pool")
    CouponCode.objects.create(reward=reward, code="POOL-1", created_at=now)
    log_activity(challenge, 350, at=now)
    log_activity(challenge, 1, at=now - 50 * DAY, received_at=now, uid="late")
    return {
        "challenges_challenge": challenge,
        "challenges_challengelog": ChallengeLog.objects.get(unique_identifier="late"),
        "challenges_challengeprogress": ChallengeProgress.objects.get(),
        "milestones_milestone": milestone,
        "rewards_reward": reward,
        "rewards_couponcode": CouponCode.objects.get(code="POOL-1"),
        "rewards_rewardlog": RewardLog.objects.get(),
        "members_member": Member.objects.get(),
    }


def address(name, world):
    kind, _colon, rest = name.partition(":")
    if kind == "act":
        of_log, of_member = {"reverse"}, {"add_log", "pause", "erase"}
        subject = "challenges_challengelog" if rest in of_log else "rewards_rewardlog"
        subject = "members_member" if rest in of_member else subject
        return reverse("backoffice:action", args=[rest, world[subject].pk])
    if name == "backoffice:count_anyway":
        log = world["challenges_challengelog"].pk
        return reverse(name, args=[world["members_member"].pk]) + f"?log={log}"
    if rest.endswith("_simple_history"):
        record = world[rest.removesuffix("_simple_history")]
        return reverse(name, args=[record.pk, record.history.first().history_id])
    subject = {
        "backoffice:dashboard": "challenges_challenge",
        "backoffice:member": "members_member",
        "backoffice:export_member": "members_member",
        "backoffice:progress": "challenges_challengeprogress",
    }.get(name) or rest.rpartition("_")[0]
    if name in ("admin:index", "backoffice:members") or rest.endswith(("_changelist", "_add", "_import")):
        return reverse(name)
    return reverse(name, args=[world[subject].pk])


@pytest.mark.parametrize("place", GET)
@pytest.mark.parametrize("role", ["marketer", "support"])
def test_page_for_each_role(role, place, world, request):
    client = request.getfixturevalue(role)

    response = client.get(address(place, world))

    assert response.status_code == GET[place][role == "support"]


@pytest.mark.parametrize(
    ("place", "role"), [(place, role) for place, roles in POST.items() for role in roles]
)
def test_change_by_whoever_may_only_look_is_refused(place, role, world, request):
    client = request.getfixturevalue(role)

    response = client.post(address(place, world), {"name": "Mine", "reason": "because"})

    assert response.status_code == 403


@pytest.mark.parametrize("model", ["challenges_challenge", "rewards_reward", "rewards_rewardlog"])
def test_support_deletes_nothing_by_a_lists_action(model, world, support):
    record = world[model]
    before = type(record).objects.values().get(pk=record.pk)
    chosen = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}

    response = support.post(reverse(f"admin:{model}_changelist"), chosen)

    assert response.status_code in (200, 302, 403)
    assert type(record).objects.values().get(pk=record.pk) == before


def test_support_does_not_begin_a_copy(world, support):
    challenge = world["challenges_challenge"]

    assert (
        support.get(reverse("admin:challenges_challenge_duplicate", args=[challenge.pk])).status_code == 403
    )
    assert support.get(reverse("admin:challenges_challenge_add") + f"?copy={challenge.pk}").status_code == 403


@pytest.mark.parametrize("place", POST)
def test_nobody_changes_anything_without_login(place, world, client):
    response = client.post(address(place, world), {"reason": "because"})

    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


def test_preview_is_for_staff_who_see_challenges(world, client, support):
    preview = reverse("backoffice:preview", args=[world["challenges_challenge"].pk])

    assert client.post(reverse("backoffice:preview_new")).status_code == 302
    assert client.post(preview).status_code == 302
    assert support.post(preview).status_code == 200


@pytest.mark.parametrize("place", [place for place in GET if place != "admin:index"])
def test_nobody_sees_a_page_without_login(place, world, client):
    response = client.get(address(place, world))

    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))

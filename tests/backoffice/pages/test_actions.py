"""Support's actions: carried out by the domain, with a reason, and noted as staff actions."""

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from access.models.staff_action import StaffAction
from challenges.editing import service
from challenges.models import ChallengeLog, ChallengeProgress
from core.write_guard import bypassing_services
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone, take_back


@pytest.fixture
def challenge(db):
    """Alice is at 350 with the milestone paid; an order of 40 days ago arrived late and did not count."""
    now = timezone.now()
    challenge = make_challenge(at=now - 60 * DAY)
    make_milestone(challenge, 200, at=now - 60 * DAY)
    log_activity(challenge, 350, at=now, uid="order-1")
    log_activity(challenge, 250, at=now - 40 * DAY, received_at=now, uid="late-1")
    log_activity(challenge, 20, at=now - 41 * DAY, received_at=now, uid="late-2")
    return challenge


def post_action(client, name, subject, **typed):
    address = reverse("backoffice:action", args=[name, subject.pk])
    return client.post(address, {"reason": "The member called.", **typed})


def staff_actions():
    return list(StaffAction.objects.values_list("action", "actor_name", "reason").order_by("id"))


def test_code_is_reissued(support, challenge):
    log = RewardLog.objects.get()
    old = log.coupon_code

    response = post_action(support, "reissue", log, coupon_code="", instead_of=old)

    assert response.url == reverse("backoffice:member", args=[log.member_id])
    log.refresh_from_db()
    assert log.coupon_code != old
    assert staff_actions() == [("reissue", "sam", "The member called.")]


def test_action_without_a_reason_is_refused(support, challenge):
    log = RewardLog.objects.get()

    response = post_action(support, "revoke", log, reason=" ")

    assert response.context["form"].errors == {"reason": ["This field is required."]}
    log.refresh_from_db()
    assert log.status == "issued"


def test_forbidden_action_says_what_is_possible(support, challenge):
    log = RewardLog.objects.get()
    post_action(support, "revoke", log)

    response = post_action(support, "redeem", log)

    (message,) = response.context["form"].non_field_errors()
    assert message.startswith("This reward is revoked and cannot be redeemed by support. Possible: ")


def test_expiry_is_on_the_challenges_clock(support, challenge):
    challenge.time_zone = "Asia/Tokyo"
    with bypassing_services("what a test needs"):
        challenge.save()
    log = RewardLog.objects.get()
    RewardLog.objects.update(reward_expiry_at=timezone.now() + DAY)

    post_action(support, "extend", log, reward_expiry_at="2099-01-01T00:00")

    log.refresh_from_db()
    assert log.reward_expiry_at.isoformat() == "2098-12-31T15:00:00+00:00"


def test_selection_of_logs_is_counted_anyway_in_its_window(support, challenge):
    late = ChallengeLog.objects.filter(counted=False).order_by("activity_at")
    address = reverse("backoffice:count_anyway", args=[late[0].member_id])

    support.post(f"{address}?log={late[0].pk}&log={late[1].pk}", {"reason": "Our shop was down."})

    window = challenge.window_at(timezone.now() - 40 * DAY)
    row = ChallengeProgress.objects.get(period_key=window.period_key)
    assert row.current_progress_value == 270
    assert staff_actions() == [("count_anyway", "sam", "Our shop was down.")] * 2


def test_log_is_taken_back_in_part(support, challenge):
    log = ChallengeLog.objects.get(unique_identifier="order-1")

    post_action(support, "reverse", log, activity_value="50")

    now = challenge.window_at(timezone.now())
    assert ChallengeProgress.objects.get(period_key=now.period_key).current_progress_value == 300
    assert [action for action, _actor, _reason in staff_actions()] == ["reverse"]


def test_more_than_a_log_gave_takes_back_what_it_gave(support, challenge):
    log = ChallengeLog.objects.get(unique_identifier="order-1")

    post_action(support, "reverse", log, activity_value="351")

    reversal = ChallengeLog.objects.get(reversal_of="order-1")
    assert (reversal.activity_value, reversal.counted_value) == (351, -350)
    assert [action for action, _actor, _reason in staff_actions()] == ["reverse"]


def test_log_added_by_hand_counts_and_pays(support, challenge):
    member = Member.objects.get()
    now = timezone.now()

    post_action(
        support, "add_log", member, challenge=str(challenge.pk), activity_at=f"{now:%Y-%m-%dT%H:%M}",
        activity_id="purchase", unique_identifier="by-hand", activity_value="150",
    )  # fmt: skip

    assert RewardLog.objects.filter(milestone=None).count() == 1
    assert [action for action, _actor, _reason in staff_actions()] == ["add_log"]


def test_log_added_under_an_identifier_with_invisible_ends_is_refused_at_its_field(support, challenge):
    response = post_action(
        support, "add_log", Member.objects.get(), challenge=str(challenge.pk),
        activity_at=f"{timezone.now():%Y-%m-%dT%H:%M}", activity_id="purchase",
        unique_identifier="by-hand\u200b", activity_value="150",
    )  # fmt: skip

    assert list(response.context["form"].errors) == ["unique_identifier"]
    assert staff_actions() == []


def test_log_added_with_a_known_order_number_is_refused(support, challenge):
    member = Member.objects.get()

    response = post_action(
        support, "add_log", member, challenge=str(challenge.pk),
        activity_at=f"{timezone.now():%Y-%m-%dT%H:%M}", activity_id="purchase", unique_identifier="order-1",
        activity_value="1",
    )  # fmt: skip

    assert set(response.context["form"].errors) == {"activity_at", "activity_value"}
    assert ChallengeLog.objects.count() == 3


def test_member_is_paused_and_resumed(support, challenge):
    member = Member.objects.get()

    post_action(support, "pause", member)
    member.refresh_from_db()
    paused = member.status
    post_action(support, "pause", member)
    member.refresh_from_db()

    assert (paused, member.status) == ("paused", "live")
    assert [action for action, _actor, _reason in staff_actions()] == ["pause_member", "resume_member"]


def test_member_whom_somebody_else_paused_meanwhile_is_not_resumed(support, challenge):
    member = Member.objects.get()
    opened = support.get(reverse("backoffice:action", args=["pause", member.pk])).context["form"]
    seen = opened["instead_of"].value()

    first, second = (post_action(support, "pause", member, instead_of=seen) for _ in range(2))

    member.refresh_from_db()
    assert (first.status_code, second.status_code, member.status) == (302, 200, "paused")
    assert second.context["form"].non_field_errors() == [
        "Somebody else has just changed the member's status."
    ]
    assert len(staff_actions()) == 1


def test_timeline_shows_what_staff_did(support, challenge):
    member = Member.objects.get()
    post_action(support, "pause", member, reason="Fraud is suspected.")

    body = support.get(reverse("backoffice:member", args=[member.pk])).content.decode()

    assert "Paused the member: “Fraud is suspected.”" in body


def test_what_the_reversal_policy_revoked_says_so_and_is_revoked_for_good(support, challenge):
    challenge.reversal_policy = "revoke_unredeemed"
    service.save(challenge, at=timezone.now())
    take_back(challenge, "order-1")
    log = RewardLog.objects.get()
    pages = [
        reverse("backoffice:member", args=[log.member_id]),
        reverse("admin:rewards_rewardlog_change", args=[log.pk]),
    ]
    by_policy = "the reversal policy: given back when the value supports it again"
    ask = support.get(reverse("backoffice:action", args=["revoke", log.pk]))

    for page in pages:
        assertContains(support.get(page), by_policy)
        assertContains(support.get(page), f"act/revoke/{log.pk}")
    assertContains(ask, "This revokes it for good.")
    post_action(support, "revoke", log)

    for page in pages:
        assertContains(support.get(page), "by hand: it stays revoked")
        assertNotContains(support.get(page), f"act/revoke/{log.pk}")
    log.refresh_from_db()
    assert (log.status, log.revoked_from) == ("revoked", "")

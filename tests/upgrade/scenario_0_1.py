"""What happened in the shop whose database is in `0.1/`: eight weeks, sent to release 0.1 step by step.

Everything goes through what a customer can use (the API, the admin, commands), on a clock that is set by
hand. It runs on a checkout of release 0.1 alone; `make_0_1.py` calls it.
"""

from datetime import timedelta
from unittest.mock import patch

from challenges_project.access.models import ApiKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from challenges import settling
from members.models import Member
from rewards.models import RewardLog
from tests.staff import rung
from tests.upgrade.config_0_1 import TITLES, make_challenges, make_rewards, make_special_challenges
from tests.upgrade.shop_client_0_1 import HOST

HALF_PAID_MEMBERS = ("heidi", "ivan", "judy", "karl", "lena")


def play(shop):
    """Run all of it; ends at 11:40 on the 25th of November 2026, UTC."""
    make_rewards(shop)
    make_challenges(shop)
    make_special_challenges(shop)
    early_october(shop)
    late_october(shop)
    early_november(shop)
    staff_actions(shop)
    late_november(shop)
    pause_and_archive(shop)
    today(shop)
    interrupt_an_edit(shop)


def early_october(shop):
    shop.at("2026-10-02T08:00")
    alice = {"externalId": "alice", "firstName": "Alice", "lastName": "Moreau", "email": "alice@example.com"}
    shop.log("Monthly sum", alice, 120.5, "order-1")
    shop.log("Monthly sum", "bob", 80)
    shop.log("Monthly sum", "bob ", 230, "order-1")
    shop.post("member", externalId="carol", phoneNumber="+4930123456", email="Carol@Example.com")
    shop.post("member", externalId="ünï/cödé & co", lastName="O’Neil")
    shop.log("Monthly sum", "carol", 510)
    shop.at("2026-10-06T15:00")
    for member in ("alice", "bob", "carol", "dave", "erin"):
        shop.activity("lesson", member)
        shop.activity("lesson", member)
    for _lesson in range(3):
        shop.activity("lesson", "alice")
    shop.log("Ended", "alice", 55)
    shop.log("Ended", "bob", 19.99)
    shop.log("Recounted", "dave", 30)
    shop.log("Recounted", "dave", 12.0001)
    shop.at("2026-10-08T20:00")
    shop.log("Archived", "carol", 45)
    shop.log("Archived", "frank", 120)
    shop.log("Weekly sum", "alice", 130, "order-2")
    shop.log("Weekly sum", "bob", 210, "order-3")
    shop.log("Weekly sum", "carol", 320, "order-4")
    shop.log("Late milestone", "alice", 60)
    shop.log("Restored", "erin", 11)


def late_october(shop):
    """Daylight saving ends in Berlin on the 25th; staff pause a member, and some activity comes too late."""
    shop.at("2026-10-20T09:00")
    shop.staff_action(shop.sam, "pause", shop.member("dave"))
    shop.log("Monthly sum", "dave", 99, "dave-1", counts="member_paused")
    shop.activity("visit", "dave", name="dave-2")
    shop.staff_action(shop.sam, "pause", shop.member("ünï/cödé & co"))
    shop.staff_action(shop.sam, "pause", shop.member("ünï/cödé & co"))
    shop.log("Weekly sum", "alice", 40, "late-1", at="2026-10-10T12:00", counts="window_closed")
    shop.log("Daily sum", "bob", 60, "late-2", at="2026-10-18T12:00", counts="window_closed")
    shop.at("2026-10-25T00:30")
    shop.activity("purchase", "alice", 60.25, "sale-1")
    shop.at("2026-10-25T23:30")
    shop.activity("purchase", "alice", 45, "sale-2")
    shop.activity("visit", "alice", -5, "visit-1")
    shop.at("2026-10-26T10:00")
    shop.log("Daily sum", "alice", 15, "late-3", at="2026-10-26T03:30")
    shop.take_back("Weekly sum", "alice", "late-1", counts="original_not_counted")
    shop.take_back("Monthly sum", "alice", "order-1", 20.5)
    shop.log("Extended", "bob", 150)
    shop.log("Begins in December", "bob", counts="before_start")
    shop.log("Weekly count", "carol", -3, "lesson-below-zero")
    shop.log("Daily count", "carol", -2.5, activityId="visit", name="visit-below-zero")
    shop.at("2026-10-28T12:00")
    for challenge in ("Paused daily sum", "Paused weekly sum", "Paused monthly count"):
        shop.log(challenge, "alice", 12)
        shop.log(challenge, "bob", 31)
    shop.log("In small letters", "bob")
    shop.log("In small letters", "bob")
    shop.log("With blanks", "bob ")
    shop.log("Largest", "carol", "99999999999999.9998")


def early_november(shop):
    """Edits of running challenges in all directions, each with somebody on the way."""
    shop.at("2026-11-02T10:00")
    shop.edit("Recounted", aggregationMethod="count", timeZone="America/Los_Angeles", completionTargetValue=3)
    shop.log("Recounted", "dave", counts="member_paused")
    for member, value in (("alice", 210), ("bob", 360), ("carol", 505), ("ünï/cödé & co", 199.9999)):
        shop.log("Monthly sum", member, value)
    for member, visits in (("alice", 3), ("bob", 8), ("carol", 2), ("frank", 1)):
        for _visit in range(visits):
            shop.activity("visit", member)
    shop.at("2026-11-03T09:00")
    shop.delete("milestone", shop.milestones["Removed after it paid"])
    shop.delete("milestone", shop.milestones["Removed before it paid"])
    shop.edit("Monthly count", completionTargetValue=8)
    shop.log("Late milestone", "bob", 70)
    shop.at("2026-11-04T09:00")
    shop.log("Ended", "carol", 30)
    shop.log("Ended", "bob", 49)
    shop.edit("Ended", endsAt="2026-11-06T18:00:00Z")
    shop.milestone("Weekly sum", 250, "Five percent", name="Added while it runs")
    shop.at("2026-11-05T09:00")
    shop.log("Weekly sum", "alice", 260, "order-5")
    shop.log("Weekly sum", "bob", 305, "order-6")
    shop.edit("Weekly sum", completionTargetValue=350)
    shop.log("Weekly sum", "carol", 320, "order-7")
    shop.edit("Weekly sum", completionTargetValue=310)
    shop.at("2026-11-07T09:00")
    shop.log("Ended", "carol", 30, counts="after_end")
    shop.log("Ended", "carol", 3, at="2026-11-06T17:00")
    shop.log("Extended", "carol", 90)


def staff_actions(shop):
    """Everything that staff do by hand, once at least."""
    shop.at("2026-11-09T09:00")
    shop.take_back("Weekly sum", "alice", "order-5", 100)
    shop.take_back("Weekly sum", "bob", "order-6")
    redeemed = shop.reward_log("alice", reward__name="Five percent").id
    shop.send("post", f"/schema/reward_log/record/{redeemed}/redeem")
    longer = shop.reward_log("bob", reward__name="Five percent").id
    shop.patch("reward_log", longer, rewardExpiryAt="2027-01-31T00:00:00Z")
    used = shop.reward_log("carol", reward__name="Five percent").id
    shop.send("post", f"/schema/reward_log/record/{used}/redeem")
    shop.send("post", f"/schema/reward_log/record/{used}/unredeem")
    taken = shop.reward_log("carol", reward__name="Partner vouchers").id
    shop.send("post", f"/schema/reward_log/record/{taken}/revoke")
    shop.at("2026-11-09T14:00")
    shop.staff_action(shop.sam, "redeem", shop.reward_log("bob", reward__name="Partner vouchers").id)
    shop.staff_action(shop.sam, "revoke", shop.reward_log("bob", reward=None).id)
    shop.staff_action(
        shop.sam, "reissue", shop.reward_log("carol", status="capped").id, coupon_code="", instead_of=""
    )
    extended = shop.reward_log("carol", reward__name="Five percent", milestone=None).id
    shop.staff_action(shop.sam, "extend", extended, reward_expiry_at="2026-12-24T18:00")
    shop.staff_action(shop.sam, "reverse", shop.log("Monthly sum", "alice", 10)["id"], activity_value="4.5")
    shop.staff_action(
        shop.sam,
        "add_log",
        shop.member("alice"),
        challenge=shop.challenges["Monthly sum"],
        activity_at="2026-11-09T12:00",
        activity_id="phone",
        unique_identifier="by-hand-1",
        activity_value="20",
    )
    count_anyway(shop, "dave", "dave-1", "dave-2")
    count_anyway(shop, "bob", "late-2")
    shop.take_back("Daily sum", "bob", "late-2", 10)
    shop.clock.shift(timedelta(seconds=1))
    exported = reverse("desk:export_member", args=[shop.member("carol")])
    assert b"".join(shop.sam.post(exported, {"reason": "She asked for it."}))
    shop.staff_action(shop.sam, "erase", shop.member("erin"), confirm="erin")
    shop.delete("member", "frank")
    shop.log("Monthly sum", "frank", 33)


def count_anyway(shop, member, *names):
    logs = Member.objects.get(external_id=member).challenge_logs.filter(unique_identifier__in=names)
    address = reverse("desk:count_anyway", args=[shop.member(member)])
    chosen = "&".join(f"log={log.id}" for log in logs)
    shop.page(shop.sam, f"{address}?{chosen}", {"reason": "Paused by mistake, or the till was offline."})


def late_november(shop):
    """Marketers use their forms; a milestone goes live late, and a challenge that had ended is extended."""
    shop.at("2026-11-12T08:00")
    shop.log("Extended", "alice", 20, counts="after_end")
    shop.edit("Extended", endsAt="2026-12-15T00:00:00Z")
    shop.log("Extended", "carol", 20)
    shop.log("Late milestone", "carol", 80)
    page = reverse("admin:challenges_challenge_change", args=[shop.challenges["Monthly sum"]])
    shop.form(shop.mia, page, eud_title_es="Compra grande", description="Spend 500 in one month.")
    page = reverse("admin:challenges_challenge_change", args=[shop.challenges["Late milestone"]])
    shop.at("2026-11-17T08:00")
    shop.log("Late milestone", "alice", 65)
    shop.form(
        shop.mia, page, **{"milestones-TOTAL_FORMS": 1, **rung(0, 50, name="Live since the third week")}
    )
    shop.log("Late milestone", "bob", 55)
    page = reverse("admin:rewards_reward_change", args=[shop.rewards["Once each"]])
    shop.form(shop.mia, page, description="One for each member.", eud_reward_title_de="Einmal für jeden")
    page = reverse("admin:rewards_reward_codes", args=[shop.rewards["Partner vouchers"]])
    wrong = SimpleUploadedFile("wrong.csv", b"code\nWRONG-1\nWRONG-2\n")
    shop.clock.shift(timedelta(seconds=1))
    uploaded = shop.now
    assert shop.mia.post(page, {"codes": wrong}).context["report"].new == 2
    shop.page(
        shop.mia,
        reverse(
            "admin:rewards_reward_withdraw",
            args=[shop.rewards["Partner vouchers"]],
            query={"uploaded": uploaded.isoformat()},
        ),
        {"reason": "The wrong file."},
    )
    shop.form(
        shop.sam, reverse("admin:members_member_change", args=[shop.member("carol")]), last_name="Klein"
    )
    page = reverse("admin:access_apikey_change", args=[ApiKey.objects.get(name="till").id])
    shop.form(shop.root, page, name="till, no longer used", may_ingest="on")
    shop.edit("Monthly sum", eudTitle=TITLES | {"fr": "Gros client"}, lateGraceHours=96)
    shop.patch("reward", shop.rewards["For everybody"], sharedCode="EVERYBODY-10")
    shop.edit("Daily count", completionTargetValue=2)
    shop.patch("milestone", shop.milestones["Daily sum at 75.25"], milestoneTargetValue=70.5)


def pause_and_archive(shop):
    shop.at("2026-11-18T08:00")
    for name, challenge_id in shop.challenges.items():
        if name.startswith("Paused"):
            shop.patch("challenge", challenge_id, status="paused")
    shop.patch("milestone", shop.milestones["Monthly count at 2"], status="paused")
    shop.log("Paused weekly sum", "alice", 5, "while-paused", counts="challenge_paused")
    shop.delete("challenge", shop.challenges["Archived"])
    shop.delete("reward", shop.rewards["Of last summer"])
    shop.delete("challenge", shop.challenges["Restored"])
    page = reverse("admin:challenges_challenge_restore", args=[shop.challenges["Restored"]])
    shop.page(shop.mia, page, {})


def today(shop):
    """The week and the day of the answers: windows that are open then, in every state."""
    shop.at("2026-11-23T09:00")
    for member, value in (("alice", 150), ("bob", 255), ("carol", 312), ("grace", 99.99)):
        shop.log("Weekly sum", member, value)
    for member in HALF_PAID_MEMBERS:
        shop.log("Half paid", member, 70)
    shop.log("Half paid", "alice", 20)
    shop.log("Half paid", "bob", 95)
    for member, lessons in (("alice", 2), ("grace", 5), ("bob", 1)):
        for _lesson in range(lessons):
            shop.activity("lesson", member)
    shop.log("Ends soon", "alice")
    shop.log("Restored", "grace", 4)
    shop.at("2026-11-25T08:00")
    for member in ("alice", "bob", "grace"):
        shop.activity("purchase", member, 52.5, f"morning-{member}")
    shop.activity("visit", "alice", name="visit-2")
    shop.activity("visit", "alice", name="visit-3")
    shop.activity("visit", "grace", name="visit-2")
    shop.activity("purchase", "bob", 2.5, "morning-refund", reversalOf="morning-bob")
    waiting = RewardLog.objects.filter(status="pending_code", reward__name="Gift card").order_by("id")
    first, second = waiting[:2]
    shop.patch("reward_log", first.id, couponCode="GIFT-1")
    shop.staff_action(shop.sam, "fill", second.id, coupon_code="gift-1")
    shop.clock.shift(timedelta(seconds=1))
    Client(SERVER_NAME=HOST).post(reverse("admin:login"), {"username": "mia", "password": "forgotten"})
    Client(SERVER_NAME=HOST).get("/schema/challenge/record", headers={"Authorization": "Api-Key wrong.key"})
    call_command("create_api_key", "made on the server", "--scope", "read", verbosity=0)


def interrupt_an_edit(shop):
    """The target goes down below what six members have; five of them wait when the server dies."""
    shop.at("2026-11-25T11:40")
    with patch.object(settling, "MEMBERS_AT_ONCE", 2), patch.object(settling, "_after_commit"):
        shop.edit("Half paid", completionTargetValue=60, description="Half paid: an edit that broke off.")

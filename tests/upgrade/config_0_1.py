"""What the shop of the scenario offers: rewards with their codes, and challenges with milestones.

Coupon codes that differ in case or in blanks alone are among them: release 0.1 took them for different ones.
"""

from datetime import timedelta
from uuid import UUID

from challenges_project.access.models import ApiKey, create_key
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from rewards.code_files import Line
from rewards.pools import import_codes

from rewards import catalogue
from rewards.models import Reward

ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
    b'<circle cx="24" cy="24" r="20" fill="#327eff"/>'
    b'<path d="M14 24l8 8 14-16" stroke="#ffffff" fill="none"/>'
    b"</svg>"
)
AWKWARD = 'It\'s "quoted"; 100 % of it\n-- on \\two\\ lines, {{with braces}} 🎉'
TITLES = {
    "en": "Big spender",
    "es": "Gran comprador",
    "fr": "Grand acheteur",
    "de": "Großeinkauf",
    "ar": "متسوق كبير",
    "ja": "大口のお客様",
}
MESSAGES = {
    "en": "Only {{nextRemainingValue}} to go this {{periodText}}!",
    "de": "Nur noch {{nextRemainingValue}} bis zum Ziel ({{periodText}})!",
    "ar": "بقي {{nextRemainingValue}} فقط!",
    "ja": "あと{{nextRemainingValue}}です。",
}


def make_rewards(shop):
    shop.at("2026-10-01T09:00")
    create_key("data warehouse", ["read"], at=shop.now)
    create_key("till", ["ingest"], at=shop.now, expires_at=shop.now + timedelta(days=30))
    create_key("old shop", ["ingest", "read"], at=shop.now)
    ApiKey.objects.filter(name="old shop").update(paused=True)
    shop.reward(
        "Five percent",
        codeSource="generated",
        codePrefix="SAVE-",
        codeLength=10,
        validForDays=14,
        eudRewardTitle={"en": "5% off", "de": "5 % Rabatt", "ja": "5%オフ"},
        eudRewardInstructionMessage={"en": "Type it at the till.", "fr": "À saisir en caisse."},
    )
    shop.reward(
        "For everybody", codeSource="shared", sharedCode="EVERYBODY", validUntil="2026-11-20T00:00:00Z"
    )
    shop.reward("everybody, in small letters", codeSource="shared", sharedCode="everybody")
    shop.reward("Partner vouchers", codeSource="pool", lowWaterMark=3, validForDays=60)
    shop.reward("Tickets, sold out", codeSource="pool")
    shop.reward("Cinema", codeSource="pool", validUntil="2027-06-30T22:00:00Z")
    shop.reward("Gift card", codeSource="external", validForDays=365)
    shop.reward("Badge", codeSource="none", eudRewardTitle={"en": "A badge", "ar": "وسام"})
    shop.reward("The first two", codeSource="generated", maxTotal=2)
    shop.reward("Once each", codeSource="generated", maxPerMember=1, codeLength=16)
    shop.reward("One day only", codeSource="generated", validForDays=1)
    shop.reward("Of last summer", codeSource="generated", codePrefix="SUN_")
    shop.reward("Never used", codeSource="none")
    shop.delete("reward", shop.rewards.pop("Never used"))
    make_codes(shop)


def make_codes(shop):
    """0.1 strips blanks in all its files and forms, and keeps what a caller of its services hands over."""
    pool = shop.rewards["Partner vouchers"]
    address = f"/schema/coupon_code/record/import?rewardId={pool}"
    shop.send("post", address, "code\nVOUCHER-1\nvoucher-1\nVOUCHER-2\nVoucher-2\n", content_type="text/csv")
    shop.send("post", address, ["VOUCHER-3", " VOUCHER-4 ", "VOUCHER-1", ""])
    cinema = [f"{word}-{number}" for number in range(1, 5) for word in ("CINEMA", "cinema")]
    shop.send("post", f"/schema/coupon_code/record/import?rewardId={shop.rewards['Cinema']}", cinema)
    shop.clock.shift(timedelta(seconds=1))
    import_codes(UUID(pool), [Line(1, " VOUCHER-1"), Line(2, "VOUCHER-1 ")])
    shop.clock.shift(timedelta(seconds=1))
    blank = Reward(name="everybody, with blanks", code_source="shared", shared_code=" EVERYBODY ")
    catalogue.save(blank, at=shop.now)
    shop.rewards[blank.name] = str(blank.id)


def make_challenges(shop):
    """Each period and method as a draft and paused; the live ones have milestones and differ in much."""
    shop.at("2026-10-01T10:00")
    zones = iter(
        ("UTC", "Europe/London", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Sydney", "Pacific/Apia")
    )
    for period in ("daily", "weekly", "monthly"):
        for method in ("sum", "count"):
            zone = next(zones)
            shop.challenge(f"Draft {period} {method}", period, method, 20, status="draft", timeZone=zone)
            shop.challenge(f"Paused {period} {method}", period, method, 30, timeZone=zone)
    shop.milestone("Draft weekly sum", 10, "Badge", status="draft")
    shop.milestone("Paused weekly sum", 10, "Badge")

    shop.challenge(
        "Daily sum",
        "daily",
        "sum",
        100.5,
        timeZone="America/New_York",
        lateGraceHours=12,
        displayOrder=-1,
        activityIds=["purchase"],
    )
    shop.milestone("Daily sum", 50, "One day only")
    shop.milestone("Daily sum", 75.25)
    shop.challenge(
        "Daily count", "daily", "count", 3, lateGraceHours=0, activityIds=["visit"], pays="Gift card"
    )
    shop.milestone("Daily count", 1, "Badge")
    shop.challenge(
        "Weekly sum",
        "weekly",
        "sum",
        300,
        timeZone="Europe/Berlin",
        activityIds=["purchase", "order"],
        reversalPolicy="revoke_unredeemed",
    )
    shop.milestone("Weekly sum", 100, "The first two")
    shop.milestone("Weekly sum", 200, "Partner vouchers")
    shop.challenge(
        "Weekly count",
        "weekly",
        "count",
        5,
        timeZone="Asia/Tokyo",
        activityIds=["lesson"],
        displayOrder=2,
        pays="Once each",
    )
    shop.milestone("Weekly count", 2, "For everybody")
    shop.challenge(
        "Monthly sum",
        "monthly",
        "sum",
        500,
        timeZone="Europe/Berlin",
        activityIds=["purchase"],
        displayOrder=1,
        eudTitle=TITLES,
        eudMilestoneNextToBeAchievedMessage=MESSAGES,
        eudInProgressLabel={"fr": "En route"},
        pays="Five percent",
    )
    shop.milestone(
        "Monthly sum", 200, "Five percent", eudMilestoneTitle={"en": "A good start", "de": "Ein Anfang"}
    )
    shop.milestone("Monthly sum", 350, "Partner vouchers")
    shop.milestone("Monthly sum", 450, status="draft")
    shop.milestone("Monthly sum", 480, "Badge", status="paused")
    shop.challenge("Monthly count", "monthly", "count", 10, timeZone="Asia/Kathmandu", activityIds=["visit"])
    shop.milestone("Monthly count", 2, "Tickets, sold out")
    shop.milestone("Monthly count", 3, "Badge", name="Removed after it paid")
    shop.milestone("Monthly count", 9, "Badge", name="Removed before it paid")
    shop.challenge(
        "Largest", "monthly", "sum", "99999999999999.9999", description=AWKWARD, pays="For everybody"
    )
    icon = {"eudIcon": SimpleUploadedFile("icon.svg", ICON)}
    shop.send(
        "patch",
        f"/schema/challenge/record/{shop.challenges['Monthly sum']}",
        encode_multipart(BOUNDARY, icon),
        content_type=MULTIPART_CONTENT,
    )


def make_special_challenges(shop):
    shop.at("2026-10-01T11:00")
    shop.challenge(
        "Ended",
        "weekly",
        "sum",
        50,
        timeZone="Europe/London",
        startsAt="2026-10-05T00:00:00Z",
        endsAt="2026-11-20T00:00:00Z",
    )
    shop.milestone("Ended", 20, "Badge")
    shop.challenge(
        "Extended", "monthly", "sum", 400, timeZone="Pacific/Auckland", endsAt="2026-11-10T00:00:00Z"
    )
    shop.milestone("Extended", 100)
    shop.challenge("Ends soon", "weekly", "count", 4, endsAt="2026-11-27T12:00:00Z")
    shop.challenge("Begins in December", "daily", "count", 2, startsAt="2026-12-01T00:00:00Z")
    shop.challenge("Archived", "monthly", "sum", 100, pays="Of last summer")
    shop.milestone("Archived", 40)
    shop.challenge("Restored", "daily", "sum", 10)
    shop.challenge("Removed", "daily", "sum", 10)
    shop.delete("challenge", shop.challenges.pop("Removed"))
    shop.challenge("Recounted", "daily", "sum", 1000)
    shop.challenge("Late milestone", "weekly", "sum", 1000)
    shop.challenge("Half paid", "weekly", "sum", 100, timeZone="Europe/Paris")
    shop.milestone("Half paid", 50, "Cinema")
    shop.challenge("In small letters", "monthly", "count", 2, pays="everybody, in small letters")
    shop.challenge("With blanks", "monthly", "count", 1, pays="everybody, with blanks")

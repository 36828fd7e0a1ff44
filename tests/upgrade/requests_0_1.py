"""What release 0.1 was asked about the database in `0.1/`, as `ask_api.py` reads it.

Requests name records by the ids that the scenario gave them, read from its database. `make_0_1.py` calls it.
"""

from urllib.parse import quote, urlencode

LISTED = (
    "challenge",
    "milestone",
    "challenge_log",
    "challenge_progress",
    "reward",
    "reward_log",
    "coupon_code",
    "member",
)
LANGUAGES = ("en", "es", "fr", "de", "ar", "ja")
READERS = ("alice", "bob", "bob ", "carol", "grace", "nobody")
# Of each table every so many rows are asked for one by one: the others are in the lists.
SINGLE = {
    "challenge": ("challenges_challenge", 3),
    "milestone": ("milestones_milestone", 4),
    "challenge_log": ("challenges_challengelog", 30),
    "challenge_progress": ("challenges_challengeprogress", 20),
    "reward": ("rewards_reward", 4),
    "reward_log": ("rewards_rewardlog", 20),
}
# Lists of the long records leave out what others show, such as the milestone of a reward log.
FLAT = {
    "challenge_progress": "id,challengeId,ownedById,periodKey,windowStartsAt,windowEndsAt,"
    "currentProgressValue,completionTargetValue,percentage,challengeProgressStatus,challengeStartedAt,challengeCompletedAt,"
    "challengeFailedAt,achievedMilestoneIds,nextRemainingValue,eudStatusLabel,eudMessage,updatedAt",
    "reward_log": "id,linkedSchemaRecordId,ownedById,milestoneId,rewardId,periodKey,status,couponCode,"
    "rewardIssuedAt,rewardExpiryAt,redeemedAt",
}
TEXTS = "id,eudTitle,eudInProgressLabel,eudMilestoneNextToBeAchievedMessage"
ACTIVITY = {"activityId": "purchase", "activityAt": "2026-11-25T11:59:00Z"}


def backend(path, **parameters):
    query = f"?{urlencode(parameters, safe=',', quote_via=quote)}" if parameters else ""
    return {"by": "backend", "path": f"/schema/{path}{query}"}


def guest(path, **parameters):
    return backend(path, **parameters) | {"by": "guest"}


def sent(slug, **body):
    return {"by": "backend", "path": f"/schema/{slug}/record", "post": body}


def reads(database):
    yield from lists()
    yield from narrowed_lists(database)
    yield from single_records(database)
    yield from as_members()
    yield from as_guests(database)


def lists():
    for slug in LISTED:
        flat = {"fields": FLAT[slug]} if slug in FLAT else {}
        yield backend(f"{slug}/record", **flat, limit=25, fetchTotalCount="true")
    for slug in ("challenge", "milestone", "reward"):
        texts = "id,eudTitle,eudMilestoneTitle,eudRewardTitle"
        yield backend(f"{slug}/record", languageCode="*", limit=100, fields=known(slug, texts))


def known(slug, texts):
    """Those of these fields that a resource has, by their names."""
    part = {"challenge": "eudTitle", "milestone": "eudMilestone", "reward": "eudReward"}[slug]
    return ",".join(name for name in texts.split(",") if name == "id" or name.startswith(part))


def narrowed_lists(database):
    for status in ("issued", "redeemed", "revoked", "capped", "pending_code", "expired"):
        yield backend("reward_log/record", status=status, fields="id,status", limit=100)
    for status in ("in_progress", "completed", "failed"):
        fields = "id,challengeProgressStatus,challengeFailedAt"
        yield backend("challenge_progress/record", challengeProgressStatus=status, fields=fields, limit=100)
    for status in ("draft", "live", "paused"):
        yield backend("challenge/record", status=status, fields="id,name", limit=100)
        yield backend("milestone/record", status=status, fields="id,name", limit=100)
    for code in ("VOUCHER-1", "voucher-1", " VOUCHER-1", "VOUCHER-1 ", "gift-1", "EVERYBODY"):
        yield backend("coupon_code/record", couponCode=code)
        yield backend("reward_log/record", couponCode=code, fields="id,couponCode,ownedById")
    for member in ("bob", "bob ", "Bob", "frank", "erin"):
        yield backend("member/record", externalId=member)
        yield backend(
            "challenge_log/record", ownedById=member, fields="id,ownedById,uniqueIdentifier", limit=100
        )
    yield backend("challenge_log/record", counted="false", fields="id,counted,reasonCode", limit=100)
    yield backend("challenge_log/record", periodKey="2026-W48", fields="id,periodKey", limit=100)
    (weekly,) = ids(database, "challenges_challenge", "name = 'Weekly sum'")
    yield backend(
        "challenge_log/record", challengeId=weekly, sortBy="activityAt", fields="id,activityAt", limit=9
    )
    by_value = {"sortBy": "-currentProgressValue", "fields": "id,currentProgressValue", "limit": 5}
    yield backend("challenge_progress/record", challengeId=weekly, **by_value)


def single_records(database):
    for slug, (table, step) in SINGLE.items():
        for record in ids(database, table)[::step]:
            yield backend(f"{slug}/record/{record}")
    for member in ("alice", "bob", "bob ", "ünï/cödé & co", "frank", "erin"):
        yield backend(f"member/record/{quote(member, safe='')}")
    for table, slug in (("challenges_challenge", "challenge"), ("milestones_milestone", "milestone")):
        for archived in ids(database, table, "archived_at IS NOT NULL"):
            yield backend(f"{slug}/record/{archived}")


def as_members():
    yield backend("challenge/record", asMember="alice", limit=100)
    yield backend("challenge/record", asMember="bob ", fields="id,progress,lastProgress", limit=100)
    for member in READERS:
        yield backend("challenge/record", asMember=member, fields="id,name", limit=100)
        for slug in ("challenge_log", "reward_log", "member"):
            yield backend(f"{slug}/record", asMember=member, fields="id", limit=100)
        yield backend("challenge_progress/record", asMember=member, fields="id,eudMessage", limit=100)
    yield backend("milestone/record", asMember="alice", limit=100)
    for language in ("ar", "fr-CA"):
        yield backend("challenge/record", asMember="bob", languageCode=language, fields=TEXTS, limit=100)


def as_guests(database):
    yield guest("challenge/record", limit=10)
    for language in LANGUAGES:
        yield guest("challenge/record", languageCode=language, fields=TEXTS, limit=100)
    yield guest("milestone/record", limit=100)
    yield guest("challenge_progress/record")
    for name in ("Monthly sum", "Draft daily sum", "Paused weekly sum"):
        (record,) = ids(database, "challenges_challenge", f"name = '{name}'")
        yield guest(f"challenge/record/{record}")
    for (icon,) in database.execute("SELECT eud_icon FROM challenges_challenge WHERE eud_icon <> ''"):
        yield {"by": "guest", "path": f"/media/{icon}"}


def replays(database):
    """Activity that is stored already, and what contradicts it."""
    (monthly,) = ids(database, "challenges_challenge", "name = 'Monthly sum'")
    log = {"challengeId": monthly, "uniqueIdentifier": "by-hand-1", "activityId": "phone"}
    log |= {"ownedById": "alice", "activityAt": "2026-11-09T11:00:00Z", "activityValue": 20}
    yield sent("challenge_log", **log)
    yield sent("challenge_log", **log | {"activityValue": 21})
    activity = ACTIVITY | {"activityAt": "2026-11-25T08:00:00Z", "uniqueIdentifier": "morning-alice"}
    yield sent("activity", **activity, ownedById="alice", activityValue=52.5)
    yield sent("activity", **activity, ownedById="alice", activityValue=52)


def new_activity(database):
    """Activity that counts, pays, completes, is taken back; the last one resumes the edit that broke off."""
    monthly, weekly, half_paid = (
        ids(database, "challenges_challenge", f"name = '{name}'")[0]
        for name in ("Monthly sum", "Weekly sum", "Half paid")
    )
    log = ACTIVITY | {"ownedById": "grace", "uniqueIdentifier": "new-1", "activityValue": 160}
    yield sent("challenge_log", **log, challengeId=monthly)
    yield sent("challenge_log", **log, challengeId=weekly)
    refund = log | {"uniqueIdentifier": "new-2", "reversalOf": "new-1", "activityValue": 60}
    yield sent("challenge_log", **refund, challengeId=weekly)
    yield sent("activity", **log | {"uniqueIdentifier": "new-3", "ownedById": "newcomer"})
    yield sent("challenge_log", **log, challengeId=half_paid)
    yield backend(
        "reward_log/record", challengeId=half_paid, fields="ownedById,milestoneId,status", limit=100
    )


def ids(database, table, condition="1 = 1"):
    rows = database.execute(f"SELECT id FROM {table} WHERE {condition} ORDER BY id")
    return [f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}" for (id_,) in rows]

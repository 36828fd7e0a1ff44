"""Everything that is stored about one member, as one JSON document: what the law lets a person ask for."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from access.domain import audit_log
from access.models.staff_action import StaffAction
from challenges.models import Activity, ChallengeLog, ChallengeProgress
from core.api.http.renderers import encode
from members.models import Member
from rewards.models import RewardLog

VERSION = 1
ROWS_AT_ONCE = 1000

# What is told of each record: the document's name and where it is found.
MEMBER = {
    "externalId": "external_id",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phoneNumber": "phone_number",
    "status": "status",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "erasedAt": "erased_at",
}
LOG = {
    "id": "id",
    "challengeId": "challenge_id",
    "challengeName": "challenge.name",
    "uniqueIdentifier": "unique_identifier",
    "activityAt": "activity_at",
    "activityId": "activity_id",
    "activityValue": "activity_value",
    "reversalOf": "reversal_of",
    "countsAnyway": "counts_anyway",
    "periodKey": "period_key",
    "counted": "counted",
    "reasonCode": "reason_code",
    "countedValue": "counted_value",
    "createdAt": "created_at",
}
PROGRESS = {
    "challengeId": "challenge_id",
    "challengeName": "challenge.name",
    "periodKey": "period_key",
    "windowStartsAt": "window_starts_at",
    "windowEndsAt": "window_ends_at",
    "currentProgressValue": "current_progress_value",
    "completionTargetValue": "completion_target_value",
    "challengeStartedAt": "challenge_started_at",
    "challengeCompletedAt": "challenge_completed_at",
}
REWARD_LOG = {
    "id": "id",
    "challengeId": "challenge_id",
    "challengeName": "challenge.name",
    "milestoneId": "milestone_id",
    "milestoneName": "milestone.name",
    "rewardName": "reward.name",
    "periodKey": "period_key",
    "status": "status",
    "couponCode": "coupon_code",
    "rewardIssuedAt": "reward_issued_at",
    "rewardExpiryAt": "reward_expiry_at",
    "redeemedAt": "redeemed_at",
}
ACTIVITY = {
    "uniqueIdentifier": "unique_identifier",
    "activityAt": "activity_at",
    "activityId": "activity_id",
    "activityValue": "activity_value",
    "reversalOf": "reversal_of",
    "challengeIds": "challenge_ids",
    "createdAt": "created_at",
}
STAFF_ACTION = {
    "action": "action",
    "by": "actor_name",
    "reason": "reason",
    "detail": "detail",
    "createdAt": "created_at",
}


def export_member(member: Member, at: datetime) -> Iterator[bytes]:
    """The document in pieces, in bounded memory whatever the member did; joined they are one JSON object.

    `at` is written into it. Names are the API's; amounts are exact numbers, times ISO 8601.
    """
    yield b'{"version":%d,"exportedAt":%s,"member":%s' % (VERSION, encode(at), encode(_told(member, MEMBER)))
    for name, rows, columns in _parts(member):
        yield b',"%s":[' % name.encode()
        yield from _joined(encode(_told(row, columns)) for row in rows.iterator(ROWS_AT_ONCE))
        yield b"]"
    yield b"}\n"


def _parts(member: Member) -> Iterator[tuple[str, QuerySet[Any], dict[str, str]]]:
    progress = ChallengeProgress.objects.filter(member=member).select_related("challenge")
    logs = ChallengeLog.objects.filter(member=member).select_related("challenge")
    rewards = RewardLog.objects.filter(member=member).select_related("challenge", "milestone", "reward")
    yield "challengeProgress", progress.order_by("window_starts_at", "id"), PROGRESS
    yield "challengeLogs", logs.order_by("activity_at", "id"), LOG
    yield "rewardLogs", rewards.order_by("reward_issued_at", "id"), REWARD_LOG
    yield "activities", Activity.objects.filter(member=member).order_by("id"), ACTIVITY
    actions: QuerySet[StaffAction] = audit_log.actions_about(member.id)
    yield "staffActions", actions.order_by("id"), STAFF_ACTION


def _told(record: Model, columns: dict[str, str]) -> dict[str, Any]:
    return {name: _value(record, path) for name, path in columns.items()}


def _value(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = getattr(record, name) if record is not None else None
    return record


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for place, piece in enumerate(pieces):
        yield b",\n" + piece if place else piece

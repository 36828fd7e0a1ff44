"""Export everything that is stored about one member as a JSON document (docs/rules.md, Members)."""

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

# What the document holds of each record: its name there, and the path of the attribute.
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
    "ruleVersion": "rule_version",
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
    "achievedTargetValue": "achieved_target_value",
    "revokedFrom": "revoked_from",
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
    """The document in chunks, which join to one JSON object; memory stays bounded.

    `at` becomes `exportedAt`. Names are the API's; amounts are exact numbers, times ISO 8601 in UTC.
    """
    yield b'{"version":%d,"exportedAt":%s,"member":%s' % (
        VERSION,
        encode(at),
        encode(_fields(member, MEMBER)),
    )
    for name, rows, columns in _sections(member):
        yield b',"%s":[' % name.encode()
        yield from _joined(encode(_fields(row, columns)) for row in rows.iterator(ROWS_AT_ONCE))
        yield b"]"
    yield b"}\n"


def _sections(member: Member) -> Iterator[tuple[str, QuerySet[Any], dict[str, str]]]:
    progress = ChallengeProgress.objects.filter(member=member).select_related("challenge")
    logs = ChallengeLog.objects.filter(member=member).select_related("challenge")
    rewards = RewardLog.objects.filter(member=member).select_related("challenge", "milestone", "reward")
    yield "challengeProgress", progress.order_by("window_starts_at", "id"), PROGRESS
    yield "challengeLogs", logs.order_by("activity_at", "id"), LOG
    yield "rewardLogs", rewards.order_by("reward_issued_at", "id"), REWARD_LOG
    yield "activities", Activity.objects.filter(member=member).order_by("id"), ACTIVITY
    actions: QuerySet[StaffAction] = audit_log.actions_about(member.id)
    yield "staffActions", actions.order_by("id"), STAFF_ACTION


def _fields(record: Model, columns: dict[str, str]) -> dict[str, Any]:
    return {name: _value(record, path) for name, path in columns.items()}


def _value(record: Any, path: str) -> Any:
    for name in path.split("."):
        record = getattr(record, name) if record is not None else None
    return record


def _joined(rows: Iterable[bytes]) -> Iterator[bytes]:
    for index, row in enumerate(rows):
        yield b",\n" + row if index else row

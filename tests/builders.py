"""What tests are made of: a challenge as the product's page has it, milestones, activity on the tests' clock.

`NOW` is a Sunday noon, UTC: within the day, ISO week 2026-W47 and the month 2026-11.
"""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from challenges.editing import service
from challenges.engine import intake
from challenges.engine.eligibility import Entry
from challenges.engine.reversals import make_placeholders
from challenges.maintenance import audit, replay_audit, window_audit
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.models.rows import insert_logs
from core.amounts import units
from core.ids import uuid7_batch
from core.write_guard import bypassing_services
from members.domain import member_service
from members.models import Member
from milestones.models import Milestone
from rewards.domain import reward_service
from rewards.models import CouponCode, Reward, RewardLog
from rewards.models.rows import COUPON_CODES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_numbers = itertools.count(1)


def make_challenge(at=NOW - DAY, **fields):
    """A live challenge: spend 500 in a month, in UTC."""
    usual = {
        "name": "Monthly Big Spender",
        "description": "Spend 500 in a month.",
        "status": "live",
        "completion_target_value": Decimal(500),
        "aggregation_period": "monthly",
        "time_zone": "UTC",
    }
    return service.save(Challenge(**usual | fields), at=at)


def make_milestone(challenge, target=200, at=NOW - DAY, **fields):
    usual = {"name": f"Spend {target}", "description": "On the way.", "status": "live"}
    milestone = Milestone(challenge=challenge, milestone_target_value=Decimal(target), **usual | fields)
    return service.save_milestone(milestone, at=at)


def make_reward(code_source="generated", *, at=NOW - DAY, **fields):
    usual = {"name": "5 % off"}
    if code_source == "shared":
        usual["shared_code"] = "EVERYBODY"
    return reward_service.save(Reward(code_source=code_source, **usual | fields), at=at)


def add_codes(reward, *codes, at=NOW):
    """Free codes of a pool, as one import leaves them."""
    ids = uuid7_batch(at, len(codes))
    COUPON_CODES.insert([(id_, reward.id, code, None, at) for id_, code in zip(ids, codes, strict=True)])


def make_member(external_id="alice", *, at=NOW - DAY, **fields):
    return member_service.create(Member(external_id=external_id, **fields), at=at)


def member_of_0_1(external_id, *, at=NOW - DAY):
    """A member as release 0.1 enrolled them, under whatever text was sent."""
    with bypassing_services("0.1 stored such identifiers"):
        return Member.objects.create(external_id=external_id, created_at=at, updated_at=at)


def entry(challenge, value=None, member="alice", at=NOW, uid=None, **fields):
    """A well-formed entry of `intake`; a new identifier each time."""
    return Entry(
        challenge_id=challenge.id,
        external_id=member,
        activity_at=at,
        activity_id=fields.pop("activity_id", "purchase"),
        unique_identifier=uid or f"order-{next(_numbers)}",
        activity_value=None if value is None else units(value),
        **fields,
    )


def log_activity(challenge, value=None, received_at=None, **fields):
    """The outcome of one activity, received when it happened."""
    sent = entry(challenge, value, **fields)
    return intake.record([sent], at=received_at or sent.activity_at)[0]


def take_back(challenge, original, value=None, **fields):
    """The outcome of a reversal of the log of that identifier, of all of it or of a part."""
    return log_activity(challenge, value, reversal_of=original, **fields)


def wait_for_original(challenge, uid="order-0", at=NOW):
    """Leave a placeholder alone, as when its reversals are gone."""
    identity = (make_member().id, challenge.id, uid)
    return insert_logs(make_placeholders([identity], at))


def refusal(outcome):
    """Why an entry was refused: (code, field) of each error."""
    return [(error.code, error.field) for error in outcome.errors]


def progress_of(challenge, member="alice"):
    return ChallengeProgress.objects.get(challenge=challenge, member__external_id=member)


def value_of(challenge, member="alice"):
    return progress_of(challenge, member).current_progress_value


def paid(challenge, member="alice"):
    """What a member was paid in all windows: the milestones' targets, lowest first, then "completion"."""
    logs = RewardLog.objects.filter(challenge=challenge, member__external_id=member)
    targets = sorted(logs.exclude(milestone=None).values_list("milestone__milestone_target_value", flat=True))
    return [*targets, *["completion"] * logs.filter(milestone=None).count()]


def breaches(at=NOW):
    """What `verify_ledger --replay` finds in the ledger."""
    return [*audit.breaches(at), *window_audit.breaches(), *replay_audit.breaches()]


def delete_rewards():
    """As if nothing had ever been paid."""
    CouponCode.objects.all().delete()
    RewardLog.objects.all().delete()


def ledger():
    """Every hot row as what it says, without ids and clocks: two histories that ended alike are equal."""
    names = {challenge.id: challenge.name for challenge in Challenge.objects.all()}
    logs = ChallengeLog.objects.values_list(
        "member__external_id", "challenge_id", "unique_identifier", "period_key", "counted", "reason_code",
        "counted_value", "activity_at", "activity_value", "reversal_of",
    )  # fmt: skip
    rows = ChallengeProgress.objects.values_list(
        "member__external_id", "challenge_id", "period_key", "current_progress_value",
        "completion_target_value", "window_starts_at", "window_ends_at", "challenge_started_at",
        "challenge_completed_at",
    )  # fmt: skip
    rewards = RewardLog.objects.values_list(
        "member__external_id", "challenge_id", "period_key", "milestone__name", "status",
        "challenge_log__unique_identifier",
    )  # fmt: skip
    return [
        sorted((str((m, names[c], *rest)) for m, c, *rest in records)) for records in (logs, rows, rewards)
    ]

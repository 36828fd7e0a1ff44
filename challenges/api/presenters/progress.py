"""Serialize a challenge log, what it caused, and the progress of a window (docs/api.md, Fields).

Plain dictionaries: a serializer's machinery would cost more than the queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection

from challenges.caches import challenge as challenge_cache
from challenges.engine.intake import Outcome
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.models.rows import LogRow, ProgressRow, row_of_progress
from challenges.models.window_rules import Rules, WindowRules
from challenges.queries.member_state import reward_logs_by_window
from challenges.queries.progress_summary import ProgressSummary, as_judged, summarize_progress
from core import messages
from core.amounts import amount
from core.api.language import Language
from core.api.reader import Reader
from core.choices import ProgressStatus
from core.sql.table import adapted
from core.texts import period_text
from milestones.api.presenters import serialize_milestone
from milestones.models import Milestone
from rewards.api.presenters import serialize_reward_log
from rewards.models import RewardLog

LABELS = {
    ProgressStatus.NOT_STARTED: "eud_not_started_label",
    ProgressStatus.IN_PROGRESS: "eud_in_progress_label",
    ProgressStatus.COMPLETED: "eud_completed_label",
    ProgressStatus.FAILED: "eud_failed_label",
}
NEXT_MESSAGE = "eud_milestone_next_to_be_achieved_message"
MESSAGES = {
    ProgressStatus.NOT_STARTED: NEXT_MESSAGE,
    ProgressStatus.IN_PROGRESS: NEXT_MESSAGE,
    ProgressStatus.COMPLETED: "eud_completed_challenge_message",
    ProgressStatus.FAILED: "eud_failed_challenge_message",
}


def serialize_outcome(outcome: Outcome, external_id: str, reader: Reader) -> dict[str, Any]:
    """Serialize a created or replayed log, the progress of its window, and what it caused, lowest first.

    Raises ValueError for an entry that was rejected.
    """
    log = outcome.log
    if log is None:
        raise ValueError("a rejected entry has no log")
    cached = challenge_cache.get_as_last_read(log.challenge_id)
    rewards = _rewards_of_window(log)
    caused = [reward_log for reward_log in rewards if reward_log.challenge_log_id == log.id]
    achieved = [reward_log for reward_log in caused if reward_log.milestone_id]
    milestones = [serialize_milestone(_milestone(reward_log, cached), reader) for reward_log in achieved]
    serialized = [serialize_reward_log(reward_log, external_id, reader) for reward_log in caused]
    return {
        **serialize_log(log, external_id),
        "challengeProgress": serialize_progress(
            outcome.progress or _progress_of_window(log),
            cached.challenge,
            cached.rules,
            cached.live_milestones,
            rewards,
            external_id,
            reader,
            log.judged if log.counted else None,
        ),
        "achievedMilestone": milestones[-1] if milestones else None,
        "achievedMilestones": milestones,
        "achievedMilestoneRewardLog": serialized[caused.index(achieved[-1])] if achieved else None,
        "rewardLogs": serialized,
    }


def _rewards_of_window(log: LogRow) -> Sequence[RewardLog]:
    """The reward logs of the log's window. Most windows have none, which one cheap query finds out."""
    window = (log.member_id, log.challenge_id, log.period_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {RewardLog._meta.db_table} "
            "WHERE member_id = %s AND challenge_id = %s AND period_key = %s LIMIT 1",
            adapted(window),
        )
        if cursor.fetchone() is None:
            return []
    return reward_logs_by_window([window])[window]


def _progress_of_window(log: LogRow) -> ProgressRow | None:
    """The window's row as it is now: the answer to a replay and to a log that did not count."""
    row = ChallengeProgress.objects.filter(
        member=log.member_id, challenge=log.challenge_id, period_key=log.period_key
    ).first()
    return row_of_progress(row) if row else None


def _milestone(reward_log: RewardLog, cached: challenge_cache.CachedChallenge) -> Milestone:
    """The milestone, from the cache if it is there: the cached one has its reward."""
    same = (milestone for milestone in cached.milestones if milestone.id == reward_log.milestone_id)
    return next(same, None) or Milestone.objects.get(reward_logs=reward_log)


def serialize_progress(
    row: ProgressRow | None,
    challenge: Challenge,
    rules: Rules,
    live: Sequence[Milestone],
    reward_logs: Sequence[RewardLog],
    owned_by_id: str,
    reader: Reader,
    judged: WindowRules | None = None,
) -> dict[str, Any]:
    """Serialize a progress row; without one, the window of now as `not_started`. `live`: live milestones.

    `judged`: what the row's window is judged by, where that is known.
    """
    if reader.language.every:
        reader = replace(reader, language=Language(reader.language.code))
    if judged is None:
        judged = rules.of_key(row.period_key) if row else rules.of_window(challenge.window_at(reader.at))
    row = row and as_judged(row, rules, judged)
    ends_at = row.window_ends_at if row else judged.closes_at
    summary = summarize_progress(row, judged, live, achieved_milestones(reward_logs), reader.at)
    values = message_values(challenge, summary, reader)
    message = MESSAGES[summary.status]
    texts = reader.texts(challenge, {"label": LABELS[summary.status], "message": message})
    return {
        "id": row.id if row else None,
        "challengeId": challenge.id,
        "ownedById": owned_by_id,
        "periodKey": judged.window.period_key,
        "windowStartsAt": judged.window.starts_at,
        "windowEndsAt": ends_at,
        "currentProgressValue": amount(row.value) if row else 0,
        "completionTargetValue": amount(row.target if row else judged.target),
        "percentage": summary.percentage,
        "challengeProgressStatus": summary.status,
        "challengeStartedAt": row.started_at if row else None,
        "challengeCompletedAt": row.completed_at if row else None,
        "challengeFailedAt": ends_at if summary.status == ProgressStatus.FAILED else None,
        "achievedMilestoneIds": [log.milestone_id for log in reward_logs if log.milestone_id],
        "nextMilestone": summary.next_milestone and serialize_milestone(summary.next_milestone, reader),
        "nextRemainingValue": values["nextRemainingValue"],
        "eudStatusLabel": texts["label"],
        "eudMessage": render_message(message, texts["message"], summary, values),
        "rewardLogs": [serialize_reward_log(log, owned_by_id, reader) for log in reward_logs],
        "updatedAt": row.updated_at if row else None,
    }


def achieved_milestones(reward_logs: Sequence[RewardLog]) -> set[UUID]:
    """Return the milestones that were paid for good: what the policy revoked can be reached again."""
    return {log.milestone_id for log in reward_logs if log.milestone_id and not log.revoked_from}


def message_values(challenge: Challenge, summary: ProgressSummary, reader: Reader) -> dict[str, str]:
    """The values of the variables that a message may hold (docs/rules.md, End-user texts)."""
    return {
        "periodText": period_text(challenge.aggregation_period, reader.language.code),
        "nextRemainingValue": messages.remaining_text(summary.remaining, challenge.aggregation_method),
    }


def render_message(name: str, text: str, summary: ProgressSummary, values: Mapping[str, str]) -> str | None:
    """Render a message; the one towards the next milestone is null when nothing is left to reach."""
    return None if name == NEXT_MESSAGE and summary.remaining == 0 else messages.render(text, values)


def serialize_log(log: ChallengeLog | LogRow, owned_by_id: str) -> dict[str, Any]:
    """Serialize a challenge log as it is stored; a `LogRow` holds its value in units."""
    value, counted_value = log.activity_value, log.counted_value
    return {
        "id": log.id,
        "challengeId": log.challenge_id,
        "ownedById": owned_by_id,
        "activityAt": log.activity_at,
        "activityId": log.activity_id,
        "uniqueIdentifier": log.unique_identifier,
        "activityValue": amount(value) if isinstance(value, int) else value,
        "reversalOf": log.reversal_of or None,
        "periodKey": log.period_key or None,
        "counted": log.counted,
        "countedValue": amount(counted_value) if isinstance(counted_value, int) else counted_value,
        "reasonCode": log.reason_code or None,
        "createdAt": log.created_at,
    }

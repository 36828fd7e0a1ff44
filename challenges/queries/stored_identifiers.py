"""Which badly formed identifiers are stored, from release 0.1: the present rule refuses new ones.

Each question is asked only where such an identifier was sent, and once for a whole batch.
"""

from collections.abc import Collection
from uuid import UUID

from challenges.models import Activity, ChallengeLog
from challenges.models.rows import chunked
from members.domain import directory

LOOKUP_AT_ONCE = 500
LogKey = tuple[str, UUID, str]  # a member's identifier, the challenge, the log's identifier
ActivityKey = tuple[str, str]  # a member's identifier, the activity's


def stored_members(external_ids: Collection[str]) -> set[str]:
    return set(directory.find(external_ids))


def stored_logs(keys: Collection[LogKey]) -> set[LogKey]:
    """Those of the keys that a log has."""
    found: set[LogKey] = set()
    for chunk in chunked(list(keys), LOOKUP_AT_ONCE):
        rows = ChallengeLog.objects.filter(
            unique_identifier__in={identifier for *_, identifier in chunk},
            member__external_id__in={external_id for external_id, *_ in chunk},
            challenge__in={challenge_id for _, challenge_id, _ in chunk},
        )
        found.update(rows.values_list("member__external_id", "challenge_id", "unique_identifier"))
    return found & set(keys)


def stored_originals(keys: Collection[ActivityKey]) -> set[ActivityKey]:
    """Those of the keys that an activity has, or a log of any challenge: what a reversal may name."""
    logs: set[ActivityKey] = set()
    for chunk in chunked(list(keys), LOOKUP_AT_ONCE):
        rows = ChallengeLog.objects.filter(
            unique_identifier__in={identifier for _, identifier in chunk},
            member__external_id__in={external_id for external_id, _ in chunk},
        )
        logs.update(rows.values_list("member__external_id", "unique_identifier"))
    return logs & set(keys) | stored_activities(keys)


def stored_activities(keys: Collection[ActivityKey]) -> set[ActivityKey]:
    """Those of the keys that an activity has."""
    found: set[ActivityKey] = set()
    for chunk in chunked(list(keys), LOOKUP_AT_ONCE):
        rows = Activity.objects.filter(
            unique_identifier__in={identifier for _, identifier in chunk},
            member__external_id__in={external_id for external_id, _ in chunk},
        )
        found.update(rows.values_list("member__external_id", "unique_identifier"))
    return found & set(keys)

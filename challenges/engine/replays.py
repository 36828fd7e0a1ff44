"""Whether an entry whose identifier is stored repeats that log, or contradicts it. Pure."""

from challenges.engine.eligibility import Entry
from challenges.models.rows import LogRow
from core.errors import DomainError

# The wire's names of what is compared: never the member's profile (docs/rules.md).
# Each with its word in the message.
CONTENT_FIELDS = {
    "activity_at": "activityAt",
    "activity_id": "activityId",
    "activity_value": "activityValue",
    "reversal_of": "reversalOf",
}


def repeated(entry: Entry, log: LogRow) -> list[DomainError]:
    """Nothing for a replay; else the conflict, an error for each field that differs."""
    return differences(entry, (log.activity_at, log.activity_id, log.activity_value, log.reversal_of))


def differences(entry: Entry, had: tuple) -> list[DomainError]:
    """The same against a stored content, in the order of `CONTENT_FIELDS`."""
    pairs = zip(CONTENT_FIELDS, had, entry.content, strict=True)
    differing = [name for name, old, new in pairs if old != new]
    words = ", ".join(CONTENT_FIELDS[name] for name in differing)
    message = f"This identifier is stored with another {words}; use a new uniqueIdentifier."
    return [DomainError("duplicate_conflict", message, name, "conflict") for name in differing]

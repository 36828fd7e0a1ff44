"""Compare an entry with the stored log of the same identifier: it is a replay or a conflict. Pure."""

from challenges.engine.eligibility import Entry
from challenges.models.rows import LogRow
from core.errors import DomainError

# What is compared, without the member's profile (docs/rules.md, One activity log), and its name in the API.
CONTENT_FIELDS = {
    "activity_at": "activityAt",
    "activity_id": "activityId",
    "activity_value": "activityValue",
    "reversal_of": "reversalOf",
}


def repeated(entry: Entry, log: LogRow) -> list[DomainError]:
    """Return no errors for a replay, else an error for each field that differs from the stored log."""
    return differences(entry, (log.activity_at, log.activity_id, log.activity_value, log.reversal_of))


def differences(entry: Entry, stored_content: tuple) -> list[DomainError]:
    """Return what `repeated` does, for a stored content with its fields in the order of `CONTENT_FIELDS`."""
    pairs = zip(CONTENT_FIELDS, stored_content, entry.content, strict=True)
    differing = [name for name, stored, sent in pairs if stored != sent]
    words = ", ".join(CONTENT_FIELDS[name] for name in differing)
    message = f"This identifier is stored with another {words}; use a new uniqueIdentifier."
    return [DomainError("duplicate_conflict", message, name, "conflict") for name in differing]

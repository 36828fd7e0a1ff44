"""Whether a challenge has history, and so is archived and never deleted."""

from challenges.models import Challenge, ChallengeLog


def has_history(challenge: Challenge) -> bool:
    """Return whether it has logs, or waits for one that was taken back before it came."""
    return ChallengeLog.with_placeholders.filter(challenge=challenge.id).exists()

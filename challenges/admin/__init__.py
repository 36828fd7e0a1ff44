"""The room's admin classes."""

from .challenge import ChallengeAdmin
from .ledgers import ActivityAdmin, ChallengeLogAdmin, ChallengeProgressAdmin

__all__ = ["ActivityAdmin", "ChallengeAdmin", "ChallengeLogAdmin", "ChallengeProgressAdmin"]

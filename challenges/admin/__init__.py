"""The room's admin classes."""

from .challenge import ChallengeAdmin
from .ledgers import ActivityAdmin, ChallengeLogAdmin, ChallengeProgressAdmin
from .milestone import RuledMilestoneAdmin

__all__ = [
    "ActivityAdmin",
    "ChallengeAdmin",
    "ChallengeLogAdmin",
    "ChallengeProgressAdmin",
    "RuledMilestoneAdmin",
]

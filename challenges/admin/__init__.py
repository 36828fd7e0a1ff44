"""The room's admin classes."""

from challenges.admin.challenge import ChallengeAdmin
from challenges.admin.milestone import RuledMilestoneAdmin
from challenges.admin.readonly_lists import ActivityAdmin, ChallengeLogAdmin, ChallengeProgressAdmin

__all__ = [
    "ActivityAdmin",
    "ChallengeAdmin",
    "ChallengeLogAdmin",
    "ChallengeProgressAdmin",
    "RuledMilestoneAdmin",
]

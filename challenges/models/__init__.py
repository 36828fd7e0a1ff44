from challenges.models.activity import Activity
from challenges.models.catalogue import Catalogue
from challenges.models.challenge import Challenge
from challenges.models.challenge_log import ChallengeLog
from challenges.models.challenge_progress import ChallengeProgress
from challenges.models.kept_activity_run import KeptActivityRun
from challenges.models.manual_count_run import ManualCountRun
from challenges.models.rule_version import RuleVersion

__all__ = [
    "Activity",
    "Catalogue",
    "Challenge",
    "ChallengeLog",
    "ChallengeProgress",
    "KeptActivityRun",
    "ManualCountRun",
    "RuleVersion",
]

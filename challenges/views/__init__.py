from challenges.views.activity import ActivityViewSet
from challenges.views.challenge import ChallengeViewSet
from challenges.views.challenge_log import ChallengeLogViewSet
from challenges.views.challenge_progress import ChallengeProgressViewSet
from challenges.views.milestone import MilestoneViewSet

__all__ = [
    "ActivityViewSet",
    "ChallengeLogViewSet",
    "ChallengeProgressViewSet",
    "ChallengeViewSet",
    "MilestoneViewSet",
]

from challenges.api.views.activity import ActivityViewSet
from challenges.api.views.challenge import ChallengeViewSet
from challenges.api.views.challenge_log import ChallengeLogViewSet
from challenges.api.views.challenge_progress import ChallengeProgressViewSet
from challenges.api.views.milestone import MilestoneViewSet

__all__ = [
    "ActivityViewSet",
    "ChallengeLogViewSet",
    "ChallengeProgressViewSet",
    "ChallengeViewSet",
    "MilestoneViewSet",
]

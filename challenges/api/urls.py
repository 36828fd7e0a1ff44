from challenges.api.views import (
    ActivityViewSet,
    ChallengeLogViewSet,
    ChallengeProgressViewSet,
    ChallengeViewSet,
    MilestoneViewSet,
)
from core.api.routers import RecordRouter

router = RecordRouter()
router.register("challenge", ChallengeViewSet)
router.register("milestone", MilestoneViewSet)
router.register("challenge_log", ChallengeLogViewSet)
router.register("challenge_progress", ChallengeProgressViewSet)
router.register("activity", ActivityViewSet)

urlpatterns = router.urls

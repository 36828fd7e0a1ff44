from challenges_project.api.routers import RecordRouter
from members.views import MemberViewSet

router = RecordRouter()
router.register("member", MemberViewSet)

urlpatterns = router.urls

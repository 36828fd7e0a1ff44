from core.api.routers import RecordRouter
from members.api.views import MemberViewSet

router = RecordRouter()
router.register("member", MemberViewSet)

urlpatterns = router.urls

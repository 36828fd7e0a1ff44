from core.api.routers import RecordRouter
from rewards.api.views import CouponCodeViewSet, RewardLogViewSet, RewardViewSet

router = RecordRouter()
router.register("reward", RewardViewSet)
router.register("coupon_code", CouponCodeViewSet)
router.register("reward_log", RewardLogViewSet)

urlpatterns = router.urls

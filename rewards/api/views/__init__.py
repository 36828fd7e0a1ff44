from rewards.api.views.coupon_code import CouponCodeViewSet
from rewards.api.views.reward import RewardViewSet
from rewards.api.views.reward_log import RewardLogViewSet

__all__ = ["CouponCodeViewSet", "RewardLogViewSet", "RewardViewSet"]

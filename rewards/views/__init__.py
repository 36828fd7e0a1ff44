from rewards.views.coupon_code import CouponCodeViewSet
from rewards.views.reward import RewardViewSet
from rewards.views.reward_log import RewardLogViewSet

__all__ = ["CouponCodeViewSet", "RewardLogViewSet", "RewardViewSet"]

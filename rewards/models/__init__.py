"""What a milestone or a completion pays, and what has been paid."""

from rewards.models.coupon_code import CouponCode
from rewards.models.reward import Reward
from rewards.models.reward_log import RewardLog

__all__ = ["CouponCode", "Reward", "RewardLog"]

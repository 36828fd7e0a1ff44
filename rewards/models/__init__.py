"""Rewards, their coupon codes, and the rewards given to members."""

from rewards.models.coupon_code import CouponCode
from rewards.models.reward import Reward
from rewards.models.reward_log import RewardLog

__all__ = ["CouponCode", "Reward", "RewardLog"]

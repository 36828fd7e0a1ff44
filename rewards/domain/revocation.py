"""Who revoked a reward, in words: the reversal policy, which may give it back, or a person, for good."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.choices import RewardLogStatus
from rewards.models import RewardLog

# What revoking by hand does to a reward log that the reversal policy revoked.
BY_POLICY_UNTIL_NOW = _(
    "The reversal policy revoked it, and gives it back when the value supports it again. "
    "This revokes it for good."
)


def revoked_by(log: RewardLog) -> Any:
    """Say who revoked the reward, and whether it may come back; "" when it is not revoked."""
    if log.status != RewardLogStatus.REVOKED:
        return ""
    if log.revoked_from:
        return _("by the reversal policy: given back when the value supports it again")
    return _("by hand: it stays revoked")

from itertools import product

import pytest

from core.choices import RewardLogStatus
from core.errors import DomainError
from rewards.domain.state_machine import Door, check, origins

# domain.md, Coupon codes: what may be done with which status, by whom. Everything else is refused.
TABLE = {
    ("fill", "pending_code"): {Door.IMPORT, Door.API, Door.SUPPORT},
    ("revoke", "pending_code"): {Door.POLICY, Door.SUPPORT},
    ("redeem", "issued"): {Door.API, Door.SUPPORT},
    ("revoke", "issued"): {Door.API, Door.SUPPORT, Door.POLICY},
    ("revoke", "expired"): {Door.API, Door.SUPPORT, Door.POLICY},
    ("unredeem", "redeemed"): {Door.API, Door.SUPPORT},
    ("reissue", "issued"): {Door.SUPPORT},
    ("reissue", "expired"): {Door.SUPPORT},
    ("reissue", "revoked"): {Door.SUPPORT},
    ("reissue", "capped"): {Door.SUPPORT},
    ("extend", "pending_code"): {Door.API, Door.SUPPORT},
    ("extend", "issued"): {Door.API, Door.SUPPORT},
    ("extend", "expired"): {Door.API, Door.SUPPORT},
}
ACTIONS = ("fill", "redeem", "unredeem", "revoke", "reissue", "extend")


@pytest.mark.parametrize(("action", "status", "door"), list(product(ACTIONS, RewardLogStatus, Door)))
def test_transition_is_in_the_table_or_refused(action, status, door):
    if door in TABLE.get((action, status.value), ()):
        check(action, status, door)
        return

    with pytest.raises(DomainError) as refusal:
        check(action, status, door)

    assert (refusal.value.code, refusal.value.status) == ("transition_not_allowed", "conflict")


@pytest.mark.parametrize(
    ("action", "status", "door", "message"),
    [
        (
            "redeem",
            "expired",
            Door.API,
            "This reward is expired and cannot be redeemed by the API. "
            "Possible: revoke, re-issue (support, in the admin), extend its expiry (PATCH rewardExpiryAt).",
        ),
        (
            "revoke",
            "pending_code",
            Door.API,
            "This reward is pending_code and cannot be revoked by the API. "
            "Possible: give it a code (PATCH couponCode), revoke (support, in the admin), "
            "extend its expiry (PATCH rewardExpiryAt).",
        ),
        (
            "redeem",
            "expired",
            Door.SUPPORT,
            "This reward is expired and cannot be redeemed by support. "
            "Possible: revoke, re-issue, extend its expiry.",
        ),
        (
            "redeem",
            "revoked",
            Door.SUPPORT,
            "This reward is revoked and cannot be redeemed by support. Possible: re-issue.",
        ),
        (
            "revoke",
            "redeemed",
            Door.SUPPORT,
            "This reward is redeemed and cannot be revoked by support. Possible: unredeem.",
        ),
    ],
)
def test_refusal_says_what_is_possible(action, status, door, message):
    with pytest.raises(DomainError) as refusal:
        check(action, RewardLogStatus(status), door)

    assert refusal.value.message == message


def test_origins_of_the_reversal_policy_leave_redeemed_alone():
    assert origins("revoke", Door.POLICY) == ["pending_code", "issued"]

from itertools import product

import pytest

from core.choices import RewardLogStatus
from core.errors import DomainError
from rewards.domain.state_machine import Channel, check, origins

# docs/rules.md, Coupon codes: what may be done with which status, by whom. Everything else is refused.
TABLE = {
    ("fill", "pending_code"): {Channel.IMPORT, Channel.API, Channel.SUPPORT},
    ("revoke", "pending_code"): {Channel.POLICY, Channel.SUPPORT},
    ("redeem", "issued"): {Channel.API, Channel.SUPPORT},
    ("revoke", "issued"): {Channel.API, Channel.SUPPORT, Channel.POLICY},
    ("revoke", "expired"): {Channel.API, Channel.SUPPORT, Channel.POLICY},
    ("unredeem", "redeemed"): {Channel.API, Channel.SUPPORT},
    ("reissue", "issued"): {Channel.SUPPORT},
    ("reissue", "expired"): {Channel.SUPPORT},
    ("reissue", "revoked"): {Channel.SUPPORT},
    ("reissue", "capped"): {Channel.SUPPORT},
    ("extend", "pending_code"): {Channel.API, Channel.SUPPORT},
    ("extend", "issued"): {Channel.API, Channel.SUPPORT},
    ("extend", "expired"): {Channel.API, Channel.SUPPORT},
}
ACTIONS = ("fill", "redeem", "unredeem", "revoke", "reissue", "extend")


@pytest.mark.parametrize(("action", "status", "channel"), list(product(ACTIONS, RewardLogStatus, Channel)))
def test_transition_is_in_the_table_or_refused(action, status, channel):
    if channel in TABLE.get((action, status.value), ()):
        check(action, status, channel)
        return

    with pytest.raises(DomainError) as refusal:
        check(action, status, channel)

    assert (refusal.value.code, refusal.value.status) == ("transition_not_allowed", "conflict")


@pytest.mark.parametrize(
    ("action", "status", "channel", "message"),
    [
        (
            "redeem",
            "expired",
            Channel.API,
            "This reward is expired and cannot be redeemed by the API. "
            "Possible: revoke, re-issue (support, in the admin), extend its expiry (PATCH rewardExpiryAt).",
        ),
        (
            "revoke",
            "pending_code",
            Channel.API,
            "This reward is pending_code and cannot be revoked by the API. "
            "Possible: give it a code (PATCH couponCode), revoke (support, in the admin), "
            "extend its expiry (PATCH rewardExpiryAt).",
        ),
        (
            "redeem",
            "expired",
            Channel.SUPPORT,
            "This reward is expired and cannot be redeemed by support. "
            "Possible: revoke, re-issue, extend its expiry.",
        ),
        (
            "redeem",
            "revoked",
            Channel.SUPPORT,
            "This reward is revoked and cannot be redeemed by support. Possible: re-issue.",
        ),
        (
            "revoke",
            "redeemed",
            Channel.SUPPORT,
            "This reward is redeemed and cannot be revoked by support. Possible: unredeem.",
        ),
    ],
)
def test_refusal_says_what_is_possible(action, status, channel, message):
    with pytest.raises(DomainError) as refusal:
        check(action, RewardLogStatus(status), channel)

    assert refusal.value.message == message


def test_origins_of_the_reversal_policy_leave_redeemed_alone():
    assert origins("revoke", Channel.POLICY) == ["pending_code", "issued"]

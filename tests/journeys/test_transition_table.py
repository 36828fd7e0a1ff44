"""Every action on a reward log of every status, by the API and in the admin, against docs/rules.md's table.

What is not in the table changes nothing and is answered with what may be done instead.
"""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from rewards.models import RewardLog
from tests.builders import DAY
from tests.rewards.builders import make_reward_log

REFUSED = None
# status -> what it reads as after redeem, unredeem, revoke, a code typed in, a later expiry, a re-issue
TABLE = {
    "pending_code": (REFUSED, REFUSED, "support", "issued", "pending_code", REFUSED),
    "issued": ("redeemed", "issued", "revoked", REFUSED, "issued", "issued"),
    "expired": (REFUSED, "expired", "revoked", REFUSED, "issued", "issued"),
    "redeemed": ("redeemed", "issued", REFUSED, REFUSED, REFUSED, REFUSED),
    "revoked": (REFUSED, REFUSED, "revoked", REFUSED, REFUSED, "issued"),
    "capped": (REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, "issued"),
}
ACTIONS = ("redeem", "unredeem", "revoke", "fill", "extend", "reissue")
# Only support re-issues.
BY_CHANNEL = [("api", action) for action in ACTIONS[:-1]] + [("support", action) for action in ACTIONS]


def make_log_of(status):
    now = timezone.now()
    code = "" if status in ("pending_code", "capped") else "THE-CODE"
    stored, days = ("issued", -1) if status == "expired" else (status, 1)
    return make_reward_log(stored, coupon_code=code, reward_expiry_at=now + days * DAY, at=now - 2 * DAY)


def expected(action, status, channel):
    after = TABLE[status][ACTIONS.index(action)]
    if after == "support":
        return "revoked" if channel == "support" else REFUSED
    return after


def by_api(api, log, action):
    """Why it was refused; empty when it was not."""
    path = f"/schema/reward_log/record/{log.pk}"
    later = (timezone.now() + 5 * DAY).isoformat()
    bodies = {"fill": {"couponCode": "TYPED"}, "extend": {"rewardExpiryAt": later}}
    if action in bodies:
        answer = api.patch(path, json.dumps(bodies[action]), content_type="application/json")
    else:
        answer = api.post(f"{path}/{action}")
    if answer.status_code == 200:
        return ""
    assert answer.status_code == 409
    return answer.json()["errors"][0]["detail"]


def by_support(support, log, action):
    typed = {
        "fill": {"coupon_code": "TYPED"},
        "extend": {"reward_expiry_at": f"{timezone.now() + 5 * DAY:%Y-%m-%dT%H:%M}"},
        "reissue": {"instead_of": log.coupon_code},
    }
    address = reverse("backoffice:action", args=[action, log.pk])
    answer = support.post(address, {"reason": "The member called.", **typed.get(action, {})})
    return "" if answer.status_code == 302 else " ".join(answer.context["form"].non_field_errors())


@pytest.mark.django_db
@pytest.mark.parametrize("status", TABLE)
@pytest.mark.parametrize(("channel", "action"), BY_CHANNEL)
def test_action_follows_the_table_in_both_channels(request, channel, action, status):
    log = make_log_of(status)
    before = RewardLog.objects.values().get()

    refused = {"api": by_api, "support": by_support}[channel](request.getfixturevalue(channel), log, action)

    after, to = RewardLog.objects.get(), expected(action, status, channel)
    if to is REFUSED:
        assert RewardLog.objects.values().get() == before
        assert refused.startswith(f"This reward is {status} and cannot be ")
        assert "Possible: " in refused
    else:
        assert (refused, after.status_at(timezone.now())) == ("", to)

"""What two do to one reward at the same instant."""

from functools import partial

import pytest
from django.db import transaction

from core.errors import DomainError
from rewards.domain import lifecycle, reversal_policy
from rewards.domain.lifecycle import API_ACTOR, support_actor
from rewards.domain.reversal_policy import ReviewedWindow
from rewards.models import CouponCode, RewardLog
from tests.concurrency.racing import many_connections, race
from tests.rewards.builders import NOW, make_challenge, make_member, make_pool, make_reward_log, pay

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.usefixtures("many_connections")]
__all__ = ["many_connections"]


def test_redeemed_by_many_at_once_is_redeemed_once(transactional_db):
    log = make_reward_log()

    answers = race([partial(lifecycle.redeem, log.id, API_ACTOR, at=NOW) for _ in range(20)])

    assert {answer.status for answer in answers} == {"redeemed"}


def take_back(log):
    targets = {log.threshold_id: 1}
    window = ReviewedWindow(log.member_id, log.challenge_id, "2026-11", 0, targets, revokes=True)
    with transaction.atomic():
        return list(reversal_policy.review([window], NOW).values())


@pytest.mark.parametrize("run", range(5))
def test_redeemed_while_the_policy_revokes_it_is_one_or_the_other(transactional_db, run):
    logs = [make_reward_log(challenge=make_challenge()) for _ in range(10)]
    redeem = [partial(lifecycle.redeem, log.id, API_ACTOR, at=NOW) for log in logs]
    revoke = [partial(take_back, log) for log in logs]

    answers = race([*redeem, *revoke])

    for log, redeemed, revoked in zip(logs, answers[:10], answers[10:], strict=True):
        log.refresh_from_db()
        if log.status == "redeemed":
            assert (redeemed.status, revoked) == ("redeemed", [False])
        else:
            assert (redeemed.code, revoked) == ("transition_not_allowed", [True])


def test_reissued_by_two_at_once_takes_one_code(transactional_db):
    pool = make_pool("OLD", "NEW", "SPARE")
    log = pay(make_member(), make_challenge(), pool)
    reissue = partial(lifecycle.reissue, log.id, support_actor(None, "lost"), at=NOW, instead_of="OLD")

    answers = race([reissue, reissue])

    assert sorted(type(answer).__name__ for answer in answers) == ["DomainError", "RewardLog"]
    assert CouponCode.objects.filter(reward_log=None).count() == 1


def test_one_code_sent_for_two_rewards_at_once_is_on_one(transactional_db):
    logs = [make_reward_log("pending_code") for _ in range(8)]

    answers = race([partial(lifecycle.fill_code, log.id, "SAME", API_ACTOR, at=NOW) for log in logs])

    refused = [answer.code for answer in answers if isinstance(answer, DomainError)]
    assert refused == ["code_taken"] * 7
    assert RewardLog.objects.get(coupon_code="SAME").status == "issued"

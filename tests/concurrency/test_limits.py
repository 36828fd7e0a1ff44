"""40 members cross at once for 10 places."""

from functools import partial

import pytest
from django.db import transaction

from rewards.domain import issuing, limits
from rewards.models import Reward, RewardLog
from tests.concurrency.racing import many_connections, race
from tests.rewards.builders import NOW, due, make_challenge, make_member, make_reward

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.usefixtures("many_connections")]
__all__ = ["many_connections"]


def pay(reward_due):
    with transaction.atomic():
        return issuing.issue([reward_due], NOW)


def crossed(reward, members=None):
    challenges = [make_challenge() for _ in range(40)]
    members = members or [make_member() for _ in challenges]
    dues = [due(members[n % len(members)], challenge, reward) for n, challenge in enumerate(challenges)]
    answers = race([partial(pay, reward_due) for reward_due in dues])
    assert [error for error in answers if isinstance(error, Exception)] == []
    return RewardLog.objects.filter(status="issued").count()


def test_limit_in_total_holds(transactional_db):
    assert crossed(make_reward(max_total=10)) == 10


def test_limit_per_member_holds(transactional_db):
    assert crossed(make_reward(max_per_member=3), [make_member(), make_member()]) == 6


def test_without_the_lock_the_limit_is_passed(transactional_db, monkeypatch):
    """The negative control: the race above is a race."""
    monkeypatch.setattr(
        limits, "_lock_rewards", lambda reward_ids: list(Reward.objects.filter(id__in=reward_ids))
    )

    assert crossed(make_reward(max_total=10)) > 10

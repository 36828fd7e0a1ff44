"""One shares a code with everybody while another makes it somebody's own: one of the two is refused."""

from functools import partial
from uuid import uuid4

import pytest

from challenges.api.exchange import imported
from core.choices import CodeSource
from core.errors import DomainError
from rewards import maintenance
from rewards.domain import allocation, issuing, lifecycle, reward_config, reward_service
from rewards.domain.code_files import listed_codes
from rewards.domain.lifecycle import API_ACTOR, support_actor
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode, Reward, RewardLog
from tests.builders import breaches
from tests.concurrency.writers import at_once
from tests.rewards.builders import (
    NOW,
    due,
    make_challenge,
    make_member,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = 25


def outcome(job):
    """What a racer got: True when it was stored, False when the code was refused."""
    try:
        return job()
    except DomainError as refusal:
        if refusal.code != "code_taken":
            raise
        return False


# To share a code with everybody


def create(code):
    reward = Reward(name="Shared", code_source="shared", shared_code=code)
    return lambda: bool(reward_service.save(reward, at=NOW))


def edit(code):
    make_reward("shared", shared_code=f"BEFORE-{code}")
    reward = Reward.objects.get(shared_code=f"BEFORE-{code}")
    reward.shared_code = code
    return lambda: bool(reward_service.save(reward, at=NOW))


def change_source(code):
    reward = Reward.objects.get(id=make_reward("generated", shared_code=code).id)
    reward.code_source = "shared"
    return lambda: bool(reward_service.save(reward, at=NOW))


def import_challenges(code):
    reward = {"id": str(uuid4()), "name": "Shared", "codeSource": "shared", "sharedCode": code}
    document = {"kind": "challenges", "version": 1, "rewards": [reward], "challenges": []}
    return lambda: imported(document, NOW) == []


# To make it somebody's own


def fill(code):
    log = make_reward_log("pending_code", reward=make_reward("external"))
    return lambda: bool(lifecycle.fill_code(log.id, code, API_ACTOR, at=NOW))


def reissue(code):
    log = pay(make_member(), make_challenge(), make_reward())
    actor = support_actor(None, "lost")
    return lambda: lifecycle.reissue(log.id, actor, at=NOW, code=code).coupon_code == code


def import_pool(code):
    pool = make_pool()
    return lambda: import_codes(pool.id, listed_codes([code])).new == 1


def generate(code):
    """A generated code that happens to be this one: whoever draws it second draws again."""
    reward_due = due(make_member(), make_challenge())
    drawn = iter([code])
    reward_config.generated_code = lambda *args: next(drawn, f"ANOTHER-{code}")
    return lambda: issuing.issue([reward_due], NOW)[0].coupon_code == code


@pytest.fixture
def random_codes():
    original = reward_config.generated_code
    yield
    reward_config.generated_code = original


def rounds(share, own, number=ROUNDS):
    """How often both were accepted, and how often none, when both started together."""
    both = none = 0
    for turn in range(number):
        code = f"RACE-{turn}"
        results = at_once([partial(outcome, share(code)), partial(outcome, own(code))])
        both += all(results)
        none += not any(results)
    return both, none


@pytest.mark.parametrize("own", [fill, reissue, import_pool, generate])
@pytest.mark.parametrize("share", [create, edit, change_source, import_challenges])
def test_code_is_shared_or_somebodys_own(share, own, random_codes):
    assert rounds(share, own) == (0, 0)
    assert twins() == []


def twins():
    return [*breaches(NOW), *maintenance.breaches(NOW)]


def test_several_rewards_share_one_code_at_once():
    rewards = [Reward(name="Shared", code_source="shared", shared_code="SUMMER") for _ in range(4)]

    at_once([partial(reward_service.save, reward, at=NOW) for reward in rewards])

    assert Reward.objects.filter(shared_code="SUMMER").count() == 4
    assert CouponCode.objects.get(code="SUMMER").shared


def look_and_share(code, at):
    return not CouponCode.objects.filter(code=code).exists()


def look_and_assign(assign, code, reward_log, at):
    if Reward.objects.filter(code_source=CodeSource.SHARED, shared_code=code).exists():
        raise DomainError("code_taken", "shared")
    assign(code, reward_log, at)


@pytest.mark.postgres
@pytest.mark.parametrize("share", [create, edit])
def test_without_the_claim_a_code_becomes_both(share, monkeypatch):
    """The negative control: each side looks before it stores, as 0.1 did."""
    assign = partial(look_and_assign, allocation.assign_external)
    monkeypatch.setattr(allocation, "claim_shared", look_and_share)
    monkeypatch.setattr(allocation, "assign_external", assign)

    both, _none = rounds(share, fill)

    assert both > 0
    assert len(twins()) >= both
    assert RewardLog.objects.exclude(coupon_code="").count() >= both

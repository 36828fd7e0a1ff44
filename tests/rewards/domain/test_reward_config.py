from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.ids import uuid7
from rewards.domain.reward_config import RewardConfig, reward_configs
from rewards.models import Reward
from tests.rewards.builders import NOW, make_reward

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("given_at", "days", "ends"),
    [
        # The clocks go back on 25 October 2026: that day has 25 hours, its end is 23:00 UTC, not 22:00.
        (datetime(2026, 10, 24, 10, tzinfo=UTC), 1, datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (datetime(2026, 10, 23, 10, tzinfo=UTC), 1, datetime(2026, 10, 24, 22, tzinfo=UTC)),
        # The clocks go forward on 29 March 2026.
        (datetime(2026, 3, 28, 10, tzinfo=UTC), 1, datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (datetime(2026, 3, 22, 10, tzinfo=UTC), 6, datetime(2026, 3, 28, 23, tzinfo=UTC)),
        # 23:30 UTC is the next day in Berlin already.
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), 1, datetime(2026, 11, 24, 23, tzinfo=UTC)),
    ],
)
def test_validity_ends_with_the_local_day_across_a_change_of_clocks(given_at, days, ends):
    assert RewardConfig(valid_for_days=days).expiry_of(given_at, BERLIN) == ends


def test_validity_without_an_end_is_for_ever():
    assert RewardConfig().expiry_of(NOW, BERLIN) is None


@pytest.mark.django_db
def test_reward_configs_reads_what_the_model_stored():
    reward = make_reward(
        "shared",
        shared_code="SAVE10",
        code_prefix="X-",
        code_length=20,
        valid_until=datetime(2027, 1, 1, tzinfo=UTC),
        valid_for_days=7,
        max_total=100,
        max_per_member=2,
        low_water_mark=5,
        low_since=NOW,
    )

    config = reward_configs([reward.id])[reward.id]

    stored = Reward.objects.get()
    assert config == RewardConfig(**{name: getattr(stored, name) for name in RewardConfig.__slots__})


@pytest.mark.django_db
def test_reward_configs_knows_none_and_leaves_out_strangers():
    assert reward_configs([None, uuid7()]) == {None: RewardConfig()}


@pytest.mark.parametrize(
    ("config", "limited"),
    [(RewardConfig(), False), (RewardConfig(max_total=1), True), (RewardConfig(max_per_member=1), True)],
)
def test_config_is_limited_by_either_limit(config, limited):
    assert config.limited is limited

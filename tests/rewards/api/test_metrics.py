import pytest

from tests.rewards.builders import make_pool, make_reward_log


@pytest.mark.django_db
def test_metrics_tell_of_each_pool(client, settings):
    settings.METRICS = True
    pool = make_pool("A", "B", name="Mugs", low_water_mark=3)
    make_reward_log("pending_code", reward=pool)

    lines = client.get("/metrics").content.decode().splitlines()

    labels = f'{{reward="Mugs",reward_id="{pool.id}"}}'
    assert [line for line in lines if line.startswith("coupon_pool")] == [
        f"coupon_pool_codes_left{labels} 2.0",
        f"coupon_pool_waiting{labels} 1.0",
        f"coupon_pool_low{labels} 1.0",
    ]

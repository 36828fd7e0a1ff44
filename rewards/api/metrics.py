"""Metrics of the code pools for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from rewards.domain.pool_levels import pool_states


class PoolCollector:
    """Collector for `core.api.health`; reads the pools in three queries each time it is scraped."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Describe nothing in advance, so that registering does not query the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        labels = ("reward_id", "reward")
        left = GaugeMetricFamily("coupon_pool_codes_left", "Free codes of a pool", labels=labels)
        waiting = GaugeMetricFamily("coupon_pool_waiting", "Reward logs that wait for a code", labels=labels)
        low = GaugeMetricFamily("coupon_pool_low", "1 below the low-water mark", labels=labels)
        for pool in pool_states():
            names = (str(pool.reward_id), pool.name)
            left.add_metric(names, pool.codes_left)
            waiting.add_metric(names, pool.waiting)
            low.add_metric(names, int(pool.low))
        yield from (left, waiting, low)

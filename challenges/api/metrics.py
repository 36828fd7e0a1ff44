"""Metrics of challenge logs for Prometheus."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from challenges.queries.waiting_reversals import overdue

COUNTED_AT_MOST = 10_000


class WaitingReversalsCollector:
    """Collector for `core.api.health`; one query in an index each time it is scraped, up to 10,000 rows."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Describe nothing in advance, so that registering does not query the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        waiting = GaugeMetricFamily(
            "challenges_reversals_waiting",
            "Logs that were taken back over a day ago and have not come, up to 10,000",
        )
        waiting.add_metric((), overdue(timezone.now())[:COUNTED_AT_MOST].count())
        yield waiting

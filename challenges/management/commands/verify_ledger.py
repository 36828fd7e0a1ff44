"""Check the invariants of the ledger in a database in use (docs/rules.md, Invariants)."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from challenges.maintenance import audit
from rewards import maintenance


class Command(BaseCommand):
    help = (
        "Checks sums, single payment, unique codes and completions against the logs. Prints a line for each "
        "breach and exits with 1; prints nothing and exits with 0 when all is well. Changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        breach_count, now = 0, timezone.now()
        for line in chain(audit.breaches(now), audit.stalled_backfills(now), maintenance.breaches(now)):
            self.stdout.write(line)
            breach_count += 1
        for line in audit.moving_backfills(now):
            self.stderr.write(line)
        if breach_count:
            raise SystemExit(1)

"""Check the invariants of the ledger in a database in use (docs/rules.md, Invariants)."""

from argparse import ArgumentParser
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from challenges.maintenance import audit, replay_audit, window_audit
from rewards import maintenance


class Command(BaseCommand):
    help = (
        "Checks sums, single payment, unique codes and completions against the logs. Prints a line for each "
        "breach and exits with 1; prints nothing and exits with 0 when all is well. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--replay", action="store_true", help="replay every stored verdict and compare; takes minutes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        breach_count, now = 0, timezone.now()
        checks = [audit.breaches(now), window_audit.breaches(), audit.stalled_backfills(now)]
        if options["replay"]:
            checks.append(replay_audit.breaches())
        for line in chain(*checks, maintenance.breaches(now)):
            self.stdout.write(line)
            breach_count += 1
        for line in audit.moving_backfills(now):
            self.stderr.write(line)
        if breach_count:
            raise SystemExit(1)

"""Recompute progress from the logs, after a database was edited by hand or restored in part."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from challenges.maintenance import repair
from challenges.maintenance.repair import Difference
from challenges.models import Challenge
from core.amounts import amount
from core.api.values import parse_uuid

SHOWN_AT_MOST = 100_000


class Command(BaseCommand):
    help = (
        "Computes progress anew from the logs where the two differ, prints a line for each such window, and "
        "pays what is due and unpaid. Also resumes an edit whose payments were interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--challenge", metavar="ID", help="only this challenge; else all of them")
        parser.add_argument("--dry-run", action="store_true", help="only print what differs")

    def handle(self, *args: Any, **options: Any) -> None:
        challenges = self._find(options["challenge"])
        window_count = 0
        for challenge in challenges:
            if options["dry_run"]:
                differences = repair.differences(challenge.id, SHOWN_AT_MOST)
            else:
                differences = repair.repair_challenge(challenge, timezone.now())
            for difference in differences:
                self.stdout.write(line(challenge, difference))
            window_count += len(differences)
        # On standard error, so that standard output is empty when nothing differed.
        summary = "that differ: {}." if options["dry_run"] else "mended: {}. What was due is paid."
        self.stderr.write(f"Challenges compared: {len(challenges)}, windows {summary.format(window_count)}")

    def _find(self, text: str | None) -> list[Challenge]:
        if text is None:
            return list(Challenge.objects.order_by("id"))
        try:
            return [Challenge.objects.get(id=parse_uuid(text))]
        except (ValueError, Challenge.DoesNotExist):
            raise CommandError(f"There is no challenge {text}.") from None


def line(challenge: Challenge, difference: Difference) -> str:
    shown = "no row" if difference.shown is None else amount(difference.shown)
    counted = amount(difference.counted)
    return (
        f"member {difference.external_id}, challenge {challenge.id}, window {difference.period_key}: "
        f"{shown} -> {counted}"
    )

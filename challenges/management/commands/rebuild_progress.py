"""Progress computed anew from the logs, for a ledger that was edited by hand or restored in part."""

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
        chosen = self._chosen(options["challenge"])
        windows = 0
        for challenge in chosen:
            if options["dry_run"]:
                found = repair.differences(challenge.id, SHOWN_AT_MOST)
            else:
                found = repair.repair_challenge(challenge, timezone.now())
            for each in found:
                self.stdout.write(line(challenge, each))
            windows += len(found)
        # Nothing on standard output means that nothing differed; a person at a terminal is told so.
        done = "that differ: {}." if options["dry_run"] else "mended: {}. What was due is paid."
        self.stderr.write(f"Challenges compared: {len(chosen)}, windows {done.format(windows)}")

    def _chosen(self, text: str | None) -> list[Challenge]:
        if text is None:
            return list(Challenge.objects.order_by("id"))
        try:
            return [Challenge.objects.get(id=parse_uuid(text))]
        except (ValueError, Challenge.DoesNotExist):
            raise CommandError(f"There is no challenge {text}.") from None


def line(challenge: Challenge, each: Difference) -> str:
    shown = "no row" if each.shown is None else amount(each.shown)
    counted = amount(each.counted)
    return (
        f"member {each.external_id}, challenge {challenge.id}, window {each.period_key}: {shown} -> {counted}"
    )

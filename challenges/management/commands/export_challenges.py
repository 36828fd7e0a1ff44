import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from challenges.api.exchange import exported
from challenges.models import Challenge
from core.api.http.renderers import encode


class Command(BaseCommand):
    help = "Write challenges with milestones, rewards, icons and all languages as one JSON document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", help="which challenges; none: all that are not archived")
        parser.add_argument("--output", "-o", help="the file; none: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = self._chosen(options["ids"])
        document = msgspec.json.format(encode(exported(chosen, timezone.now())), indent=2)
        if not options["output"]:
            sys.stdout.buffer.write(document + b"\n")
            return
        try:
            Path(options["output"]).write_bytes(document + b"\n")
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        self.stderr.write(f"Wrote {len(chosen)} challenges to {options['output']}.")

    def _chosen(self, ids: Sequence[str]) -> list[Challenge]:
        """Those named, else all that are not archived. Raises `CommandError` naming one that is not there."""
        there = Challenge.objects.unarchived().select_related("completion_reward").order_by("id")
        if not ids:
            return list(there)
        known = {str(each.id): each for each in there}
        for wanted in ids:
            if wanted.lower() not in known:
                raise CommandError(f"There is no challenge {wanted}.")
        return [known[wanted.lower()] for wanted in dict.fromkeys(ids)]

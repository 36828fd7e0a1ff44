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
        challenges = self._find(options["ids"])
        document = msgspec.json.format(encode(exported(challenges, timezone.now())), indent=2)
        if not options["output"]:
            sys.stdout.buffer.write(document + b"\n")
            return
        try:
            Path(options["output"]).write_bytes(document + b"\n")
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        self.stderr.write(f"Wrote {len(challenges)} challenges to {options['output']}.")

    def _find(self, ids: Sequence[str]) -> list[Challenge]:
        """Return these challenges; without ids, all unarchived. Raises `CommandError` for an unknown id."""
        unarchived = Challenge.objects.unarchived().select_related("completion_reward").order_by("id")
        if not ids:
            return list(unarchived)
        by_id = {str(challenge.id): challenge for challenge in unarchived}
        for id_ in ids:
            if id_.lower() not in by_id:
                raise CommandError(f"There is no challenge {id_}.")
        return [by_id[id_.lower()] for id_ in dict.fromkeys(ids)]

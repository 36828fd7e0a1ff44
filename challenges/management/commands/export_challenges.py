import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from challenges.exchange import exported
from challenges.models import Challenge
from challenges_project.api.renderers import encode


class Command(BaseCommand):
    help = "Write challenges with milestones, rewards, icons and all languages as one JSON document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", help="which challenges; none: all that are not archived")
        parser.add_argument("--output", "-o", help="the file; none: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Challenge.objects.unarchived().select_related("completion_reward").order_by("id")
        if options["ids"]:
            try:
                chosen = chosen.filter(id__in=options["ids"])
            except (TypeError, ValueError) as error:
                raise CommandError(f"That is no challenge's id: {error}") from error
        document = msgspec.json.format(encode(exported(chosen, timezone.now())), indent=2)
        if options["output"]:
            Path(options["output"]).write_bytes(document + b"\n")
            self.stderr.write(f"Wrote {chosen.count()} challenges to {options['output']}.")
        else:
            sys.stdout.buffer.write(document + b"\n")

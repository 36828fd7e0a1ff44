import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from challenges.models import Challenge
from demo.loading import load
from members.models import Member


@contextmanager
def warnings_silenced() -> Iterator[None]:
    """Silence warnings: the demo's pool runs low on purpose, and the terminal need not show it."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class Command(BaseCommand):
    help = "Load four challenges, members and believable activity into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, default=200, help="how many members (default 200)")
        parser.add_argument("--seed", type=int, default=2026, help="the same seed makes the same activity")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["members"] < 2:
            raise CommandError("--members: at least 2, alice and bob.")
        if Challenge.objects.exists() or Member.objects.exists():
            raise CommandError("The database is not empty; the demo goes into an empty one only.")
        with warnings_silenced():
            load(options["members"], options["seed"], timezone.now())
        self.stdout.write(
            f"Loaded {Challenge.objects.count()} challenges and {Member.objects.count()} members."
        )

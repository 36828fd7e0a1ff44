"""Make an API key; it is printed alone on the last line and cannot be read again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access.models.api_key import create_key
from core.api.callers import SCOPES


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="which backend will use it")
        parser.add_argument("--scope", action="append", required=True, choices=SCOPES, help="repeatable")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= 256:
            raise CommandError("The name needs 1 to 256 characters.")
        record, key = create_key(name, options["scope"], at=timezone.now())
        self.stderr.write(f"{record}: keep this key now, it is not shown again.")
        self.stdout.write(key)

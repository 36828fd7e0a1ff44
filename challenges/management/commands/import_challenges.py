from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from challenges.api.exchange import error_texts, imported
from core.api.errors import Refused
from core.api.http.strict_json import strict_loads
from core.errors import DomainError


class Command(BaseCommand):
    help = "Store what export_challenges wrote, all or nothing; everything arrives as a draft."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the document")
        parser.add_argument("--keep-status", action="store_true", help="live stays live: rewards are paid")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = strict_loads(Path(options["file"]).read_bytes())
            challenges = imported(document, timezone.now(), keep_status=options["keep_status"])
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except (DomainError, Refused) as error:
            raise CommandError("\n".join(error_texts(error))) from error
        for challenge in challenges:
            self.stdout.write(f"{challenge.id} {challenge.status} {challenge.name}")

"""Give codes to everybody who waits for one: after a crash, for imports and requests do it by themselves."""

from typing import Any

from django.core.management.base import BaseCommand

from rewards.domain import pending_codes


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{pending_codes.fill_all()} given")

"""`manage.py reset_second_factor USERNAME`: for who has lost the phone, the key and the codes."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from access.domain import audit_log, sessions


class Command(BaseCommand):
    help = "Remove the second factors of a staff account and end its sessions; its password then lets in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError without the extra mfa, and for an account that is not there."""
        if not settings.SECOND_FACTOR:
            raise CommandError("The extra mfa is not installed. Run: make install-mfa")
        from access.domain import second_factor

        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"No account is called {options['username']}.")
        with transaction.atomic():
            removed = second_factor.reset(user)
            sessions.end_all(user.pk)
            audit_log.note(
                None, "reset_second_factor", at=timezone.now(), target=user, detail={"factors": removed}
            )
        self.stdout.write(f"{removed} removed.")

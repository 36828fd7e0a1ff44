"""`manage.py createsuperuser`: Django's, with no way past the password's validators."""

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Django's, except that a weak password ends it. Raises CommandError with what is wrong.

        With --noinput Django asks no validator, and in a terminal it offers to go past them. Nothing is
        changed under DEBUG.
        """
        if settings.DEBUG:
            super().handle(*args, **options)
            return
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        if password and not options["interactive"]:
            names = {name: options.get(name) or "" for name in ("username", "email")}
            insist(password, self.UserModel(**names))
        # The prompt comes after the validators' ValidationError alone.
        setattr(createsuperuser, "validate_password", insist)  # noqa: B010 - mypy knows no other way
        try:
            super().handle(*args, **options)
        finally:
            setattr(createsuperuser, "validate_password", validate_password)  # noqa: B010


def insist(password: str, user: Any = None) -> None:
    """Validate a password; raise CommandError for one that is refused."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError("\n".join(error.messages)) from error

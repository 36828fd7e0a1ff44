"""`manage.py migrate`: Django's, which makes or finds a data folder that only its owner may read."""

from django.conf import settings
from django.core.management.commands import migrate

from challenges_project.data_folder import keep_private


class Command(migrate.Command):
    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line; the mask of a process that calls this command is its own matter."""
        keep_private(settings.DATA_DIR)
        super().run_from_argv(argv)

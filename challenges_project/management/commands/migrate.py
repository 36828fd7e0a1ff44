"""`manage.py migrate`: Django's, which makes or finds a data folder that only its owner may read.

Once nothing is left to migrate it finishes what edits of before still owe (docs/deploy.md, Upgrading).
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from challenges.engine.backfill import resume_all
from challenges_project.data_folder import keep_private

# However far ahead the clock was that an edit was made by.
ANY_TIME = datetime.max.replace(tzinfo=UTC)
CHANGES_NOTHING = ("check_unapplied", "plan", "prune")


class Command(migrate.Command):
    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line; the mask of a process that calls this command is its own matter."""
        keep_private(settings.DATA_DIR)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if any(options[name] for name in CHANGES_NOTHING) or options["database"] != DEFAULT_DB_ALIAS:
            return
        if _is_up_to_date():
            self._finish_edits(options["verbosity"])

    def _finish_edits(self, verbosity: int) -> None:
        """Pay what interrupted edits owe; a server that starts would do the same, in time."""
        try:
            finished = resume_all(ANY_TIME)
        except DatabaseError as error:
            self.stderr.write(f"An interrupted edit is not finished; the next server will try again: {error}")
            return
        if finished and verbosity:
            challenges = "one challenge" if finished == 1 else f"{finished} challenges"
            self.stdout.write(f"Finished what edits of before still owed in {challenges}.")


def _is_up_to_date() -> bool:
    """Whether every app is migrated: after a step back its tables are not those of the code."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())

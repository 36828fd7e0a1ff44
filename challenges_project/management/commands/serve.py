"""`manage.py serve`: check the installation, then become granian, the production server."""

import os
import shutil
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from challenges_project.data_folder import keep_private

MOST_WORKERS = 4
# Single logs that arrive together share a transaction: with six threads a log costs a sixth less.
THREADS = 6
# Open connections of one worker, idle ones included; further ones wait in the kernel's queue.
CONNECTIONS = 256
HEADER_MILLISECONDS = 10_000
STOP_SECONDS = 30
# Tables of the extra mfa.
SECOND_FACTORS = {"otp_totp_totpdevice", "django_otp_webauthn_webauthncredential"}
# Memory of a worker in MiB, beyond which it is replaced; one at a time.
WORKER_MEMORY = 1024


def default_workers() -> int:
    """One for each available processor, at most four; for more use --workers."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    return min(os.cpu_count() or 1, MOST_WORKERS)


class Command(BaseCommand):
    help = "Serve the project: granian over WSGI. Stands behind a proxy that buffers (docs/deploy.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
        parser.add_argument(
            "--workers",
            type=int,
            default=default_workers(),
            help="processes (default: processors, at most 4)",
        )
        parser.add_argument(
            "--threads",
            type=int,
            default=THREADS,
            help=f"requests a process works on at once (default: {THREADS})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what would fail on the first request, then become granian, so that it gets the signals.

        Raises CommandError with the remedy: the port is taken, no database, migrations to apply, static files
        not collected.
        """
        refuse_taken_port(options["host"], options["port"])
        keep_private(settings.DATA_DIR)
        self.refuse_unready_database()
        refuse_missing_static_files()
        refuse_unasked_second_factors()
        connection.close()
        if settings.METRICS:
            share_metrics(settings.DATA_DIR, options["port"])
        command = granian_command(options["host"], options["port"], options["workers"], options["threads"])
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 (no part of it comes from a user)

    def refuse_unready_database(self) -> None:
        try:
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
            self.warn_of_lost_commits()
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        if pending:
            raise CommandError(f"Migrations to apply: {len(pending)}. Run: manage.py migrate")

    def warn_of_lost_commits(self) -> None:
        """Warn when `synchronous_commit` is off: a crash of PostgreSQL then loses acknowledged logs."""
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            (value,) = cursor.fetchone()
        if value == "off":
            self.stderr.write(
                self.style.WARNING(
                    "synchronous_commit is off: a crash of PostgreSQL loses acknowledged activity. "
                    "Run: ALTER DATABASE ... SET synchronous_commit = on"
                )
            )


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError for a port in use: two granians would share it and divide the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


def refuse_missing_static_files() -> None:
    if isinstance(staticfiles_storage, ManifestFilesMixin) and not staticfiles_storage.hashed_files:
        raise CommandError("The static files are not collected. Run: manage.py collectstatic --noinput")


def refuse_unasked_second_factors() -> None:
    """Raise CommandError when accounts have a second factor and the extra that asks for it is missing."""
    if settings.SECOND_FACTOR:
        return
    accounts: set[int] = set()
    for table in SECOND_FACTORS & _tables():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT user_id FROM {table} WHERE confirmed")
            accounts.update(row[0] for row in cursor.fetchall())
    if accounts:
        has = "1 account has" if len(accounts) == 1 else f"{len(accounts)} accounts have"
        raise CommandError(
            f"{has} a second step of the login, and the extra mfa that asks for it is not installed. "
            "Run: make install-mfa"
        )


def _tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def share_metrics(data_dir: Path, port: int) -> None:
    """Set PROMETHEUS_MULTIPROC_DIR to an empty folder in which the workers' metrics add up.

    Its name is the port, which no other server has. The figures of the server before it are deleted.
    """
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    folder = data_dir / "metrics" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def granian_command(host: str, port: int, workers: int, threads: int) -> list[str]:
    """The command line of the server."""
    return [
        sys.executable,
        "-P",
        str(Path(__file__).parents[1] / "server.py"),
        "--interface=wsgi",
        "--http=1",
        "--no-ws",
        f"--host={host}",
        f"--port={port}",
        f"--workers={workers}",
        f"--blocking-threads={threads}",
        f"--backpressure={CONNECTIONS}",
        f"--http1-header-read-timeout={HEADER_MILLISECONDS}",
        "--respawn-failed-workers",
        f"--workers-max-rss={WORKER_MEMORY}",
        f"--workers-kill-timeout={STOP_SECONDS}",
        f"--working-dir={settings.BASE_DIR}",
        # Its one warning at start is about a setting of the kernel, which does not matter to the demo.
        f"--log-level={'error' if settings.DEBUG else 'warning'}",
        "challenges_project.wsgi:application",
    ]

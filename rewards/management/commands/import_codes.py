"""Import coupon codes into a pool: CSV with or without a header, or one code a line.

Interrupted or not, run it again with the same file: what is there already is left alone.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from core.api.values import parse_uuid
from core.errors import DomainError
from rewards.domain.code_files import Reason, read_codes
from rewards.domain.pool_import import Report, import_codes
from rewards.models import Reward

BAR_WIDTH = 30


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reward", help="the reward's id, or its whole name")
        parser.add_argument("file", help="the file of codes, or - for the standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        reward = self.find_reward(options["reward"])
        if options["file"] == "-":
            self.run(reward, sys.stdin.buffer, 0, ends_for_certain=False)
            return
        try:
            with Path(options["file"]).open("rb") as file:
                self.run(reward, file, Path(options["file"]).stat().st_size)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error

    def find_reward(self, id_or_name: str) -> Reward:
        unarchived = Reward.objects.unarchived()
        try:
            rewards = list(unarchived.filter(id=parse_uuid(id_or_name)))
        except ValueError:
            rewards = list(unarchived.filter(name=id_or_name)[:2])
        if len(rewards) != 1:
            raise CommandError(
                f"{len(rewards) or 'No'} rewards are named so: give the id from the admin's address."
            )
        return rewards[0]

    def run(self, reward: Reward, file: BinaryIO, size: int, ends_for_certain: bool = True) -> None:
        counting_file = CountingFile(file)
        report = Report()

        def on_progress(latest: Report) -> None:
            nonlocal report
            report = latest
            self.draw_bar(counting_file.bytes_read, size, report)

        try:
            lines = read_codes(counting_file, ends_for_certain=ends_for_certain)
            report = import_codes(reward.id, lines, on_progress=on_progress)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.write_report(report)
            raise CommandError(
                "Interrupted: what is told above is kept; run it again for the rest."
            ) from None
        self.write_report(report)

    def draw_bar(self, bytes_read: int, size: int, report: Report) -> None:
        """Draw a progress bar on a terminal; `size` 0: unknown, the count alone. Not styled as an error."""
        if not self.stderr.isatty():
            return
        done = min(1.0, bytes_read / size) if size else 0.0
        bar = f"[{'#' * round(done * BAR_WIDTH):<{BAR_WIDTH}}] {done:4.0%}" if size else ""
        self.stderr.write(f"\r{bar} {report.new:,} new of {report.read:,}", str, ending="")

    def write_report(self, report: Report) -> None:
        if self.stderr.isatty():
            self.stderr.write("")  # end the line of the bar
        self.stdout.write(
            f"{report.new} new, {report.duplicate} twice in the file, {report.existing} existed, "
            f"{report.invalid} invalid, {report.filled} given to those who waited"
        )
        for line in report.lines:
            self.stdout.write(f"line {line.number}: {line.code!r} {Reason(line.reason).label}")


class CountingFile:
    """File that counts the bytes read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.bytes_read = 0

    def read(self, size: int, /) -> bytes:
        chunk = self.file.read(size)
        self.bytes_read += len(chunk)
        return chunk

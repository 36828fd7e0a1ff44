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

WIDTH = 30


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reward", help="the reward's id, or its whole name")
        parser.add_argument("file", help="the file of codes, or - for the standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        reward = self.reward(options["reward"])
        if options["file"] == "-":
            self.run(reward, sys.stdin.buffer, 0, ends_for_certain=False)
            return
        try:
            with Path(options["file"]).open("rb") as file:
                self.run(reward, file, Path(options["file"]).stat().st_size)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error

    def reward(self, named: str) -> Reward:
        rewards = Reward.objects.unarchived()
        try:
            found = list(rewards.filter(id=parse_uuid(named)))
        except ValueError:
            found = list(rewards.filter(name=named)[:2])
        if len(found) != 1:
            raise CommandError(
                f"{len(found) or 'No'} rewards are named so: give the id from the admin's address."
            )
        return found[0]

    def run(self, reward: Reward, file: BinaryIO, size: int, ends_for_certain: bool = True) -> None:
        counted = Counted(file)
        report = Report()

        def told(now: Report) -> None:
            nonlocal report
            report = now
            self.draw(counted.taken, size, now)

        try:
            lines = read_codes(counted, ends_for_certain=ends_for_certain)
            report = import_codes(reward.id, lines, told=told)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.tell(report)
            raise CommandError(
                "Interrupted: what is told above is kept; run it again for the rest."
            ) from None
        self.tell(report)

    def draw(self, taken: int, size: int, report: Report) -> None:
        """A bar on a terminal, without the red of errors; a file or a pipe is not filled with it."""
        if not self.stderr.isatty():
            return
        done = min(1.0, taken / size) if size else 0.0
        bar = f"[{'#' * round(done * WIDTH):<{WIDTH}}] {done:4.0%}" if size else ""
        self.stderr.write(f"\r{bar} {report.new:,} new of {report.read:,}", str, ending="")

    def tell(self, report: Report) -> None:
        if self.stderr.isatty():
            self.stderr.write("")
        self.stdout.write(
            f"{report.new} new, {report.duplicate} twice in the file, {report.existing} existed, "
            f"{report.invalid} invalid, {report.filled} given to those who waited"
        )
        for line in report.lines:
            self.stdout.write(f"line {line.number}: {line.code!r} {Reason(line.reason).label}")


class Counted:
    """A file that knows how much of it was read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        piece = self.file.read(size)
        self.taken += len(piece)
        return piece

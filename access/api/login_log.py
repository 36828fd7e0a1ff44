"""One line in the log for each login that failed or succeeded, with name and address.

    failed login from 203.0.113.7 as "mia"

Tools such as fail2ban read the lines. The address is the caller's own; the name is quoted as in JSON, so that
no character of it ends the line or stands for another part of it. A flood is cut short and its rest counted.
"""

import json
import logging
import time
from threading import Lock

from django.http import HttpRequest

logger = logging.getLogger("access.logins")
LINES_A_MINUTE = 120  # of one process
LONGEST_NAME = 150


class _Lines:
    """Counts the lines of the current minute, and those that were left out."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.minute, self.written, self.left_out = -1, 0, 0

    def take(self) -> tuple[bool, int]:
        """Whether a line may be written now, and how many were left out of the minutes before."""
        minute = int(time.time() // 60)
        with self.lock:
            left_out = 0
            if minute != self.minute:
                left_out, self.minute, self.written, self.left_out = self.left_out, minute, 0, 0
            self.written += 1
            allowed = self.written <= LINES_A_MINUTE
            self.left_out += not allowed
            return allowed, left_out


_lines = _Lines()


def log_failure(request: HttpRequest | None, name: str, *, refused: bool) -> None:
    """`refused`: by a limit, without a look at the password."""
    allowed, left_out = _lines.take()
    if left_out:
        logger.warning("%d more failed logins were left out of the log", left_out)
    if allowed:
        logger.warning("%s login from %s as %s", "refused" if refused else "failed", *_who(request, name))


def log_success(request: HttpRequest | None, name: str) -> None:
    logger.info("login from %s as %s", *_who(request, name))


def _who(request: HttpRequest | None, name: str) -> tuple[str, str]:
    address = request.META.get("REMOTE_ADDR") if isinstance(request, HttpRequest) else None
    return str(address or "unknown"), json.dumps(name[:LONGEST_NAME])

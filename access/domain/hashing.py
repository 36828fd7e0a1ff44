"""The hasher of staff's passwords: Django's own, of which a process runs few at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from core.errors import DomainError

HASHES_AT_ONCE = 2
LONGEST_WAIT = 5  # seconds
_slots = BoundedSemaphore(HASHES_AT_ONCE)


class BoundedPasswordHasher(PBKDF2PasswordHasher):
    """PBKDF2 as in Django; reads and writes the same hashes.

    Whatever checks or sets a password hashes here: logins, forms, commands. A hash leaves the interpreter to
    other threads, so without a bound a worker's threads could take all processors.
    """

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises `DomainError` busy when none of the others ends in time."""
        with _slot():
            return super().encode(password, salt, iterations)


def busy() -> DomainError:
    return DomainError("busy", "Too many passwords are being checked; try again.", status="busy")


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=LONGEST_WAIT):
        raise busy()
    try:
        yield
    finally:
        _slots.release()

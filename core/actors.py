"""Who acts without a staff account: a backend with its API key, or a command. Pure.

The API and `manage.py` set it; the audit log and the history of edits read it, so that a function of the
domain need not be told (docs/trust.md, Who did it).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is kept as text with each act, as the key may be renamed or deleted later."""

    name: str
    api_key_id: UUID | None = None


COMMAND_LINE = Actor("command line")
_current: ContextVar[Actor] = ContextVar("actor", default=COMMAND_LINE)


def api_key(key_id: UUID, name: str) -> Actor:
    return Actor(f"API key {name}", key_id)


def command(name: str) -> Actor:
    return Actor(f"{COMMAND_LINE.name}: {name}")


def current() -> Actor:
    """Return who acts; the command line unless something else was set."""
    return _current.get()


def set_current(actor: Actor) -> None:
    """Set who acts until the end of the innermost `acting`."""
    _current.set(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Set who acts inside the block."""
    token = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(token)

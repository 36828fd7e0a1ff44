"""Sessions of staff: they end when idle and after a day's work, and are listed and ended one by one.

The setting SESSION_ENGINE: Django's store in the database, with a model of our own. Times are in UTC.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from access.models.staff_session import StaffSession
from core.sql.nowait import nowait

# Use is noted at most this often, so that reading a page costs no write.
NOTED_EVERY = timedelta(minutes=1)
LONGEST_USER_AGENT = 256


class SessionStore(db.SessionStore):
    """Django's store, which also knows since when, by whom and from where a session is used."""

    handle: uuid.UUID | None = None
    began_at: datetime | None = None
    seen_at: datetime | None = None
    address: str | None = None
    user_agent = ""

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def come_from(self, address: str | None, user_agent: str) -> None:
        """Say who asks; it is stored with the session when that is saved or its use noted."""
        self.address, self.user_agent = address, printable(user_agent)[:LONGEST_USER_AGENT]

    def begin(self) -> None:
        """Count the longest life from now: somebody has just logged in."""
        self.began_at = timezone.now()

    def note_use(self) -> None:
        """Put off the end of an idle session, at most once a minute. Raises DatabaseError, to be ignored."""
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at < NOTED_EVERY:
            return
        with nowait():
            StaffSession.objects.filter(session_key=self.session_key).update(
                seen_at=now, expire_date=_end(self.began_at or now, now), address=self.address
            )

    def create(self) -> None:
        self.handle = None
        super().create()

    def flush(self) -> None:
        super().flush()
        self.handle = self.began_at = self.seen_at = None

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        now = timezone.now()
        self.handle = self.handle or uuid.uuid4()
        self.began_at = self.began_at or now
        session: Any = super().create_model_instance(data)
        session.handle, session.user_id = self.handle, data.get("_auth_user_id")
        session.began_at, session.seen_at = self.began_at, now
        session.address, session.user_agent = self.address, self.user_agent
        session.expire_date = _end(self.began_at, now)
        return session

    def _get_session_from_db(self) -> StaffSession | None:
        session: StaffSession | None = super()._get_session_from_db()  # type: ignore[misc]
        if session is not None:
            self.handle, self.began_at, self.seen_at = session.handle, session.began_at, session.seen_at
        return session


def of_user(user_id: int) -> QuerySet[StaffSession]:
    """The sessions of a staff account that have not ended, the one used last first."""
    return StaffSession.objects.filter(user_id=user_id, expire_date__gt=timezone.now()).order_by("-seen_at")


def end_all(user_id: int, *, but: str | None = None) -> int:
    """End the sessions of a staff account, but for the one with the key `but`; returns how many."""
    sessions = StaffSession.objects.filter(user_id=user_id)
    if but:
        sessions = sessions.exclude(session_key=but)
    return sessions.delete()[0]


def note_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Count a session's life from its login, and forget those that have ended; a user_logged_in receiver."""
    if isinstance(getattr(request, "session", None), SessionStore):
        request.session.begin()
    try:
        StaffSession.objects.filter(expire_date__lt=timezone.now()).delete()
    except DatabaseError:
        return


def printable(text: str) -> str:
    """The text without what no header should hold, and what PostgreSQL refuses."""
    return "".join(character for character in text if character.isprintable())


def _end(began_at: datetime, now: datetime) -> datetime:
    idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return min(now + idle, began_at + timedelta(seconds=settings.SESSION_COOKIE_AGE))

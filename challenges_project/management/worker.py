"""A worker of `manage.py serve`: the application behind admission control, and what runs beside it."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core.admission import Admission

# Threads beside those that work: for requests that wait or are blocked, and some that are kept free for
# `/healthz` and refusals. They cost little until they are used.
WAITING_THREADS = 80
FREE_THREADS = 4
SPARE_THREADS = WAITING_THREADS + FREE_THREADS
# Requests that read have these beside those that change: changes alone wait for locks.
READING_THREADS = 2
RESUME_EVERY_SECONDS, RETRY_AFTER_SECONDS = 30, 5

logger = logging.getLogger(__name__)


def load(load_application: Callable[[], Any], threads: int) -> Any:
    """Load the WSGI application in a worker of so many working threads."""
    application = load_application()
    # Django is set up by now.
    from django.conf import settings
    from django.db import connections

    from core import admission
    from core.api.http.admission import admit

    blocked = WAITING_THREADS
    if connections["default"].vendor == "postgresql":
        from core.sql.postgresql.base import serve_requests

        serve_requests(connections["default"], settings.DATABASE_LIMITS)
        blocked = max(2, settings.DATABASE_POOL_SIZE - threads - READING_THREADS)
    places = Admission(threads, READING_THREADS, WAITING_THREADS, blocked)
    admission.install(places)
    threading.Thread(target=resume_work, name="resume-work", daemon=True).start()
    return admit(application, places)


def resume_work() -> None:
    """Go on with what requests left: at once that of an earlier server, later what comes to a halt.

    That is what interrupted edits owe, what is left of counting anyway all that a filter finds, and of the
    kept activities that a challenge takes; for the last two a request of this process wakes it. Also show the
    rules that have come into force with their window.
    """
    from django.db import DatabaseError, connection
    from django.utils import timezone

    from challenges.engine import kept_activities, manual_count_runs, runs
    from challenges.engine.backfill import INTERRUPTED_AFTER, resume_all
    from challenges.engine.rule_versions import apply_all_due

    # An edit that another process is paying at this moment looks alike: its lock, and the keys of what it
    # paid, keep the two apart. So does the lock of a run that another process goes on with.
    patience, is_woken = timedelta(0), False
    while True:
        pause, has_more = float(RETRY_AFTER_SECONDS), False
        try:
            now = timezone.now()
            resume_all(now - patience)
            apply_all_due(now)
            moved_before = now if is_woken else now - patience
            has_more = manual_count_runs.resume_all(moved_before)
            has_more |= kept_activities.resume_all(moved_before)
            patience, pause = INTERRUPTED_AFTER, 0 if has_more else RESUME_EVERY_SECONDS
        except DatabaseError as error:
            logger.warning("What requests left could not be resumed, trying again: %s", error)
        except Exception:
            logger.exception("What requests left could not be resumed, trying again")
        finally:
            connection.close()
        is_woken = runs.work_waits.wait(pause) or has_more
        # Before the next look at what is unfinished: what is begun after it sets this again.
        runs.work_waits.clear()

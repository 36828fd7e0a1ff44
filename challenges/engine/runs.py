"""Go on with runs that were interrupted: counting anyway, and taking kept activities, work in pieces."""

import logging
import threading
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import DatabaseError

from core.errors import DomainError

# Set when a run has more to do than its request did: a server waits for it.
work_waits = threading.Event()

logger = logging.getLogger(__name__)


def resume_each(run_ids: Iterable[UUID], advance: Callable[[UUID], bool]) -> bool:
    """Go on with each of these runs; return whether one has more.

    A run that fails is logged and left for the next time, so that it holds up no other.
    """
    has_more = False
    for run_id in list(run_ids):
        try:
            has_more |= advance(run_id)
        except (DatabaseError, DomainError) as error:
            # An edit may hold the challenge for longer than a lock is waited for.
            logger.warning("Run %s could not go on, trying again: %s", run_id, error)
        except Exception:
            logger.exception("Run %s could not go on, trying again", run_id)
    return has_more

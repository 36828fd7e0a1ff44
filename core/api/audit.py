"""Audit the writing requests of API keys: by default in the view, or by the domain that it calls.

`RecordViewSet` makes the key the current actor (`core.actors`) of a writing request. Rows of history and
entries of the audit log that are written meanwhile carry its name. A view set lists the actions of which the
domain writes an entry itself; of every other one the view sends `key_acted`, in the transaction of the act.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from core import actors
from core.api.callers import AdminCaller

# Arguments: action, such as `edit_member`; record, as it was before a removal, or None; fields, the names on
# the wire that were sent; at.
key_acted = Signal()

VERBS = {"create": "create", "partial_update": "edit", "destroy": "delete"}


class AuditedView:
    """Mixin of `RecordViewSet`."""

    # Actions of which the domain writes an entry of the audit log, or a row of history, itself.
    audited_by_domain: frozenset[str] = frozenset()

    _acted_on: Any = None

    def note_record(self, record: Any) -> None:
        """Remember the record that this request acts on; a copy, because deleting it clears its key."""
        self._acted_on = copy(record)

    def begin_audit(self: Any, request: Request) -> None:
        """Make an API key that writes the current actor, and see to it that its act is noted."""
        caller = request.user
        if request.method in SAFE_METHODS or not isinstance(caller, AdminCaller):
            return
        actors.set_current(actors.api_key(caller.key_id, caller.name))
        if self.action and self.action not in self.audited_by_domain:
            method = request.method.lower()
            # DRF looks the handler up after `initial`, in which this is called.
            setattr(self, method, self._noting(getattr(self, method)))

    def _noting(self: Any, handler: Callable[..., Response]) -> Callable[..., Response]:
        def noting(request: Request, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic():
                response = handler(request, *args, **kwargs)
                key_acted.send(
                    sender=type(self),
                    action=f"{VERBS.get(self.action, self.action)}_{self.slug}",
                    record=self._acted_on,
                    fields=_sent_fields(request),
                    at=self.at,
                )
            return response

        return noting


def _sent_fields(request: Request) -> list[str]:
    """The names in a body that the view has read; not `request.data`, which would refuse a missing body."""
    body = getattr(request, "_full_data", None)
    return sorted(body) if isinstance(body, dict) else []

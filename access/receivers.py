"""Write down who acted: in every row of history, and in the audit log for an API key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from simple_history.signals import post_create_historical_record, pre_create_historical_record

from access.domain import audit_log
from core import actors
from core.api.audit import key_acted

VERBS = {"+": "create", "~": "edit", "-": "delete"}


@receiver(pre_create_historical_record, dispatch_uid="access.name_editor")
def name_editor(history_instance: Any, history_user: Any = None, **kwargs: Any) -> None:
    actor = actors.current()
    history_instance.history_actor = history_user.get_username() if history_user else actor.name
    history_instance.history_api_key_id = None if history_user else actor.api_key_id


@receiver(post_create_historical_record, dispatch_uid="access.note_edit")
def note_edit(instance: Any, history_instance: Any, history_date: datetime, **kwargs: Any) -> None:
    """Note an edit by an API key in the audit log too, where all that a key did can be listed."""
    if history_instance.history_api_key_id is None:
        return
    verb = VERBS[history_instance.history_type]
    if verb == "edit" and getattr(instance, "archived_at", None) is not None:
        verb = "archive"
    audit_log.note(None, f"{verb}_{instance._meta.model_name}", at=history_date, target=instance)


@receiver(key_acted, dispatch_uid="access.note_act")
def note_act(action: str, record: Any, fields: Sequence[str], at: datetime, **kwargs: Any) -> None:
    # A member, or a record of one.
    member = record if hasattr(record, "external_id") else getattr(record, "member", None)
    audit_log.note(None, action, at=at, member=member, target=record, detail={"fields": list(fields)})

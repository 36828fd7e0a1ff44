"""Template tags and filters of the back office."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.queries.example_states import STATES
from backoffice.queries.log_words import why_not_counted
from rewards.domain.revocation import revoked_by
from rewards.models import RewardLog

register = template.Library()
register.simple_tag(why_not_counted)
register.filter(revoked_by)


@register.simple_tag
def preview_states() -> tuple[tuple[Any, Any], ...]:
    return STATES


@register.filter
def in_zone(moment: datetime | None, zone: str) -> str:
    """Format a time on the clock of an IANA zone, as 2026-11-22 18:00; a dash for no time."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if moment else "–"


@register.filter
def is_over(moment: datetime) -> bool:
    return moment <= timezone.now()


@register.filter
def total(rows: Iterable[Any], name: str) -> int:
    """Add up one attribute of all rows."""
    return sum(getattr(row, name) for row in rows)


ACTION_LABELS = {
    "fill": _("Give a code"),
    "redeem": _("Mark redeemed"),
    "unredeem": _("Not redeemed after all"),
    "reissue": _("Re-issue"),
    "extend": _("Extend expiry"),
    "revoke": _("Revoke"),
    "count_anyway": _("Count anyway"),
    "reverse": _("Take back"),
}

STAFF_ACTION_LABELS = {
    "fill": _("Gave a code"),
    "redeem": _("Marked a code as redeemed"),
    "unredeem": _("Took a redemption back"),
    "reissue": _("Re-issued a code"),
    "extend": _("Extended an expiry"),
    "revoke": _("Revoked a reward"),
    "count_anyway": _("Counted a log anyway"),
    "count_anyway_all": _("Counted anyway all that a filter finds"),
    "reverse": _("Took a log back"),
    "add_log": _("Added a log"),
    "pause_member": _("Paused the member"),
    "resume_member": _("Resumed the member"),
    "create_member": _("Created the member"),
    "edit_member": _("Edited the member"),
    "erase_member": _("Erased the member"),
    "export_member": _("Exported the member's data"),
}


@register.filter
def staff_action_label(action: str) -> str:
    """Say in words what staff did; an action without a label is shown by its name."""
    return str(STAFF_ACTION_LABELS.get(action, action.replace("_", " ")))


@register.filter
def action_label(name: str) -> str:
    return str(ACTION_LABELS[name])


@register.filter
def in_display_order(names: Iterable[str]) -> list[str]:
    """Sort the names of actions as they are always shown, destructive ones last."""
    return [name for name in ACTION_LABELS if name in names]


@register.filter
def share_of(value: Decimal, target: Decimal) -> str:
    """Return the value as a percentage of the target, at most 100, with a point and two digits for CSS."""
    return f"{min(100, 100 * value / target):.2f}"


@register.filter
def value_of(mapping: Mapping[str, Any], key: str) -> Any:
    """Look a key up; a missing key is returned itself."""
    return mapping.get(key, key)


@register.simple_tag
def reward_badge(log: RewardLog, at: datetime) -> str:
    status = log.status_at(at)
    return format_html('<span class="desk-badge is-{}">{}</span>', status.value, status.label)

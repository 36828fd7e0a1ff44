"""What the desk's templates need beside Django's own."""

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
from backoffice.queries.member_timeline import why_not_counted
from challenges.models import ChallengeLog
from rewards.models import RewardLog

register = template.Library()


@register.simple_tag
def preview_states() -> tuple[tuple[Any, Any], ...]:
    return STATES


@register.filter
def in_zone(moment: datetime | None, zone: str) -> str:
    """On the clock of that zone: 2026-11-22 18:00."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if moment else "–"


@register.filter
def is_over(moment: datetime) -> bool:
    return moment <= timezone.now()


@register.filter
def total(rows: Iterable[Any], name: str) -> int:
    return sum(getattr(row, name) for row in rows)


ACT_NAMES = {
    "fill": _("Give a code"),
    "redeem": _("Mark redeemed"),
    "unredeem": _("Not redeemed after all"),
    "reissue": _("Re-issue"),
    "extend": _("Extend expiry"),
    "revoke": _("Revoke"),
    "count_anyway": _("Count anyway"),
    "reverse": _("Take back"),
}


STAFF_ACTS = {
    "fill": _("Gave a code"),
    "redeem": _("Marked a code as redeemed"),
    "unredeem": _("Took a redemption back"),
    "reissue": _("Re-issued a code"),
    "extend": _("Extended an expiry"),
    "revoke": _("Revoked a reward"),
    "count_anyway": _("Counted a log anyway"),
    "reverse": _("Took a log back"),
    "add_log": _("Added a log"),
    "pause_member": _("Paused the member"),
    "resume_member": _("Resumed the member"),
    "erase_member": _("Erased the member"),
    "export_member": _("Exported the member's data"),
}


@register.filter
def staff_act(action: str) -> str:
    """What staff did, in words; an action that this page does not know keeps its own name."""
    return str(STAFF_ACTS.get(action, action.replace("_", " ")))


@register.filter
def act_name(name: str) -> str:
    return str(ACT_NAMES[name])


@register.filter
def in_order(names: Iterable[str]) -> list[str]:
    """Always the same order, the destructive last."""
    return [name for name in ACT_NAMES if name in names]


@register.filter
def share_of(value: Decimal, target: Decimal) -> str:
    return f"{min(100, 100 * value / target):.2f}"


@register.filter
def value_of(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key, key)


@register.simple_tag
def why(log: ChallengeLog) -> str:
    return why_not_counted(log)


@register.simple_tag
def reward_badge(log: RewardLog, at: datetime) -> str:
    status = log.status_at(at)
    return format_html('<span class="desk-badge is-{}">{}</span>', status.value, status.label)

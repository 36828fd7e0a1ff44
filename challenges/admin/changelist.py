"""The changelist of challenges, with figures that take one query for the whole page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timeuntil
from django.utils.translation import gettext_lazy as _

from challenges.caches.config import rules_of
from challenges.models import Challenge, ChallengeProgress
from core.admin.theme import ChangeList, display
from core.choices import RecordStatus

STATUS_COLOURS = {"draft": "info", "live": "success", "paused": "warning", "archived": "danger"}


@dataclass(frozen=True, slots=True)
class WindowStatistics:
    """Participants and completions of one challenge in its current window."""

    ends_at: datetime
    participants: int = 0
    completed: int = 0

    @property
    def rate(self) -> int:
        """The completed part of the participants in percent, rounded down."""
        return self.completed * 100 // self.participants if self.participants else 0


def window_statistics(challenges: Iterable[Challenge], at: datetime) -> dict[UUID, WindowStatistics]:
    """Count, in one query, the progress of each challenge in its window at the moment `at`."""
    windows = {challenge.id: (challenge, challenge.window_at(at)) for challenge in challenges}
    condition = Q(pk__in=[])
    for id_, (_challenge, window) in windows.items():
        condition |= Q(challenge=id_, period_key=window.period_key)
    rows = ChallengeProgress.objects.filter(condition).order_by().values_list("challenge")
    counts = {
        id_: (participants, completed)
        for id_, participants, completed in rows.annotate(Count("id"), Count("challenge_completed_at"))
    }
    rules = rules_of(windows)
    return {
        id_: WindowStatistics(rules[id_].of_window(window).closes_at, *counts.get(id_, (0, 0)))
        for id_, (_challenge, window) in windows.items()
    }


class ChallengeChangeList(ChangeList):
    """Adds `figures` to the challenges of the page."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        figures = window_statistics(self.result_list, timezone.now())
        for challenge in self.result_list:
            challenge.figures = figures[challenge.id]


class ChallengeColumns:
    """ModelAdmin mixin with the columns of the changelist."""

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, challenge: Challenge) -> tuple[str, str]:
        if challenge.archived_at:
            return "archived", str(_("Archived"))
        return challenge.status, str(RecordStatus(challenge.status).label)

    @display(description=_("goal"))
    def goal(self, challenge: Any) -> str:
        period = challenge.get_aggregation_period_display().split(" ")[0]
        return f"{challenge.completion_target_value:,f} · {period}"

    @display(description=_("window ends"))
    def window_ends(self, challenge: Any) -> str:
        ends_at, now = challenge.figures.ends_at, timezone.now()
        if ends_at <= now:
            return str(_("over"))
        local = timezone.localtime(ends_at)
        return format_html(
            '<span title="{}">{}</span>', f"{local:%Y-%m-%d %H:%M %Z}", timeuntil(ends_at, now, depth=1)
        )

    @display(description=_("participants"))
    def participants(self, challenge: Any) -> str:
        return f"{challenge.figures.participants:,}"

    @display(description=_("completed"))
    def completed(self, challenge: Any) -> str:
        figures = challenge.figures
        return format_html(
            '<span class="desk-bar"><progress max="100" value="{0}"></progress> {1} · {0} %</span>',
            figures.rate,
            figures.completed,
        )

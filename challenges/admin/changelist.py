"""The list of challenges: what one asks of each, answered in a few queries for the whole page."""

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

from challenges.models import Challenge, ChallengeProgress
from core.admin.theme import ChangeList, display
from core.choices import RecordStatus

STATUS_COLOURS = {"draft": "info", "live": "success", "paused": "warning", "archived": "danger"}


@dataclass(frozen=True, slots=True)
class WindowStatistics:
    """Of one challenge and the window of now."""

    ends_at: datetime
    participants: int = 0
    completed: int = 0

    @property
    def rate(self) -> int:
        return self.completed * 100 // self.participants if self.participants else 0


def window_statistics(challenges: Iterable[Challenge], at: datetime) -> dict[UUID, WindowStatistics]:
    """One query for any number of challenges."""
    windows = {each.id: (each, each.window_at(at)) for each in challenges}
    wanted = Q(pk__in=[])
    for id_, (_challenge, window) in windows.items():
        wanted |= Q(challenge=id_, period_key=window.period_key)
    rows = ChallengeProgress.objects.filter(wanted).order_by().values_list("challenge")
    counted = {
        id_: (joined, completed)
        for id_, joined, completed in rows.annotate(Count("id"), Count("challenge_completed_at"))
    }
    return {
        id_: WindowStatistics(challenge.closes_at(window), *counted.get(id_, (0, 0)))
        for id_, (challenge, window) in windows.items()
    }


class ChallengeChangeList(ChangeList):
    """Looks the figures up once the page's rows are known."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        figures = window_statistics(self.result_list, timezone.now())
        for challenge in self.result_list:
            challenge.figures = figures[challenge.id]


class ChallengeColumns:
    """The columns of the list."""

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, challenge: Challenge) -> tuple[str, str]:
        if challenge.archived_at:
            return "archived", str(_("Archived"))
        return challenge.status, str(RecordStatus(challenge.status).label)

    @display(description=_("goal"))
    def goal(self, challenge: Any) -> str:
        how = challenge.get_aggregation_period_display().split(" ")[0]
        return f"{challenge.completion_target_value:,f} · {how}"

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

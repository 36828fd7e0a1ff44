"""A challenge's dashboard: one window beside the ones before it, with charts, their tables, and CSV."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.pages.csv_files import download
from backoffice.pages.page import may, page
from backoffice.queries import statistics
from challenges.models import Challenge
from core.errors import DomainError
from core.periods import Window, window_after, window_of_key
from milestones.models import Milestone

QUIET = "#8b93a3"


def _options(stacked: bool) -> str:
    ticks = {"color": QUIET, "precision": 0}
    return json.dumps(
        {
            "responsive": True,
            "maintainAspectRatio": False,
            "animation": False,
            "plugins": {"legend": {"position": "bottom", "labels": {"boxWidth": 10, "color": QUIET}}},
            "scales": {
                "x": {"stacked": stacked, "grid": {"display": False}, "ticks": ticks},
                "y": {"stacked": stacked, "beginAtZero": True, "ticks": ticks},
            },
        }
    )


@may("challenges.view_challenge", "challenges.view_challengeprogress")
def show(request: HttpRequest, challenge_id: UUID) -> HttpResponseBase:
    """`?window=2026-11` chooses one; `?format=csv` downloads the figures that are shown."""
    at = timezone.now()
    challenge: Challenge = get_object_or_404(
        Challenge.objects.select_related("completion_reward"), id=challenge_id
    )
    now = challenge.window_at(at)
    window = chosen_window(challenge, request.GET.get("window"), now)
    milestones = list(
        Milestone.objects.live()
        .filter(challenge=challenge)
        .select_related("reward")
        .order_by("milestone_target_value", "id")
    )
    recent = statistics.results(challenge, statistics.recent_windows(challenge, window))
    found: dict[str, Any] = {
        "challenge": challenge,
        "window": window,
        "closes_at": challenge.closes_at(window),
        "is_open": window.starts_at <= at < challenge.closes_at(window),
        "recent": recent,
        "result": recent[-1],
        "before": recent[-2],
        "steps": statistics.funnel(challenge, milestones, window),
        "days": statistics.logs_per_day(challenge, window, at),
        "coupons": statistics.reward_statistics(
            statistics.rewards_of(challenge, milestones), challenge, window, at
        ),
    }
    if request.GET.get("format") == "csv":
        return download(f"challenge-{challenge.id}-{window.period_key}", rows(found))
    return page(
        request,
        "backoffice/dashboard.html",
        _("Figures of %(name)s") % {"name": challenge},
        **found,
        earlier=recent[-2].window.period_key,
        later=_later(challenge, window, now),
        days_chart=_days_chart(found["days"]),
        trend_chart=_trend_chart(recent),
        stacked=_options(stacked=True),
        side_by_side=_options(stacked=False),
    )


def chosen_window(challenge: Challenge, key: str | None, now: Window) -> Window:
    """The window of now for a key that names none, or a later one."""
    try:
        window = window_of_key(challenge.aggregation_period, key or "", challenge.time_zone)
    except DomainError:
        return now
    return min(window, now, key=lambda each: each.starts_at)


def _later(challenge: Challenge, window: Window, now: Window) -> str:
    if window.starts_at >= now.starts_at:
        return ""
    return window_after(challenge.aggregation_period, window, challenge.time_zone).period_key


def _days_chart(days: list[statistics.Day]) -> str:
    return json.dumps(
        {
            "labels": [date_format(each.day, "M j") for each in days],
            "datasets": [
                _bars(_("Counted"), [each.counted for each in days], "var(--color-primary-600)"),
                _bars(_("Not counted"), [each.not_counted for each in days], "#f59e0b"),
            ],
        }
    )


def _trend_chart(recent: list[statistics.WindowResult]) -> str:
    return json.dumps(
        {
            "labels": [each.window.period_key for each in recent],
            "datasets": [
                _bars(_("Participants"), [each.participants for each in recent], "var(--color-primary-300)"),
                _bars(_("Completed"), [each.completed for each in recent], "var(--color-primary-700)"),
            ],
        }
    )


def _bars(label: str, data: list[int], colour: str) -> dict[str, Any]:
    return {"label": label, "data": data, "backgroundColor": colour, "maxBarThickness": 28, "borderRadius": 3}


def rows(found: dict[str, Any]) -> Iterator[list[Any]]:
    """The page's tables, one below the other."""
    yield [_("Challenge"), found["challenge"].name, _("Window"), found["window"].period_key]
    yield []
    yield [_("Step"), _("Value"), _("Members"), _("Share in %")]
    yield from ([s.name, f"{s.value:f}", s.members, f"{s.share:.1f}"] for s in found["steps"])
    yield []
    yield [_("Day"), _("Counted"), _("Not counted")]
    yield from ([each.day.isoformat(), each.counted, each.not_counted] for each in found["days"])
    yield []
    yield [_("Reward"), _("Issued"), _("Redeemed"), _("Waiting"), _("Revoked or capped"), _("Codes left")]
    yield from ([c.name, c.issued, c.redeemed, c.pending, c.lost, c.left] for c in found["coupons"])
    yield []
    yield [_("Window"), _("Participants"), _("Completed"), _("Rate in %")]
    yield from ([r.window.period_key, r.participants, r.completed, f"{r.rate:.1f}"] for r in found["recent"])

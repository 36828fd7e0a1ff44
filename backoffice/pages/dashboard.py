"""A challenge's statistics page: one window and those before it, as charts, tables and a CSV file."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.pages.csv_files import csv_response
from backoffice.pages.page import render_page, require_permissions
from backoffice.queries import statistics
from challenges.caches.config import rules_of
from challenges.models import Challenge
from core.errors import DomainError
from core.periods import Window, window_after, window_of_key
from milestones.models import Milestone

LABEL_COLOUR = "#8b93a3"


@require_permissions("challenges.view_challenge", "challenges.view_challengeprogress")
def show(request: HttpRequest, challenge_id: UUID) -> HttpResponseBase:
    """Show the window that `?window=2026-11` names; with `?format=csv` download its tables."""
    at = timezone.now()
    challenge: Challenge = get_object_or_404(
        Challenge.objects.select_related("completion_reward"), id=challenge_id
    )
    current_window = challenge.window_at(at)
    window = requested_window(challenge, request.GET.get("window"), current_window)
    tables = _tables(challenge, window, at)
    if request.GET.get("format") == "csv":
        return csv_response(
            f"challenge-{challenge.id}-{window.period_key}", csv_rows(challenge, window, tables)
        )
    windows = tables["windows"]
    closes_at = rules_of([challenge.id])[challenge.id].of_window(window).closes_at
    return render_page(
        request,
        "backoffice/dashboard.html",
        _("Figures of %(name)s") % {"name": challenge},
        challenge=challenge,
        window=window,
        closes_at=closes_at,
        is_open=window.starts_at <= at < closes_at,
        result=windows[-1],
        previous=windows[-2],
        next_key=_next_key(challenge, window, current_window),
        **tables,
        days_chart=_days_chart(tables["days"]),
        windows_chart=_windows_chart(windows),
        stacked=_chart_options(stacked=True),
        side_by_side=_chart_options(stacked=False),
    )


def requested_window(challenge: Challenge, key: str | None, current_window: Window) -> Window:
    """Return the window that the period key names; the current one for a future window or no valid key."""
    try:
        window = window_of_key(challenge.aggregation_period, key or "", challenge.time_zone)
    except DomainError:
        return current_window
    return min(window, current_window, key=lambda candidate: candidate.starts_at)


def _tables(challenge: Challenge, window: Window, at: datetime) -> dict[str, Any]:
    """Return the rows of the page's four tables, which the CSV file has too."""
    milestones = list(
        Milestone.objects.live()
        .filter(challenge=challenge)
        .select_related("reward")
        .order_by("milestone_target_value", "id")
    )
    rewards = statistics.rewards_of(challenge, milestones)
    return {
        "steps": statistics.funnel(challenge, milestones, window),
        "days": statistics.logs_per_day(challenge, window, at),
        "coupons": statistics.reward_statistics(rewards, challenge, window, at),
        "windows": statistics.window_results(challenge, statistics.recent_windows(challenge, window)),
    }


def _next_key(challenge: Challenge, window: Window, current_window: Window) -> str:
    """Return the period key of the window after this one, or "" where that lies in the future."""
    if window.starts_at >= current_window.starts_at:
        return ""
    return window_after(challenge.aggregation_period, window, challenge.time_zone).period_key


def csv_rows(challenge: Challenge, window: Window, tables: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the page's tables one below the other, each under its header."""
    yield [_("Challenge"), challenge.name, _("Window"), window.period_key]
    yield []
    yield [_("Step"), _("Value"), _("Members"), _("Share in %")]
    for step in tables["steps"]:
        yield [step.name, f"{step.value:f}", step.members, f"{step.share:.1f}"]
    yield []
    yield [_("Day"), _("Counted"), _("Not counted")]
    for day in tables["days"]:
        yield [day.day.isoformat(), day.counted, day.not_counted]
    yield []
    yield [_("Reward"), _("Issued"), _("Redeemed"), _("Waiting"), _("Revoked or capped"), _("Codes left")]
    for reward in tables["coupons"]:
        yield [
            reward.name, reward.issued, reward.redeemed, reward.pending, reward.revoked_or_capped,
            reward.codes_left,
        ]  # fmt: skip
    yield []
    yield [_("Window"), _("Participants"), _("Completed"), _("Rate in %")]
    for result in tables["windows"]:
        yield [result.window.period_key, result.participants, result.completed, f"{result.rate:.1f}"]


def _days_chart(days: list[statistics.DayLogs]) -> str:
    return json.dumps(
        {
            "labels": [date_format(day.day, "M j") for day in days],
            "datasets": [
                _bars(_("Counted"), [day.counted for day in days], "var(--color-primary-600)"),
                _bars(_("Not counted"), [day.not_counted for day in days], "#f59e0b"),
            ],
        }
    )


def _windows_chart(results: list[statistics.WindowResult]) -> str:
    participants = [result.participants for result in results]
    completed = [result.completed for result in results]
    return json.dumps(
        {
            "labels": [result.window.period_key for result in results],
            "datasets": [
                _bars(_("Participants"), participants, "var(--color-primary-300)"),
                _bars(_("Completed"), completed, "var(--color-primary-700)"),
            ],
        }
    )


def _bars(label: str, data: list[int], colour: str) -> dict[str, Any]:
    return {"label": label, "data": data, "backgroundColor": colour, "maxBarThickness": 28, "borderRadius": 3}


def _chart_options(stacked: bool) -> str:
    """Return Chart.js options as JSON, for the theme's `canvas.chart`."""
    ticks = {"color": LABEL_COLOUR, "precision": 0}
    return json.dumps(
        {
            "responsive": True,
            "maintainAspectRatio": False,
            "animation": False,
            "plugins": {"legend": {"position": "bottom", "labels": {"boxWidth": 10, "color": LABEL_COLOUR}}},
            "scales": {
                "x": {"stacked": stacked, "grid": {"display": False}, "ticks": ticks},
                "y": {"stacked": stacked, "beginAtZero": True, "ticks": ticks},
            },
        }
    )

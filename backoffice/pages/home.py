"""The admin's first page: what runs now, which pools run low, who changed what, and the search."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from challenges.admin.changelist import window_statistics
from challenges.models import Challenge
from rewards.domain.pool_levels import Outlook, PoolState, outlooks, pool_states
from rewards.models import Reward

SHOWN_AT_MOST = 20
EDITS_SHOWN = 6


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Each part for those who may see it; a bounded number of queries."""
    may = request.user.has_perm
    if may("challenges.view_challenge") and may("challenges.view_challengeprogress"):
        context |= {"challenges": _running(), "edits": _edits()}
    if may("rewards.view_couponcode"):
        context["pools"] = _pools()
    return context | {"may_search": may("members.view_member")}


def _running() -> list[Challenge]:
    challenges = list(Challenge.objects.live().order_by("display_order", "-id")[:SHOWN_AT_MOST])
    found = window_statistics(challenges, timezone.now())
    for each in challenges:
        each.figures = found[each.id]
    return challenges


def _pools() -> list[tuple[PoolState, Outlook]]:
    """The low ones first."""
    shown = sorted(pool_states(), key=lambda pool: (not pool.low, pool.name))[:SHOWN_AT_MOST]
    rewards = Reward.objects.filter(id__in=[pool.reward_id for pool in shown])
    ahead = outlooks(list(rewards), timezone.now())
    return [(pool, ahead[pool.reward_id]) for pool in shown if pool.reward_id in ahead]


def _edits() -> Any:
    history = Challenge.history.select_related("history_user")  # type: ignore[attr-defined]
    return history.order_by("-history_date", "-history_id")[:EDITS_SHOWN]

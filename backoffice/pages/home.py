"""The admin's first page: live challenges, code pools, recent edits and the search for a member."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from challenges.admin.changelist import window_statistics
from challenges.models import Challenge
from rewards.domain.pool_levels import Outlook, PoolState, outlooks, pool_states
from rewards.models import Reward

MAX_ROWS = 20
MAX_EDITS = 6


def overview_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the index page's context what the user may see, in a bounded number of queries."""
    may = request.user.has_perm
    if may("challenges.view_challenge") and may("challenges.view_challengeprogress"):
        context |= {"challenges": _live_challenges(), "edits": _recent_edits()}
    if may("rewards.view_couponcode"):
        context["pools"] = _pools()
    return context | {"may_search": may("members.view_member")}


def _live_challenges() -> list[Challenge]:
    """Return the first live challenges, each with `statistics` of its current window."""
    challenges = list(Challenge.objects.live().order_by("display_order", "-id")[:MAX_ROWS])
    statistics = window_statistics(challenges, timezone.now())
    for challenge in challenges:
        challenge.statistics = statistics[challenge.id]
    return challenges


def _pools() -> list[tuple[PoolState, Outlook]]:
    """Return the state and the forecast of pools, low ones first."""
    pools = sorted(pool_states(), key=lambda pool: (not pool.low, pool.name))[:MAX_ROWS]
    rewards = Reward.objects.filter(id__in=[pool.reward_id for pool in pools])
    forecasts = outlooks(list(rewards), timezone.now())
    return [(pool, forecasts[pool.reward_id]) for pool in pools if pool.reward_id in forecasts]


def _recent_edits() -> Any:
    history = Challenge.history.select_related("history_user")  # type: ignore[attr-defined]
    return history.order_by("-history_date", "-history_id")[:MAX_EDITS]

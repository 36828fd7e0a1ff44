"""The admin's sidebar, grouped by task, and the theme's stylesheet and icon."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _


def stylesheet(request: HttpRequest) -> str:
    return static("backoffice/backoffice.css")


def favicon(request: HttpRequest) -> str:
    return static("backoffice/favicon.svg")


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links of the theme's menu of one's own account."""
    if not request.user.is_authenticated:
        return []
    links = [{"title": _("Your sessions"), "link": reverse("backoffice:sessions")}]
    if settings.SECOND_FACTOR:
        links.append({"title": _("Two-step login"), "link": reverse("backoffice:second_factor")})
    if request.user.has_usable_password():
        links.append({"title": _("Change password"), "link": reverse("admin:password_change")})
    return links


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the theme's SIDEBAR navigation.

    Links to pages that the user may not see are left out, and so is a group without links.
    """
    navigation = [
        _group(_("Start"), [_overview_link(), _member_search_link(request)]),
        _group(
            _("Campaigns"),
            [
                _changelist_link(request, "challenges", "challenge", "flag", _("Challenges")),
                _changelist_link(request, "milestones", "milestone", "stairs", _("Milestones")),
                _changelist_link(request, "rewards", "reward", "redeem", _("Rewards")),
                _changelist_link(request, "rewards", "couponcode", "confirmation_number", _("Coupon codes")),
            ],
        ),
        _group(
            _("Members"),
            [
                _changelist_link(request, "members", "member", "group", _("Members")),
                _changelist_link(request, "challenges", "challengeprogress", "trending_up", _("Progress")),
                _changelist_link(request, "challenges", "challengelog", "receipt_long", _("Challenge logs")),
                _changelist_link(request, "rewards", "rewardlog", "local_activity", _("Reward logs")),
                _changelist_link(request, "challenges", "activity", "bolt", _("Activities")),
            ],
        ),
        _group(
            _("Access"),
            [
                _changelist_link(request, "access", "apikey", "key", _("API keys")),
                _changelist_link(request, "access", "staffaction", "history_edu", _("Audit log")),
                _changelist_link(request, "auth", "user", "person", _("Staff")),
                _changelist_link(request, "auth", "group", "shield_person", _("Roles")),
                _changelist_link(request, "axes", "accessattempt", "lock_clock", _("Failed logins")),
                _changelist_link(request, "axes", "accesslog", "login", _("Logins")),
            ],
        ),
    ]
    return [group for group in navigation if group["items"]]


def _overview_link() -> dict[str, Any]:
    return {"title": _("Overview"), "icon": "home", "link": reverse("admin:index")}


def _member_search_link(request: HttpRequest) -> dict[str, Any] | None:
    if not request.user.has_perm("members.view_member"):
        return None
    return {"title": _("Find a member"), "icon": "person_search", "link": reverse("backoffice:members")}


def _group(title: str, items: list[dict[str, Any] | None]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": [item for item in items if item]}


def _changelist_link(
    request: HttpRequest, app: str, model: str, icon: str, title: str
) -> dict[str, Any] | None:
    is_registered = admin.site.is_registered(apps.get_model(app, model))
    if not is_registered or not request.user.has_perm(f"{app}.view_{model}"):
        return None
    return {"title": title, "icon": icon, "link": reverse(f"admin:{app}_{model}_changelist")}

"""The admin's sidebar: what each role works with, by task."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _


def stylesheet(request: HttpRequest) -> str:
    return static("backoffice/backoffice.css")


def favicon(request: HttpRequest) -> str:
    return static("backoffice/favicon.svg")


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The theme's SIDEBAR navigation; a page that the user may not see is left out, so is an empty group."""
    listed = [
        _group(_("Start"), [_overview(), _finder(request)]),
        _group(
            _("Campaigns"),
            [
                _models(request, "challenges", "challenge", "flag", _("Challenges")),
                _models(request, "milestones", "milestone", "stairs", _("Milestones")),
                _models(request, "rewards", "reward", "redeem", _("Rewards")),
                _models(request, "rewards", "couponcode", "confirmation_number", _("Coupon codes")),
            ],
        ),
        _group(
            _("Members"),
            [
                _models(request, "members", "member", "group", _("Members")),
                _models(request, "challenges", "challengeprogress", "trending_up", _("Progress")),
                _models(request, "challenges", "challengelog", "receipt_long", _("Challenge logs")),
                _models(request, "rewards", "rewardlog", "local_activity", _("Reward logs")),
                _models(request, "challenges", "activity", "bolt", _("Activities")),
            ],
        ),
        _group(
            _("Access"),
            [
                _models(request, "access", "apikey", "key", _("API keys")),
                _models(request, "access", "staffaction", "history_edu", _("Staff actions")),
                _models(request, "auth", "user", "person", _("Staff")),
                _models(request, "auth", "group", "shield_person", _("Roles")),
                _models(request, "axes", "accessattempt", "lock_clock", _("Failed logins")),
                _models(request, "axes", "accesslog", "login", _("Logins")),
            ],
        ),
    ]
    return [group for group in listed if group["items"]]


def _overview() -> dict[str, Any]:
    return {"title": _("Overview"), "icon": "home", "link": reverse("admin:index")}


def _finder(request: HttpRequest) -> dict[str, Any] | None:
    if not request.user.has_perm("members.view_member"):
        return None
    return {"title": _("Find a member"), "icon": "person_search", "link": reverse("backoffice:members")}


def _group(title: str, items: list[dict[str, Any] | None]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": [item for item in items if item]}


def _models(request: HttpRequest, app: str, model: str, icon: str, title: str) -> dict[str, Any] | None:
    registered = admin.site.is_registered(apps.get_model(app, model))
    if not registered or not request.user.has_perm(f"{app}.view_{model}"):
        return None
    return {"title": title, "icon": icon, "link": reverse(f"admin:{app}_{model}_changelist")}

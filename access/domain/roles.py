"""The permissions of the two staff groups, set after every migrate.

A receiver and no data migration, because on a new database permissions are created after the migrations.
It also removes permissions of our apps that are not in the table; a shop makes groups of its own for others.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.db import router

MARKETERS, SUPPORT = "Marketers", "Support"

_EDIT = ("view", "add", "change", "delete")
# (app, model) -> the actions of each group
PERMISSIONS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("challenges", "challenge"): {MARKETERS: _EDIT, SUPPORT: ("view",)},
    ("challenges", "challengelog"): {MARKETERS: ("view",), SUPPORT: ("view", "add")},
    ("challenges", "challengeprogress"): {MARKETERS: ("view",), SUPPORT: ("view",)},
    ("milestones", "milestone"): {MARKETERS: _EDIT, SUPPORT: ("view",)},
    ("rewards", "reward"): {MARKETERS: _EDIT, SUPPORT: ("view",)},
    ("rewards", "couponcode"): {MARKETERS: ("view", "add"), SUPPORT: ("view",)},
    ("rewards", "rewardlog"): {MARKETERS: ("view",), SUPPORT: ("view", "change")},
    ("members", "member"): {MARKETERS: ("view",), SUPPORT: ("view", "change")},
}


def permission_names(group: str, app_label: str) -> set[str]:
    """The code names of a group's permissions in one app, such as `view_challenge`."""
    return {
        f"{action}_{model}"
        for (app, model), groups in PERMISSIONS.items()
        for action in groups.get(group, ())
        if app == app_label
    }


def set_permissions(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Set the permissions of both groups in the app of the sender; the post_migrate receiver, idempotent."""
    from django.contrib.auth.models import Group

    if sender.label not in {app for app, _model in PERMISSIONS} or not router.allow_migrate_model(
        using, Group
    ):
        return
    create_permissions(sender, verbosity=0, using=using)
    for name in (MARKETERS, SUPPORT):
        group, _created = Group.objects.using(using).get_or_create(name=name)
        _set_group_permissions(group, sender.label, using)


def _set_group_permissions(group: Any, app_label: str, using: str) -> None:
    from django.contrib.auth.models import Permission

    of_app = Permission.objects.using(using).filter(content_type__app_label=app_label)
    wanted = set(of_app.filter(codename__in=permission_names(group.name, app_label)))
    present = set(group.permissions.filter(content_type__app_label=app_label))
    group.permissions.add(*(wanted - present))
    group.permissions.remove(*(present - wanted))

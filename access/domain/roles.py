"""What the two groups of the staff may do, as one table, set after every migrate.

A receiver, not a data migration: on a fresh database the permissions do not exist yet while migrations run.
Permissions of our apps are set exactly as tabled; for anything else make a group of your own.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.db import router

MARKETERS, SUPPORT = "Marketers", "Support"

_EDIT = ("view", "add", "change", "delete")
# (app, model) -> what each group may do with it
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


def tabled(group: str, app_label: str) -> set[str]:
    """The code names that a group has in one app, such as `view_challenge`."""
    return {
        f"{action}_{model}"
        for (app, model), groups in PERMISSIONS.items()
        for action in groups.get(group, ())
        if app == app_label
    }


def set_permissions(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """The post_migrate receiver: runs for each app once its tables exist, and again any time."""
    from django.contrib.auth.models import Group

    if sender.label not in {app for app, _model in PERMISSIONS} or not router.allow_migrate_model(
        using, Group
    ):
        return
    create_permissions(sender, verbosity=0, using=using)
    for name in (MARKETERS, SUPPORT):
        group, _created = Group.objects.using(using).get_or_create(name=name)
        _set(group, sender.label, using)


def _set(group: Any, app_label: str, using: str) -> None:
    from django.contrib.auth.models import Permission

    ours = Permission.objects.using(using).filter(content_type__app_label=app_label)
    wanted = set(ours.filter(codename__in=tabled(group.name, app_label)))
    present = set(group.permissions.filter(content_type__app_label=app_label))
    group.permissions.add(*(wanted - present))
    group.permissions.remove(*(present - wanted))

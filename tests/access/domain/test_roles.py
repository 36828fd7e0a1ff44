from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from access.domain.roles import MARKETERS, PERMISSIONS, SUPPORT, set_permissions


def of(name):
    permissions = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions}


def tabled(name):
    return {
        f"{app}.{action}_{model}"
        for (app, model), groups in PERMISSIONS.items()
        for action in groups.get(name, ())
    }


def test_every_permission_of_the_table_exists_and_is_given(db):
    assert of(MARKETERS) == tabled(MARKETERS)
    assert of(SUPPORT) == tabled(SUPPORT)


def test_support_never_edits_rules_and_nobody_makes_keys(db):
    rules = {"challenges.change_challenge", "milestones.change_milestone", "rewards.change_reward"}

    assert of(SUPPORT) & rules == set()
    assert {p for p in of(MARKETERS) | of(SUPPORT) if p.startswith(("access.", "auth."))} == set()


def test_another_migrate_mends_our_apps_and_leaves_the_rest(db):
    group = Group.objects.get(name=SUPPORT)
    foreign = Permission.objects.get(codename="view_user", content_type__app_label="auth")
    too_much = Permission.objects.get(codename="change_challenge", content_type__app_label="challenges")
    group.permissions.remove(*group.permissions.filter(codename="view_member"))
    group.permissions.add(foreign, too_much)

    call_command("migrate", verbosity=0)

    assert of(SUPPORT) == tabled(SUPPORT) | {"auth.view_user"}


def test_setting_them_again_changes_nothing(db, django_assert_max_num_queries):
    before = of(MARKETERS)

    for app in ("members", "rewards", "milestones", "challenges"):
        set_permissions(sender=apps.get_app_config(app), using="default")

    assert of(MARKETERS) == before

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ProjectConfig(AppConfig):
    """The project as an app, so that Django finds its commands."""

    name = "challenges_project"
    label = "challenges_project"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from core.sql.postgresql import migrating

        pre_migrate.connect(migrating.wait_briefly_for_locks, dispatch_uid="postgresql.locks")
        post_migrate.connect(migrating.wait_as_usual, dispatch_uid="postgresql.locks")


class StaffAdminConfig(admin_apps.AdminConfig):
    """The admin with our site class; INSTALLED_APPS names it instead of django.contrib.admin."""

    default = False
    default_site = "core.admin.site.StaffSite"

    def ready(self) -> None:
        """Find every app's admin module, then register what they noted."""
        from django.contrib import admin

        from core.admin import registry

        super().ready()
        registry.register_all(admin.site)

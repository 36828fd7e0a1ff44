from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class FloorConfig(AppConfig):
    """The project itself, an app for the sake of its commands."""

    name = "challenges_project"
    label = "challenges_project"


class StaffAdminConfig(admin_apps.AdminConfig):
    """What INSTALLED_APPS names instead of django.contrib.admin."""

    default = False
    default_site = "challenges_project.admin.site.StaffSite"

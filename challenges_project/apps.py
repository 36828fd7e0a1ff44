from django.apps import AppConfig


class FloorConfig(AppConfig):
    """The project itself, an app for the sake of its commands."""

    name = "challenges_project"
    label = "challenges_project"

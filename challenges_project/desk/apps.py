from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "challenges_project.desk"
    label = "desk"

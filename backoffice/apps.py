from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"
    label = "desk"  # the app's first name, by which installed databases know it

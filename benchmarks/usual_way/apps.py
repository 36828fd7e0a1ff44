from django.apps import AppConfig


class UsualWayConfig(AppConfig):
    name = "benchmarks.usual_way"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from benchmarks.usual_way import receivers  # noqa: F401 (connects them)

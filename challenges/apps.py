from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    name = "challenges"

    def ready(self) -> None:
        from challenges import receivers  # noqa: F401
        from challenges.api.metrics import WaitingReversalsCollector
        from core.api import health

        health.collectors.append(WaitingReversalsCollector())

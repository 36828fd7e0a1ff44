from django.apps import AppConfig


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        from challenges_project.api import health
        from rewards import receivers  # noqa: F401
        from rewards.metrics import PoolCollector

        health.collectors.append(PoolCollector())

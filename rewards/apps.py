from django.apps import AppConfig


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        from core.api import health
        from rewards import receivers  # noqa: F401
        from rewards.api.metrics import PoolCollector

        health.collectors.append(PoolCollector())

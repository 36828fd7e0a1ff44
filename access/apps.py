from django.apps import AppConfig


class AccessConfig(AppConfig):
    """API keys, end-user tokens and the groups of the staff."""

    name = "access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from access import receivers  # noqa: F401
        from access.api import throttling
        from access.domain import roles, tokens

        # An invalid setting stops the start.
        tokens.configured_verifier()
        throttling.configured_rate()
        post_migrate.connect(roles.set_permissions, dispatch_uid="access.groups")

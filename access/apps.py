from django.apps import AppConfig


class AccessConfig(AppConfig):
    """API keys, end-user tokens and the groups of the staff."""

    name = "access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from django.conf import settings
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_migrate

        from access import receivers  # noqa: F401
        from access.api import logins, throttling
        from access.domain import roles, sessions, tokens

        # An invalid setting stops the start.
        tokens.configured_verifier()
        throttling.configured_rate()
        user_logged_in.connect(logins.note_success, dispatch_uid="access.logins")
        if settings.SECOND_FACTOR:
            from access.domain import second_factor

            user_logged_in.connect(second_factor.note_login, dispatch_uid="access.second_factor")
        user_logged_in.connect(sessions.note_login, dispatch_uid="access.sessions")
        post_migrate.connect(roles.set_permissions, dispatch_uid="access.groups")

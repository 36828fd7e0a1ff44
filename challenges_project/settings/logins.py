"""Logins of staff."""

from django.conf import global_settings

# --- Limits of logins (access/api/logins.py) ---------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "access.api.logins.LimitedLogins",
    # Permissions, and sessions that began before.
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["access.domain.hashing.BoundedPasswordHasher", *global_settings.PASSWORD_HASHERS[1:]]
AXES_HANDLER = "access.api.logins.AttemptHandler"
AXES_CLIENT_IP_CALLABLE = "access.api.logins.attempted_address"
AXES_USERNAME_CALLABLE = "access.api.logins.attempted_name"
AXES_LOCKOUT_CALLABLE = "access.api.logins.refused_page"
# Both, or anyone who knows a user name could lock its owner out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 1  # the handler counts, and says 1 for too many
AXES_COOLOFF_TIME = 1
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

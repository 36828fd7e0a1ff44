"""The second factor of staff, where the extra `mfa` is installed (docs/decisions, number 18)."""

from importlib.util import find_spec

from challenges_project.settings.environment import env, refuse

SECOND_FACTOR = all(find_spec(package) for package in ("django_otp", "django_otp_webauthn", "segno"))
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=False)
if REQUIRE_SECOND_FACTOR and not SECOND_FACTOR:
    raise refuse("REQUIRE_SECOND_FACTOR", "the extra mfa is not installed; run: make install-mfa")
# Where the admin sends whoever has given the password alone.
SECOND_FACTOR_URL = "backoffice:second_factor_check"
SECOND_FACTOR_APPS = [
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_otp_webauthn",
]
SECOND_FACTOR_MIDDLEWARE = ["django_otp.middleware.OTPMiddleware"]
OTP_TOTP_ISSUER = "Challenges"
# Each wrong code of an account doubles the wait for the next, from whatever address, by whomever.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 1
OTP_WEBAUTHN_RP_NAME = "Challenges"
OTP_WEBAUTHN_HELPER_CLASS = "access.domain.passkeys.OwnHostHelper"
# A passkey is the second step: the first costs a stranger no session.
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
# Both are asked of the request, whose host ALLOWED_HOSTS has checked. The library insists on values.
OTP_WEBAUTHN_RP_ID_CALLABLE = "access.domain.passkeys.host_of"
OTP_WEBAUTHN_ALLOWED_ORIGINS = ["https://localhost"]

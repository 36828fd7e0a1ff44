"""Second factors of staff: authenticator apps, passkeys and recovery codes, by django-otp.

Needs the extra `mfa`: imported only where settings.SECOND_FACTOR says that it is installed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.db import transaction
from django_otp import devices_for_user, verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from core.admin.second_factor import DUE, PASSWORD_AT

RECOVERY_CODES = 10
CODE_OF_AN_APP = re.compile(r"\d{6}")
# A change of one's factors asks for the password again after so many seconds.
PASSWORD_HOLDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Factors:
    """The confirmed factors of an account. Recovery codes stand in for one, and are none themselves."""

    apps: list[TOTPDevice]
    passkeys: list[WebAuthnCredential]
    codes_left: int

    def __bool__(self) -> bool:
        return bool(self.apps or self.passkeys)


def factors_of(user: Any) -> Factors:
    return Factors(
        list(TOTPDevice.objects.filter(user=user, confirmed=True)),
        list(WebAuthnCredential.objects.filter(user=user, confirmed=True)),
        StaticToken.objects.filter(device__user=user).count(),
    )


def unconfirmed_app(user: Any) -> TOTPDevice:
    """The authenticator app that is being set up; the same one until it is confirmed."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def confirm_app(user: Any, code: str) -> TOTPDevice | None:
    """Confirm the app that is being set up by its first code; None for a wrong one."""
    device: TOTPDevice | None = verify_token(user, unconfirmed_app(user).persistent_id, code)
    if device is not None:
        device.confirmed = True
        device.save(update_fields=["confirmed"])
    return device


def check(user: Any, code: str) -> Any:
    """The device that a code belongs to, which is used up; None for a wrong one, and while one must wait."""
    code = re.sub(r"[\s-]", "", code).lower()
    kind = TOTPDevice if CODE_OF_AN_APP.fullmatch(code) and code.isascii() else StaticDevice
    for device in kind.objects.filter(user=user, confirmed=True):
        if verified := verify_token(user, device.persistent_id, code):
            return verified
    return None


def seconds_to_wait(user: Any) -> int:
    """How long until the next code of the account is looked at; 0 when it may be sent at once."""
    now = datetime.now(UTC)
    waits = [device.verify_is_allowed()[1] for device in devices_for_user(user)]
    ends = [wait["locked_until"] for wait in waits if wait and "locked_until" in wait]
    return max((ceil((end - now).total_seconds()) for end in ends), default=0)


@transaction.atomic
def new_recovery_codes(user: Any) -> list[str]:
    """Replace the account's recovery codes; each lets in once."""
    device, _created = StaticDevice.objects.get_or_create(user=user, defaults={"name": "recovery codes"})
    device.token_set.all().delete()
    tokens = [StaticToken(device=device, token=StaticToken.random_token()) for _code in range(RECOVERY_CODES)]
    return [token.token for token in StaticToken.objects.bulk_create(tokens)]


@transaction.atomic
def remove(user: Any, persistent_id: str) -> bool:
    """Remove a factor of the account; the last one takes the recovery codes with it."""
    device = next((own for own in devices_for_user(user) if own.persistent_id == persistent_id), None)
    if device is None:
        return False
    device.delete()
    if not factors_of(user):
        StaticDevice.objects.filter(user=user).delete()
    return True


@transaction.atomic
def reset(user: Any) -> int:
    """Remove every factor of an account, so that its password alone lets in; returns how many there were."""
    devices = list(devices_for_user(user, confirmed=None))
    for device in devices:
        device.delete()
    return len(devices)


def note_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Note in the session whether the password was only the first step; a user_logged_in receiver."""
    request.session[DUE] = bool(factors_of(user))
    request.session[PASSWORD_AT] = datetime.now(UTC).timestamp()


def knows_password(request: Any) -> bool:
    """Whether the password was given in this session a short while ago."""
    at = request.session.get(PASSWORD_AT, 0)
    return bool(datetime.now(UTC).timestamp() - at < PASSWORD_HOLDS)


def is_required() -> bool:
    return bool(settings.REQUIRE_SECOND_FACTOR)

"""Passkeys are bound to the host that is asked, which ALLOWED_HOSTS has checked. Needs the extra `mfa`."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_otp_webauthn.helpers import WebAuthnHelper


class OwnHostHelper(WebAuthnHelper):
    """The library's ceremony, for the address under which the admin was opened and no other."""

    def get_allowed_origins(self) -> list[str]:
        return [f"{self.request.scheme}://{self.request.get_host()}"]

    def create_credential(self, *args: Any) -> Any:
        credential = super().create_credential(*args)
        credential.name = str(_("Passkey"))
        return credential


def host_of(request: HttpRequest) -> str:
    """The host without its port: what the browser calls the relying party."""
    return request.get_host().partition(":")[0]

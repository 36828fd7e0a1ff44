"""The two ceremonies of passkeys: setting one up, and the second step of the login. They speak JSON.

Needs the extra `mfa`: imported only where it is installed.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, JsonResponse
from django_otp_webauthn import exceptions, views
from django_otp_webauthn.models import WebAuthnCredential

from backoffice.pages.second_factor import (
    begin_with,
    count_failure,
    let_in,
    logged_in,
    may_try,
    of_oneself,
)

LARGEST = 64 * 1024


class _TooMany(exceptions.OTPWebAuthnApiError):
    status_code = 429
    default_code = "throttled"


class _HostileBodies(views.BaseWebAuthnView):
    """The library takes what it parses for granted: what is wrong with a body is the caller's fault."""

    def _parse_request_data(self, request: Any) -> Any:
        try:
            data = super()._parse_request_data(request) if len(request.body) <= LARGEST else None
        except (ValueError, RecursionError) as error:
            raise exceptions.MalformedRequest() from error
        if not isinstance(data, dict):
            raise exceptions.MalformedRequest()
        return data

    def handle_exception(self, error: Exception) -> Any:
        if isinstance(error, exceptions.OTPWebAuthnApiError | DatabaseError | PermissionDenied | Http404):
            return super().handle_exception(error)
        return super().handle_exception(exceptions.UnprocessableEntity())


class _BeginRegistration(_HostileBodies, views.BeginCredentialRegistrationView):
    pass


class _CompleteRegistration(_HostileBodies, views.CompleteCredentialRegistrationView):
    def post(self, *args: Any, **kwargs: Any) -> JsonResponse:
        verified_before = self.request.user.is_verified()
        answer: JsonResponse = super().post(*args, **kwargs)
        newest = WebAuthnCredential.objects.filter(user=self.request.user).latest("pk")
        if not verified_before:
            # The library lets in without a new key for the session.
            self.request.session.cycle_key()
        begin_with(self.request, newest)
        return answer


class _BeginCheck(_HostileBodies, views.BeginCredentialAuthenticationView):
    def check_can_authenticate(self) -> None:
        super().check_can_authenticate()
        if not may_try(self.request):
            raise _TooMany()


class _CompleteCheck(_HostileBodies, views.CompleteCredentialAuthenticationView):
    def check_can_authenticate(self) -> None:
        super().check_can_authenticate()
        if not may_try(self.request):
            raise _TooMany()

    def complete_auth(self, device: WebAuthnCredential) -> Any:
        let_in(self.request, device)
        return self.request.user

    def handle_exception(self, error: Exception) -> Any:
        if not isinstance(error, _TooMany):
            count_failure(self.request)
        return super().handle_exception(error)


begin_registration = of_oneself(_BeginRegistration.as_view())
complete_registration = of_oneself(_CompleteRegistration.as_view())
begin_check = logged_in(_BeginCheck.as_view())
complete_check = logged_in(_CompleteCheck.as_view())

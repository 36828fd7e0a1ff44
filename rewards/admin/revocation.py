"""The page of a revoked reward log says who revoked it."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin.theme import display
from rewards.domain.revocation import revoked_by
from rewards.models import RewardLog


class ShowsWhoRevoked:
    """ModelAdmin mixin that says on the page of a revoked reward log who revoked it."""

    def get_fields(self: Any, request: HttpRequest, obj: RewardLog | None = None) -> Any:
        fields = super().get_fields(request, obj)
        return (*fields, "who_revoked") if obj is not None and revoked_by(obj) else fields

    def get_readonly_fields(self: Any, request: HttpRequest, obj: RewardLog | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "who_revoked")

    @display(description=_("revoked"))
    def who_revoked(self, log: RewardLog) -> Any:
        return revoked_by(log)

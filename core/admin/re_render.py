"""A form whose saving was refused, or asks first, is shown again with everything that was typed."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse

from core.admin.confirmation import ConfirmationRequired, UnconfirmedForm
from core.admin.form_errors import RejectedForm
from core.errors import DomainError


class ReRenderedForms:
    """For a ModelAdmin whose saving may raise a `DomainError` or, before anything was written, a `Question`.

    A refusal becomes errors beside the fields that it names. The template shows `question`.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view  # type: ignore[misc]
        try:
            return view(request, object_id, form_url, extra_context)
        except (DomainError, ConfirmationRequired) as raised:
            request.raised = raised  # type: ignore[attr-defined]
            asked = {"question": raised} if isinstance(raised, ConfirmationRequired) else {}
            return view(request, object_id, form_url, {**(extra_context or {}), **asked})

    def get_form(self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any) -> Any:
        """The second time it is no form to be saved, whatever was typed."""
        form = super().get_form(request, obj, **kwargs)  # type: ignore[misc]
        raised = getattr(request, "raised", None)
        if raised is None:
            return form
        if isinstance(raised, ConfirmationRequired):
            return type(form.__name__, (UnconfirmedForm, form), {})
        return type(form.__name__, (RejectedForm, form), {"refusal": raised})

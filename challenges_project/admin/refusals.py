"""A `DomainError` raised while saving becomes errors of the form, beside the fields that it names."""

import re
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse

from challenges_project.errors import DomainError, DomainErrors

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


def field_of(error: DomainError, form: forms.BaseForm) -> str | None:
    """The field for the wire's name (`completionTargetValue`); None where the form has no such field."""
    if error.field is None:
        return None
    name = _HUMP.sub("_", error.field).lower()
    candidates = (error.field, name, f"{name}_en", name.removesuffix("_id"))
    return next((each for each in candidates if each in form.fields), None)


def refuse_form(form: forms.BaseForm, error: DomainError) -> None:
    """Add every refusal to the form: at its field, or on top."""
    for each in error.errors if isinstance(error, DomainErrors) else [error]:
        field = field_of(each, form)
        form.add_error(field, forms.ValidationError(each.message, each.code))


class RefusedForm:
    """A form that was saved once and refused by the domain: validating it again says so."""

    refusal: DomainError

    def full_clean(self) -> None:
        super().full_clean()  # type: ignore[misc]
        if self.is_bound and not self.errors:  # type: ignore[attr-defined]
            refuse_form(self, self.refusal)  # type: ignore[arg-type]


class RefusalsAsErrors:
    """For a ModelAdmin: the refused form is shown again with what was typed, as for any other mistake."""

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
        except DomainError as error:
            request.refusal = error  # type: ignore[attr-defined]
            return view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)  # type: ignore[misc]
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else type(form.__name__, (RefusedForm, form), {"refusal": refusal})

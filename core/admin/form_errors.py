"""A `DomainError` raised while saving becomes errors of the form, beside the fields that it names."""

import re

from django import forms

from core.errors import DomainError, DomainErrors

NESTED = re.compile(r"(?P<kind>[a-zA-Z]+)\.(?P<place>\d+)\.(?P<field>.+)")
_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


def errors_in(error: DomainError) -> list[DomainError]:
    return error.errors if isinstance(error, DomainErrors) else [error]


def field_of(wire_name: str | None, form: forms.BaseForm) -> str | None:
    """The form's field for the wire's name: `rewardId` is `reward`, `eudTitle.de` is `eud_title_de`."""
    if not wire_name:
        return None
    name = _HUMP.sub("_", wire_name).lower().replace(".", "_")
    candidates = (wire_name, name, f"{name}_en", name.removesuffix("_id"), name.rpartition("_")[2])
    return next((each for each in candidates if each in form.fields), None)


def add_error(form: forms.BaseForm, error: DomainError, wire_name: str | None) -> None:
    """Add a refusal at its field, or on top of the form."""
    field = field_of(wire_name, form)
    said = error.message if field or not wire_name else f"{wire_name}: {error.message}"
    form.add_error(field, forms.ValidationError(said, error.code))


class RejectedForm:
    """A form that was saved once and refused by the domain: validating it again says so.

    Refusals of a record inside the record (`milestones.1.name`) are left to whoever shows that one.
    """

    refusal: DomainError

    def full_clean(self) -> None:
        super().full_clean()  # type: ignore[misc]
        if self.is_bound and not self.errors:  # type: ignore[attr-defined]
            for error in errors_in(self.refusal):
                if not NESTED.match(error.field or ""):
                    add_error(self, error, error.field)  # type: ignore[arg-type]

"""Turn a `DomainError` raised while saving into errors of the form, beside the fields that it names."""

from django import forms

from core.errors import DomainError, DomainErrors


def errors_in(error: DomainError) -> list[DomainError]:
    return error.errors if isinstance(error, DomainErrors) else [error]


def split_nested(field: str | None) -> tuple[int, str] | None:
    """`milestones.1.name` as (1, "name"); None for a field of the record itself."""
    parts = (field or "").split(".", 2)
    return (int(parts[1]), parts[2]) if len(parts) == 3 and parts[1].isdecimal() else None


def add_error(form: forms.BaseForm, error: DomainError, field: str | None) -> None:
    """Add the error at `field` where the form has it, else on top of the form, led by the field's name."""
    if field is None or field in form.fields:
        form.add_error(field, forms.ValidationError(error.message, error.code))
    else:
        form.add_error(None, forms.ValidationError(f"{field}: {error.message}", error.code))


class RejectedForm:
    """A form that the domain refused to save: validating it again adds the errors.

    Errors of a record inside the record (`milestones.1.name`) are added by whoever shows that record.
    """

    refusal: DomainError

    def full_clean(self) -> None:
        super().full_clean()  # type: ignore[misc]
        if self.is_bound and not self.errors:  # type: ignore[attr-defined]
            for error in errors_in(self.refusal):
                if split_nested(error.field) is None:
                    add_error(self, error, error.field)  # type: ignore[arg-type]

"""Refusals of the domain, free of HTTP: the API and the admin turn them into answers of their own."""

from collections.abc import Iterable


class DomainError(Exception):
    """A refusal by a rule of the domain.

    `code` is stable and for programs (`duplicate_conflict`), `message` is for people and names the remedy,
    `field` is the Python name of the refused field (`ends_at`), inside other records with a dotted path
    (`milestones.1.name`), or None when it concerns no single field.
    `status` is the kind of refusal: `invalid`, `conflict`, `not_found`, `forbidden`, `busy` or `too_large`.
    """

    def __init__(self, code: str, message: str, field: str | None = None, status: str = "invalid") -> None:
        super().__init__(code, message, field, status)
        self.code = code
        self.message = message
        self.field = field
        self.status = status

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class DomainErrors(DomainError):  # noqa: N818 - the plural of DomainError
    """Several refusals, so that a caller can correct every field at once.

    `code`, `message`, `field` and `status` are those of the first.
    """

    def __init__(self, errors: Iterable[DomainError]) -> None:
        self.errors = list(errors)
        if not self.errors:
            raise ValueError("DomainErrors needs at least one error")
        first = self.errors[0]
        super().__init__(first.code, first.message, first.field, first.status)

    def __reduce__(self) -> tuple[type["DomainErrors"], tuple[list[DomainError]]]:
        return type(self), (self.errors,)

    def __str__(self) -> str:
        return "; ".join(str(error) for error in self.errors)

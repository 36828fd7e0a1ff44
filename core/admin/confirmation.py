"""Confirmation before saving: the form is shown again, with the question above what was typed."""

from typing import Any


class ConfirmationRequired(Exception):  # noqa: N818 - nothing went wrong
    """Raised while saving, before anything is written. `template` renders the question with `context`.

    `answer` is what the confirming button sends back. It identifies the question, so that the answer to one
    question never confirms another.
    """

    def __init__(self, template: str, answer: str, **context: Any) -> None:
        super().__init__(template)
        self.template = template
        self.answer = answer
        self.context = context


class UnconfirmedForm:
    """Form mixin that forces `is_valid()` to False, so that the admin re-renders a valid form."""

    def is_valid(self) -> bool:
        super().is_valid()  # type: ignore[misc]
        return False

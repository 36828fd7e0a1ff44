"""Asking before saving: the form comes back with the question on top and everything that was typed."""

from typing import Any


class ConfirmationRequired(Exception):  # noqa: N818 - nothing went wrong
    """Raised while saving, before anything was written. `answer`: what the confirming button must send back.

    The answer names what was asked, so that a yes to one question is never a yes to another.
    """

    def __init__(self, template: str, answer: str, **context: Any) -> None:
        super().__init__(template)
        self.template = template
        self.answer = answer
        self.context = context


class UnconfirmedForm:
    """A form without a mistake that is not to be saved yet."""

    def is_valid(self) -> bool:
        super().is_valid()  # type: ignore[misc]
        return False

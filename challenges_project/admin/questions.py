"""Asking before saving: the form comes back with the question on top and everything that was typed."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse


class Question(Exception):  # noqa: N818 - nothing went wrong
    """Raised while saving, before anything was written. `answer`: what the confirming button must send back.

    The answer names what was asked, so that a yes to one question is never a yes to another.
    """

    def __init__(self, template: str, answer: str, **context: Any) -> None:
        super().__init__(template)
        self.template = template
        self.answer = answer
        self.context = context


class HeldForm:
    """A form without a mistake that is not to be saved yet."""

    def is_valid(self) -> bool:
        super().is_valid()  # type: ignore[misc]
        return False


class AsksFirst:
    """For a ModelAdmin whose `save_related` may raise a `Question`; the template shows `question`."""

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
        except Question as question:
            request.question = question  # type: ignore[attr-defined]
            return view(request, object_id, form_url, {**(extra_context or {}), "question": question})

    def get_form(self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)  # type: ignore[misc]
        asked = getattr(request, "question", None)
        return form if asked is None else type(form.__name__, (HeldForm, form), {})

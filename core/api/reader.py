"""The reader of a record, and how its texts and icons look to them. Every presenter uses it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.templatetags.static import static

from core.api.callers import AdminCaller, Guest
from core.api.language import Language
from core.texts import effective_text, effective_texts


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of one request.

    `origin` (`https://shop.example`) makes addresses absolute; `at` is the time of the request, in UTC.
    """

    admin: bool
    guest: bool
    language: Language
    origin: str
    at: datetime
    _made: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[Any, "Reader"], Any], record: Any) -> Any:
        """`make(record, reader)`, once for this object: a page shows one milestone many times."""
        key = make, id(record), self.language.code, self.language.every
        if key not in self._made:
            # The record is kept, or another could get its id.
            self._made[key] = record, make(record, self)
        return self._made[key][1]

    @classmethod
    def of(cls, view: Any) -> "Reader":
        """The reader of a `RecordViewSet`'s request; under `asMember` that member."""
        return cls(
            admin=isinstance(view.caller, AdminCaller),
            guest=isinstance(view.caller, Guest),
            language=view.language,
            origin=view.request.build_absolute_uri("/").rstrip("/"),
            at=view.at,
        )

    def text(self, record: Any, field: str) -> Any:
        """The text in the reader's language with its fallbacks; with `languageCode=*` all texts, as stored.

        docs/rules.md, End-user texts.
        """
        if self.language.every:
            return {code: getattr(record, f"{field}_{code}") or None for code in settings.LANGUAGES_OFFERED}
        return effective_text(record, field, self.language.code)

    def texts(self, record: Any, fields: Mapping[str, str]) -> dict[str, Any]:
        """Several texts; `fields` maps the names in the result to the record's fields."""
        if self.language.every:
            return {name: self.text(record, field) for name, field in fields.items()}
        return effective_texts(record, fields, self.language.code)

    def icon(self, file: Any, default: str) -> str:
        """The absolute address of an uploaded icon, or of the default one (a static file)."""
        return f"{self.origin}{file.url if file else static(default)}"

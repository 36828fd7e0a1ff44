"""Form fields that several rooms' forms share."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin.theme import INPUT_CLASSES, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

_SEPARATORS = re.compile(r"[,\n]+")


class ReasonField(forms.CharField):
    """Why somebody of the staff does what the form is about."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {
            "label": _("Reason"),
            "max_length": 500,
            "widget": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "help_text": _("For your colleagues: it is kept with what you did."),
            **kwargs,
        }
        super().__init__(**kwargs)


class WallClockWidget(forms.DateTimeInput):
    """The browser's own picker of a date and a time, to the minute.

    A value that has seconds (the API may have set 23:59:59.999) keeps them: a form that is only opened and
    saved changes nothing.
    """

    input_type = "datetime-local"
    supports_microseconds = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, datetime):
            return value.isoformat(timespec=_precision(value)[0])
        return super().format_value(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        step = _precision(value)[1] if isinstance(value, datetime) else ""
        return super().get_context(name, value, {**(attrs or {}), **({"step": step} if step else {})})


def _precision(wall: datetime) -> tuple[str, str]:
    """How much of it is written, and the picker's step for it."""
    if wall.microsecond:
        return "milliseconds", "0.001"
    return ("seconds", "1") if wall.second else ("minutes", "")


class WallClockField(forms.DateTimeField):
    """A date and a time on a wall clock: `at_zone` says afterwards where the wall is.

    A moment is shown on the clock of `zone`, which the form sets (default: the admin's).
    """

    widget = WallClockWidget
    zone: ZoneInfo | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.make_naive(value, self.zone or timezone.get_current_timezone())
        return value

    def to_python(self, value: Any) -> datetime | None:
        found = forms.DateTimeField.to_python(self, value)
        return None if found is None else timezone.make_naive(found)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """To the millisecond, as the picker writes it."""
        before = self.prepare_value(self.to_python(initial) if isinstance(initial, str) else initial)
        try:
            after = self.to_python(data)
        except forms.ValidationError:
            return True
        return _millisecond(before) != _millisecond(after)


def at_zone(wall: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The moment at which the clock on the wall of `zone` shows `wall`."""
    return None if wall is None else wall.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _millisecond(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class IdentifiersField(forms.Field):
    """A list of identifiers, typed with commas between them."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, max_length: int = 256, at_most: int = 100, **kwargs: Any) -> None:
        self.max_length, self.at_most = max_length, at_most
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        names = value if isinstance(value, list) else _SEPARATORS.split(value or "")
        return list(dict.fromkeys(name.strip() for name in names if name.strip()))

    def validate(self, value: list[str]) -> None:
        if len(value) > self.at_most:
            raise forms.ValidationError(_("At most %(n)s."), "too_many", {"n": self.at_most})
        for name in value:
            if len(name) > self.max_length or not name.isprintable():
                raise forms.ValidationError(
                    _("“%(name)s” is too long or has an invisible character."), "bad", {"name": name[:40]}
                )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

"""Form fields and widgets that the forms of several apps share."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin.theme import INPUT_CLASSES, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

_SEPARATOR = re.compile(r"[,\n]+")


class ReasonField(forms.CharField):
    """The reason for a staff action; it is stored in the audit log."""

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
    """The browser's picker of date and time, to the minute.

    A value with seconds (the API may have set 23:59:59.999) is shown with them, so that a form which is only
    opened and saved changes nothing.
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


def _precision(wall_time: datetime) -> tuple[str, str]:
    """Return the `timespec` that shows the whole value, and the picker's `step` in seconds ("": minutes)."""
    if wall_time.microsecond:
        return "milliseconds", "0.001"
    return ("seconds", "1") if wall_time.second else ("minutes", "")


class WallClockField(forms.DateTimeField):
    """Optional date and time without a time zone; cleans to a naive datetime for `at_zone`.

    An aware initial value is shown in `zone`, which the form sets (default: Django's current time zone).
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
        moment = forms.DateTimeField.to_python(self, value)
        return None if moment is None else timezone.make_naive(moment)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare to the millisecond, which is all that the picker sends."""
        before = self.prepare_value(self.to_python(initial) if isinstance(initial, str) else initial)
        try:
            after = self.to_python(data)
        except forms.ValidationError:
            return True
        return _to_millisecond(before) != _to_millisecond(after)


def at_zone(wall_time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Interpret a naive `wall_time` in `zone`; returns the moment in UTC, None for None."""
    return None if wall_time is None else wall_time.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _to_millisecond(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class IdentifiersField(forms.Field):
    """Optional list of at most `at_most` identifiers, separated by commas or line breaks.

    Cleans to a list without blanks and duplicates; an identifier has up to `max_length` printable characters.
    """

    widget = UnfoldAdminTextInputWidget

    def __init__(self, max_length: int = 256, at_most: int = 100, **kwargs: Any) -> None:
        self.max_length, self.at_most = max_length, at_most
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        names = value if isinstance(value, list) else _SEPARATOR.split(value or "")
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

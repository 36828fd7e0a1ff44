"""Models that track which fields were edited since they were read.

Two simultaneous edits of different fields both hold (docs/rules.md, Editing a running challenge).
"""

from functools import cache
from typing import Any, Self

from django.db import models
from django.db.models.fields.files import FieldFile


class DirtyFieldsModel(models.Model):
    """Remembers the values that were read from the database beside the current ones."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        record = super().from_db(*args, **kwargs)
        record.mark_clean()
        return record

    def mark_clean(self) -> None:
        """Treat the current values as those of the database, as after saving."""
        self._loaded = {
            name: _snapshot(self.__dict__[name]) for name in self.columns() if name in self.__dict__
        }

    def dirty_fields(self) -> set[str]:
        """Return the attribute names of the columns whose value changed since.

        Of all columns for a record that was never read: a new one, or a version out of a history.
        """
        if self._state.adding or "_loaded" not in self.__dict__:
            return set(self.columns())
        return {name for name, value in self._loaded.items() if not _equal(self.__dict__.get(name), value)}

    def loaded_value(self, name: str) -> Any:
        """Return the value of a column as it was read; None for a record that was never read."""
        return self.__dict__.get("_loaded", {}).get(name)

    def merge_from(self, stored: Self) -> None:
        """Take over the values of `stored`, read afresh, except for the fields that were edited here."""
        edited = self.dirty_fields()
        self.__dict__.setdefault("_loaded", {})
        for name in self.columns():
            if name not in edited:
                setattr(self, name, stored.__dict__[name])
            self._loaded[name] = _snapshot(stored.__dict__[name])

    @classmethod
    @cache
    def columns(cls) -> list[str]:
        """Return the attribute names of the columns, without `eud_title` and the like.

        django-modeltranslation keeps the texts in `eud_title_en`, `eud_title_de` and so on.
        """
        names = {field.attname for field in cls._meta.concrete_fields}
        return [name for name in names if f"{name}_en" not in names]


def _snapshot(value: Any) -> Any:
    """Copy a value that could be changed in place."""
    if isinstance(value, FieldFile):
        return value.name or ""
    return list(value) if isinstance(value, list) else value


def _equal(current: Any, loaded: Any) -> bool:
    """Compare two values; null and "" are equal, because translated columns hold either for no text."""
    return current == loaded or (current in (None, "") and loaded in (None, ""))

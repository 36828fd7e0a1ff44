"""Records that know what was edited on them since they were read, so that two edits at once both hold."""

from typing import Any, Self

from django.db import models
from django.db.models.fields.files import FieldFile


class DirtyFieldsModel(models.Model):
    """Keeps the values that came from the database beside those that the record has now."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        record = super().from_db(*args, **kwargs)
        record.mark_clean()
        return record

    def mark_clean(self) -> None:
        """Take the values of now for what the database holds."""
        self._loaded = {
            name: _snapshot(self.__dict__[name]) for name in self.columns() if name in self.__dict__
        }

    def dirty_fields(self) -> set[str]:
        """The columns (by attribute name) that were set to something else since; all of a new record's."""
        if self._state.adding:
            return set(self.columns())
        return {name for name, value in self._loaded.items() if not _same(self.__dict__.get(name), value)}

    def merge_from(self, stored: Self) -> None:
        """Read what somebody else stored meanwhile, except where this record was edited."""
        edited = self.dirty_fields()
        for name in self.columns():
            if name not in edited:
                setattr(self, name, stored.__dict__[name])
            self._loaded[name] = _snapshot(stored.__dict__[name])

    @classmethod
    def columns(cls) -> list[str]:
        """Without the unused twin of a translated text: `eud_title_en` and its sisters hold the texts."""
        names = {field.attname for field in cls._meta.concrete_fields}
        return [name for name in names if f"{name}_en" not in names]


def _snapshot(value: Any) -> Any:
    """A value that nobody can change from outside."""
    if isinstance(value, FieldFile):
        return value.name or ""
    return list(value) if isinstance(value, list) else value


def _same(now: Any, loaded: Any) -> bool:
    """An empty text is no text: translated columns hold either."""
    return now == loaded or (now in (None, "") and loaded in (None, ""))

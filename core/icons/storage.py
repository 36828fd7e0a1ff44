"""Storing and removing icon files together with their record, without leaving orphaned files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import FileField

from core.icons import CleanIcon, random_icon_name


@contextmanager
def icons_replaced(record: Any, icons: Mapping[str, CleanIcon | None]) -> Iterator[None]:
    """Store these icons, by field name, and set them on the record while the body saves it.

    None sets the field back to the default icon. The new files are written before the body runs. When it
    raises, they are removed and the record has its old ones again; otherwise the old files are removed when
    the transaction commits.
    """
    old = {field: getattr(record, field).name for field in icons}
    storages = {field: getattr(record, field).storage for field in icons}
    new: dict[str, str] = {}
    try:
        for field, icon in icons.items():
            new[field] = _store(storages[field], icon)
            setattr(record, field, new[field])
        yield
    except BaseException:
        for field, name in new.items():
            setattr(record, field, old[field])
            if name:
                storages[field].delete(name)
        raise
    for field, name in old.items():
        if name and name != new[field]:
            transaction.on_commit(partial(storages[field].delete, name))


def remove_icons(record: Any) -> None:
    """Remove the icon files of a deleted record when the transaction commits."""
    for field in record._meta.concrete_fields:
        if isinstance(field, FileField) and (icon := getattr(record, field.name)):
            transaction.on_commit(partial(icon.storage.delete, icon.name))


def _store(storage: Any, icon: CleanIcon | None) -> str:
    if icon is None:
        return ""
    return storage.save(random_icon_name(icon.extension), ContentFile(icon.data))

"""Storing icons beside their record: the file first, the record second, and no orphan whatever happens."""

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
    """Put these icons (None: the default) on the record while the body saves it.

    When the body fails, the new files are removed and the old ones stay; when its transaction commits, the
    old ones are removed.
    """
    old = {field: getattr(record, field).name for field in icons}
    storages = {field: getattr(record, field).storage for field in icons}
    new: dict[str, str] = {}
    try:
        for field, icon in icons.items():
            new[field] = _stored(storages[field], icon)
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
    """Those of a record that was deleted, once that is committed."""
    for field in record._meta.concrete_fields:
        if isinstance(field, FileField) and (icon := getattr(record, field.name)):
            transaction.on_commit(partial(icon.storage.delete, icon.name))


def _stored(storage: Any, icon: CleanIcon | None) -> str:
    if icon is None:
        return ""
    return storage.save(random_icon_name(icon.extension), ContentFile(icon.data))

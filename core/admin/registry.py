"""Register a model's admin once, put together from its own app and from the apps above it.

An app registers the admin of its models; an app above extends it, with what spans apps. Both are noted while
Django discovers the admin modules, and registered with the site afterwards (`register_all`).

    @registry.register(Member)                # members/admin.py
    class MemberAdmin(StaffModelAdmin): ...

    @registry.extend(Member)                  # backoffice/admin: it comes in front
    class MemberLinks(ModelAdmin): ...
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.admin import AdminSite
from django.db.models import Model

ClassT = TypeVar("ClassT", bound=type[Any])

_admins: dict[type[Model], type[Any]] = {}
_extensions: dict[type[Model], list[type[Any]]] = {}


def register(model: type[Model]) -> Callable[[ClassT], ClassT]:
    """Note the admin of a model. Raises ValueError for a model that has one already."""

    def note(admin: ClassT) -> ClassT:
        if model in _admins:
            raise ValueError(f"{model.__name__} has an admin already: extend it")
        _admins[model] = admin
        return admin

    return note


def extend(model: type[Model]) -> Callable[[ClassT], ClassT]:
    """Note a class to put in front of a model's admin; the one that is noted last comes first."""

    def note(extension: ClassT) -> ClassT:
        _extensions.setdefault(model, []).insert(0, extension)
        return extension

    return note


def register_all(site: AdminSite) -> None:
    """Register every noted admin with its extensions. Raises ValueError for an extension of no admin."""
    if strangers := _extensions.keys() - _admins.keys():
        names = ", ".join(sorted(model.__name__ for model in strangers))
        raise ValueError(f"extended, but never registered: {names}")
    for model, admin in _admins.items():
        extensions = _extensions.get(model, [])
        site.register(model, _extended(admin, extensions) if extensions else admin)


def _extended(admin: type[Any], extensions: list[type[Any]]) -> type[Any]:
    return type(admin.__name__, (*extensions, admin), {"__module__": admin.__module__})

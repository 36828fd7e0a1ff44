"""Models that only their services write (docs/trust.md, One code, one member).

A service checks what neither a constraint nor a form can, and sets off what an edit makes due. A write past
it therefore raises `ServiceBypassed`: `save`, `delete`, `create`, fixtures, and the `update`, `delete`,
`bulk_create` and `bulk_update` of managers and querysets. Set-wise SQL (`core.sql.table`) is the engine's own
and is not asked; neither are the models of migrations.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models.signals import class_prepared, pre_delete, pre_save
from django.dispatch import receiver

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=models.Model)

_writable: ContextVar[frozenset[type[models.Model]]] = ContextVar("writable", default=frozenset())


class ServiceBypassed(RuntimeError):  # noqa: N818 - reads as what happened
    """A guarded model was written outside of its service. The message names the service to call."""


class GuardedModel(models.Model):
    """A model that is written inside `writing` alone; `written_by` is the service to call instead."""

    written_by: ClassVar[str]

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        # Before the signal does: that comes inside a transaction, which the caller's could not survive.
        check_writable(type(self))
        return super().delete(*args, **kwargs)


class GuardedQuerySet(models.QuerySet[M]):
    """A queryset whose writing methods raise `ServiceBypassed` outside of the model's service.

    `create`, `get_or_create` and `update_or_create` save an instance, which is guarded itself.
    """

    def update(self, **kwargs: Any) -> int:
        check_writable(self.model)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        check_writable(self.model)
        return super().delete()

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[M]:
        check_writable(self.model)
        return super().bulk_create(*args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        check_writable(self.model)
        return super().bulk_update(*args, **kwargs)

    # As on Django's own: templates do not call these, and managers have no `delete`.
    update.alters_data = delete.alters_data = True  # type: ignore[attr-defined]
    bulk_create.alters_data = bulk_update.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


@contextmanager
def writing(*guarded: type[GuardedModel]) -> Iterator[None]:
    """Let the body write these models. For their services alone: a test lists the modules that call this."""
    token = _writable.set(_writable.get() | set(guarded))
    try:
        yield
    finally:
        _writable.reset(token)


@contextmanager
def bypassing_services(why: str) -> Iterator[None]:
    """Let the body write every guarded model, unchecked: for repairs by hand. `why` is logged."""
    if not why.strip():
        raise ValueError("say why the services are bypassed")
    logger.warning("Models are written past their services: %s", why)
    with writing(*GuardedModel.__subclasses__()):
        yield


def check_writable(model: type[models.Model]) -> None:
    """Raise `ServiceBypassed` unless the caller is inside `writing` for this model."""
    if model not in _writable.get():
        raise ServiceBypassed(
            f"{model._meta.label} is written by {model.written_by} only, which checks what the database "  # type: ignore[attr-defined]
            'cannot: call that. To write past it, say so: with bypassing_services("why"): (core.write_guard).'
        )


@receiver(class_prepared, dispatch_uid="core.write_guard")
def _guard(sender: type[models.Model], **kwargs: Any) -> None:
    """Guard a model's instances by signals: loading a fixture calls none of their own methods."""
    if issubclass(sender, GuardedModel):
        pre_save.connect(
            _check_instance, sender=sender, dispatch_uid=f"core.write_guard.{sender._meta.label}"
        )
        pre_delete.connect(
            _check_instance, sender=sender, dispatch_uid=f"core.write_guard.{sender._meta.label}"
        )


def _check_instance(sender: type[models.Model], **kwargs: Any) -> None:
    check_writable(sender)

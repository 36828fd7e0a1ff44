"""The API keys of the shop's backends (docs/api.md, Credentials and scopes)."""

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.api.callers import SCOPES, hash_of, scopes_of
from core.ids import uuid7

PREFIX_BYTES = 6
SECRET_BYTES = 32  # 256 random bits cannot be guessed, so a fast hash is enough


class ApiKey(models.Model):
    """A key is `prefix.secret`; only the prefix and a SHA-256 of the whole are stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(
        _("name"), max_length=256, help_text=_("Which backend uses it, such as web shop.")
    )
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    may_ingest = models.BooleanField(_("may send activity"), default=False)
    may_read = models.BooleanField(_("may read everything"), default=False)
    may_admin = models.BooleanField(_("may do everything"), default=False)
    paused = models.BooleanField(
        _("paused"), default=False, help_text=_("A paused key is refused from the next request on.")
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(
        _("last used"), null=True, editable=False, help_text=_("To the minute.")
    )
    created_at = models.DateTimeField(_("created at"), editable=False)

    # The whole key of a new record, until the page that shows it; never stored.
    shown_once: str = ""

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(may_ingest=True) | Q(may_read=True) | Q(may_admin=True),
                name="api_key_has_a_scope",
                violation_error_message=_("Choose at least one thing that the key may do."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def scopes(self) -> frozenset[str]:
        return scopes_of(self.may_ingest, self.may_read, self.may_admin)

    def renew(self, at: datetime) -> str:
        """Generate prefix and secret of this unsaved record; returns the whole key, to be shown once."""
        self.id, self.created_at = uuid7(at), at
        self.prefix = secrets.token_hex(PREFIX_BYTES)
        key = f"{self.prefix}.{secrets.token_urlsafe(SECRET_BYTES)}"
        self.key_hash = hash_of(key)
        return key


def create_key(name: str, scopes: Collection[str], *, at: datetime) -> tuple[ApiKey, str]:
    """Create a key; returns its record and its text, which is not stored.

    `scopes`: one or more of `ingest`, `read` and `admin`, else ValueError.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"scopes must be one or more of {', '.join(SCOPES)}")
    record = ApiKey(name=name, **{f"may_{scope}": True for scope in scopes})
    key = record.renew(at)
    record.save(force_insert=True)
    return record, key


class WrongKeys(models.Model):
    """The number of wrong keys that an address sent in one minute; deleted after a few minutes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.CharField(max_length=64)
    minute = models.DateTimeField()
    attempts = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "minute"], name="wrong_keys_one_row_a_minute")
        ]
        indexes = [models.Index(fields=["minute"], name="wrong_keys_by_minute")]  # for deleting old minutes

    def __str__(self) -> str:
        return f"{self.address}: {self.attempts}"

"""The serializer field of icons (docs/api.md, Conventions)."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from core.api.reader import Reader
from core.errors import DomainError
from core.icons import MAX_BYTES, CleanIcon, clean_icon


class IconField(serializers.Field):
    """An uploaded icon, checked and cleaned; null restores the default, the static file `default_icon`.

    The address that the record has now changes nothing, so that a record may be sent back as it was read.
    """

    default_error_messages = {
        "not_a_file": "Send the icon as a file in multipart/form-data, null for the default one, or the "
        "address that it has now.",
    }

    def __init__(self, default_icon: str, **kwargs: Any) -> None:
        self.default_icon = default_icon
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> CleanIcon | None:
        if data == "":
            return None
        if isinstance(data, str) and data == self._address():
            raise serializers.SkipField
        if not isinstance(data, UploadedFile):
            self.fail("not_a_file")
        try:
            return clean_icon(data.name or "", data.read(MAX_BYTES + 1), self.field_name)
        except DomainError as error:
            raise serializers.ValidationError(str(error.message), code=error.code) from error

    def _address(self) -> str:
        """The icon's address as this caller reads it; of a new record, the default icon's."""
        icon = getattr(self.parent.instance, str(self.source), None)
        return Reader.of(self.context["view"]).icon(icon, self.default_icon)


def split_icons(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, CleanIcon | None]]:
    """Split validated values into columns to set and icons to store with the save (`icons_replaced`)."""
    icons = {name: value for name, value in values.items() if name.endswith("_icon")}
    return {name: value for name, value in values.items() if name not in icons}, icons

"""Icons in a body. End-user texts are in `translated`."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from challenges_project.errors import DomainError
from challenges_project.icons import MAX_BYTES, CleanIcon, clean_icon


class IconField(serializers.Field):
    """An uploaded icon, checked and cleaned; JSON may send null alone, which restores the default."""

    default_error_messages = {
        "not_a_file": "Send the icon as a file in multipart/form-data; JSON may send null alone.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> CleanIcon | None:
        if data == "":
            return None
        if not isinstance(data, UploadedFile):
            self.fail("not_a_file")
        try:
            return clean_icon(data.name or "", data.read(MAX_BYTES + 1), self.field_name)
        except DomainError as error:
            raise serializers.ValidationError(str(error.message), code=error.code) from error


def split_icons(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, CleanIcon | None]]:
    """Validated values apart: columns to set, and icons, stored with the save (`icons_replaced`)."""
    icons = {name: value for name, value in values.items() if name.endswith("_icon")}
    return {name: value for name, value in values.items() if name not in icons}, icons

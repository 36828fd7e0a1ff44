"""JSON out: exact numbers, UTC times with `Z`, one fast encoder for every answer."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

CONTENT_TYPE = "application/json"


def _other(value: Any) -> Any:
    """What msgspec does not know: lazy translations, DRF's error texts, iterables of rows."""
    if isinstance(value, (Promise, str)):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value)  # a TypeError here is a programmer's mistake


# A Decimal goes out as it stands; `amounts.amount` leaves no trailing zeros and no exponent in it.
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_other)
encode = _encoder.encode


class JSONRenderer(BaseRenderer):
    media_type = CONTENT_TYPE
    format = "json"
    charset = None  # JSON is UTF-8 by definition

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else encode(data)

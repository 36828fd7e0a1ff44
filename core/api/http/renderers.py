"""JSON out: exact numbers, UTC times with `Z`, one fast encoder for every answer."""

from collections.abc import Mapping
from decimal import Decimal
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


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_other)
encode = _encoder.encode


def plain_number(value: Decimal) -> Decimal:
    """`value` as it goes out: no trailing zeros, never an exponent (`500`, `0.1`).

    The encoder writes a Decimal as it stands; `amounts.amount` already gives this form.
    """
    value = value.normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


class JSONRenderer(BaseRenderer):
    media_type = CONTENT_TYPE
    format = "json"
    charset = None  # JSON is UTF-8 by definition

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else encode(data)

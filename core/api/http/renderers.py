"""The JSON encoder of every answer: exact numbers, UTC times with `Z`."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.utils.functional import Promise
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

CONTENT_TYPE = "application/json"


def _encode_other(value: Any) -> Any:
    """Convert what msgspec does not know: lazy translations, DRF's error texts, iterables of rows."""
    if isinstance(value, (Promise, str)):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value)  # a TypeError here is a bug


# A Decimal is written as it is: `core.amounts.amount` leaves no trailing zeros and no exponent.
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_encode_other)
encode = _encoder.encode


class JSONRenderer(BaseRenderer):
    media_type = CONTENT_TYPE
    format = "json"
    charset = None  # JSON is UTF-8 by definition

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else encode(data)


class JSONNegotiation(DefaultContentNegotiation):
    """Choose JSON whatever the client accepts: there is no other format."""

    def select_renderer(
        self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type

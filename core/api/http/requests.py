"""How DRF's request is read here: one format out, and every body judged."""

from collections.abc import Sequence
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from core.api.http.bodies import check_not_empty


class OurNegotiation(DefaultContentNegotiation):
    """There is one format; what a client would accept is not asked."""

    def select_renderer(
        self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class RecordRequest(Request):
    def _load_stream(self) -> None:
        """Every body goes to its parser, also a chunked one, and an empty one is refused."""
        check_not_empty(self._request)
        self._stream = self._request

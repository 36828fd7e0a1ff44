from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy, override

from core.api.http.renderers import JSONRenderer, encode
from core.choices import RecordStatus


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.1"), b"0.1"),
        (Decimal("12345678901234.1234"), b"12345678901234.1234"),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC), b'"2026-11-22T10:00:00.000005Z"'),
        (datetime(2026, 11, 22, tzinfo=timezone(timedelta(hours=2))), b'"2026-11-22T00:00:00+02:00"'),
        (RecordStatus.LIVE, b'"live"'),
        ({"a": [None, True]}, b'{"a":[null,true]}'),
        ("\N{PARTY POPPER}", '"\N{PARTY POPPER}"'.encode()),
        ((n for n in (1, 2)), b"[1,2]"),
    ],
)
def test_encode(value, text):
    assert encode(value) == text


def test_encode_reads_lazy_texts_in_the_language_of_the_moment():
    lazy = gettext_lazy("Yes")

    with override("de"):
        assert encode([lazy]) == b'["Ja"]'


def test_no_data_is_no_body():
    assert JSONRenderer().render(None) == b""

"""/schema/coupon_code/record: list the unique codes, and import codes into a pool."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import refuse
from core.api.filters import CREATED, TextFilter, UuidFilter
from core.api.http.bodies import BodyStream, check_content_type, check_not_empty, read_body
from core.api.http.strict_json import strict_loads
from core.api.views import ListRecords, RecordViewSet
from rewards.api.presenters import serialize_coupon_code, serialize_import_report
from rewards.api.serializers import CouponCodeSerializer, ImportReportSerializer
from rewards.domain.code_files import LARGEST_FILE, Line, listed_codes, read_codes
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode

CSV, JSON = "text/csv", "application/json"
MOST_LISTED = 1_000_000  # codes of a JSON list; a file may have more


class CouponCodeViewSet(ListRecords, RecordViewSet):
    slug = "coupon_code"
    serializer_class = CouponCodeSerializer
    audited_by_domain = frozenset({"import_into_pool"})
    filters = (
        UuidFilter("rewardId", "reward_id"),
        UuidFilter("rewardLogId", "reward_log_id"),
        TextFilter("couponCode", "code"),
        *CREATED,
    )
    own_parameters = {"import_into_pool": (UuidFilter("rewardId", help="The pool. Required."),)}
    documented = {
        "import_into_pool": "Adds codes to a pool, from CSV or a JSON list; the same again adds nothing. "
        "Committed every 2,000 lines: after an interruption send it again."
    }

    def records(self) -> QuerySet[CouponCode]:
        return CouponCode.objects.unique()

    def represent(self, rows: list[CouponCode]) -> list[Any]:
        return self.trimmed([serialize_coupon_code(row) for row in rows])

    @extend_schema(
        request={CSV: OpenApiTypes.STR, JSON: {"type": "array", "items": {"type": "string"}}},
        responses={200: ImportReportSerializer},
    )
    @action(detail=False, methods=["post"], url_path="import")
    def import_into_pool(self, request: Request) -> Response:
        reward_id: UUID | None = self.parameters.get("rewardId")
        if reward_id is None:
            raise refuse("required", "Name the pool: ?rewardId=ID.", "rewardId")
        report = import_codes(reward_id, lines_of(request._request))
        return Response({"data": serialize_import_report(report)})


def lines_of(request: HttpRequest) -> Iterable[Line]:
    """Return the lines of the body; CSV is parsed while it arrives."""
    check_not_empty(request)
    if request.content_type == JSON:
        values = strict_loads(read_body(request, settings.MAX_BATCH_BYTES, MOST_LISTED), MOST_LISTED)
        if not isinstance(values, list):
            raise refuse("not_a_list", 'Send a JSON list of codes, such as ["A1", "B2"].')
        return listed_codes(values)
    check_content_type(request, CSV)
    body = BodyStream(request, LARGEST_FILE)
    return read_codes(body, ends_for_certain=body.ends_for_certain)

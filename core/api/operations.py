"""What a resource can do, one class an operation: a `RecordViewSet` lists those that it has."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.list_query import ListQuery
from core.api.pagination import count_up_to


class ListRecords:
    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        question: ListQuery = self.question
        asked = question.paging
        rows = question.narrowed(self.records())
        page = asked.cut(rows, question.order)
        paging: dict[str, Any] = {"offset": asked.offset, "limit": asked.limit, "nextCursor": None}
        if len(page) > asked.limit:
            page.pop()
            paging["nextCursor"] = question.cursor_after(page[-1])
        if asked.count:
            paging |= count_up_to(rows)
        return Response({"data": self.represent(page), "paging": paging})


class RetrieveRecord:
    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.record())


class CreateRecord:
    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.answer(self.create_record(serializer.validated_data), status=201)


class UpdateRecord:
    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.record()
        serializer = self.get_serializer(record, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.answer(self.update_record(record, serializer.validated_data))


class DeleteRecord:
    def destroy(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.delete_record(self.record())
        return Response(status=204)

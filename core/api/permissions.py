"""The permission class of DRF views."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.api.callers import check_read, check_write


class CallerPermission(BasePermission):
    """Check `readers` and `write_scope` of a `RecordViewSet`. A method that it lacks becomes a 405 later."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(view, "action", None) in (None, "metadata"):
            return True
        if request.method in SAFE_METHODS:
            check_read(request.user, view.readers)
        else:
            check_write(request.user, view.write_scope, view.readers)
        return True

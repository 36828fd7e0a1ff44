"""Routes `/schema/<slug>/record` and `/schema/<slug>/record/{id}` (docs/api.md, Addresses and methods)."""

from typing import Any

from rest_framework.routers import SimpleRouter


class RecordRouter(SimpleRouter):
    """Routes the actions of a record before the record itself, so that an id may contain a slash."""

    include_format_suffixes = False
    routes = [SimpleRouter.routes[0], SimpleRouter.routes[1], SimpleRouter.routes[3], SimpleRouter.routes[2]]

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)

    def register(self, slug: str, viewset: Any, basename: str | None = None) -> None:
        super().register(f"{slug}/record", viewset, basename or slug)

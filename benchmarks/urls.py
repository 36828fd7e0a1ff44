"""Our own addresses, the empty view that is the ceiling of the stack, and the usual way."""

from typing import Any

from django.urls import include, path
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView


class EmptyView(APIView):
    """A DRF view that does nothing: nobody is identified, no database is asked."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (JSONRenderer,)

    def get(self, request: Any) -> Response:
        return Response({"status": "ok"})


urlpatterns = [
    path("empty", EmptyView.as_view()),
    path("usual/", include("benchmarks.usual_way.urls")),
    path("", include("challenges_project.urls")),
]

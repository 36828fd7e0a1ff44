from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.generics import CreateAPIView
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

from benchmarks.usual_way.models import ChallengeLog


class ChallengeLogSerializer(serializers.ModelSerializer):
    class Meta:
        model = ChallengeLog
        fields = (
            "id", "challenge", "owned_by_id", "unique_identifier", "activity_at", "activity_id",
            "activity_value", "created_at",
        )  # fmt: skip


class ChallengeLogView(CreateAPIView):
    """One log, or a list of logs, in one transaction."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    queryset = ChallengeLog.objects.all()
    serializer_class = ChallengeLogSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["many"] = isinstance(kwargs.get("data"), list)
        return super().get_serializer(*args, **kwargs)

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        serializer.save()

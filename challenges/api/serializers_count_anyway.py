"""Serializers of counting anyway all that a filter finds: its body, and how far a run is."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.domain.audit_log import LONGEST_REASON
from core.api.fields import IdentifierField, OptionField, TextField, TimeField, UuidField
from core.api.serializers import RecordSerializer
from core.choices import CountRunStatus, ReasonCode

CODE = {"type": "string", "enum": ReasonCode.values}


@extend_schema_field({"oneOf": [CODE, {"type": "array", "items": CODE, "minItems": 1, "uniqueItems": True}]})
class ReasonCodesField(serializers.Field):
    """One reason code, or a list of different ones; a list in Python."""

    default_error_messages = {
        "invalid_choice": "Send one of {choices}, or a list of them.",
        "empty": "Send at least one, or leave it out.",
        "repeated": "Send each one once.",
    }

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            if not _is_reason_code(data):
                self.fail("invalid_choice", choices=", ".join(ReasonCode.values))
            return [data]
        if not data:
            self.fail("empty")
        if errors := {
            index: [self._unknown()] for index, code in enumerate(data) if not _is_reason_code(code)
        }:
            raise serializers.ValidationError(errors)
        if len(set(data)) < len(data):
            self.fail("repeated")
        return data

    def _unknown(self) -> serializers.ErrorDetail:
        message = f"Send one of {', '.join(ReasonCode.values)}."
        return serializers.ErrorDetail(message, "invalid_choice")

    def to_representation(self, value: Any) -> Any:
        return value


def _is_reason_code(value: Any) -> bool:
    return isinstance(value, str) and value in ReasonCode.values


class CountAnywaySerializer(RecordSerializer):
    """Which of the challenge's uncounted logs are counted anyway, and why; without a filter all of them."""

    # A filter that is sent has a value: an empty one is more likely a mistake than "all members".
    reason = TextField(max_length=LONGEST_REASON, help_text="For your colleagues; kept in the audit log.")
    reason_code = ReasonCodesField(required=False, help_text="Why they did not count; one, or a list.")
    period_key = TextField(
        max_length=10, required=False, allow_blank=False, allow_null=False, help_text="Their window."
    )
    activity_at_after = TimeField(required=False, help_text="At this time or after it.")
    activity_at_before = TimeField(required=False, help_text="Before this time.")
    owned_by_id = IdentifierField(
        required=False, allow_blank=False, allow_null=False, help_text="Of this member alone."
    )
    unique_identifier = IdentifierField(
        required=False, allow_blank=False, allow_null=False, help_text="Logs of this identifier alone."
    )


class CountRefusalSerializer(RecordSerializer):
    challenge_log_id = UuidField(read_only=True)
    unique_identifier = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)
    detail = serializers.CharField(read_only=True)

    always_complete = True


class CountAnywayRunSerializer(RecordSerializer):
    """How far the counting is."""

    id = UuidField(read_only=True, allow_null=True, help_text="Null where nothing was found.")
    challenge_id = UuidField(read_only=True)
    status = OptionField(CountRunStatus.choices, read_only=True)
    found = serializers.IntegerField(read_only=True, help_text="How many logs the filter found.")
    processed = serializers.IntegerField(read_only=True, help_text="How many of them are done.")
    counted = serializers.IntegerField(read_only=True)
    refused = serializers.IntegerField(read_only=True)
    reward_logs = serializers.IntegerField(read_only=True, help_text="How many rewards that gave.")
    refusals = CountRefusalSerializer(read_only=True, many=True, help_text="The first 100 refused logs.")
    started_at = TimeField(read_only=True)
    moved_at = TimeField(read_only=True)
    finished_at = TimeField(read_only=True, allow_null=True)

    always_complete = True

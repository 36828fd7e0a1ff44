"""The serializer of members (docs/api.md, Fields)."""

from rest_framework import serializers

from core.api.fields import IdentifierField, OptionField, TextField, TimeField, UuidField
from core.api.serializers import RecordSerializer
from core.choices import MemberStatus
from core.errors import DomainError
from core.identifiers import IDENTIFIER_RULE
from members.domain.profiles import check_phone_number


class MemberSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    external_id = IdentifierField(help_text=f"The shop's own. {IDENTIFIER_RULE}")
    first_name = TextField(max_length=256, required=False)
    last_name = TextField(max_length=256, required=False)
    email = serializers.EmailField(max_length=320, required=False, allow_blank=True, allow_null=True)
    phone_number = TextField(max_length=16, required=False)
    status = OptionField(MemberStatus.choices, required=False)
    created_at = TimeField(read_only=True)
    updated_at = TimeField(read_only=True)

    def validate_email(self, value: str | None) -> str:
        return value or ""

    def validate_phoneNumber(self, value: str) -> str:  # noqa: N802 - DRF finds it by the wire's name
        try:
            check_phone_number(value)
        except DomainError as error:
            raise serializers.ValidationError(str(error.message), code=error.code) from error
        return value

"""Serializers of rewards, codes and reward logs: they validate input and document the API.

Responses are built by `presenters`; tests compare the fields of both.
"""

from rest_framework import serializers

from core.api.amount_field import AmountSerializerField
from core.api.fields import OptionField, TextField, TimeField, UuidField, WholeNumberField
from core.api.serializers import RecordSerializer
from core.api.translated_fields import TranslatedTextField
from core.choices import CodeSource, RewardLogStatus
from core.messages import check_plain
from rewards.domain.code_files import Reason

LARGEST = 2**31 - 1


class RewardShownSerializer(RecordSerializer):
    eud_reward_title = serializers.CharField(read_only=True)
    eud_reward_instruction_message = serializers.CharField(read_only=True)


class MilestoneNamedSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    name = serializers.CharField(read_only=True)
    milestone_target_value = AmountSerializerField(read_only=True)
    eud_milestone_title = serializers.CharField(read_only=True)
    eud_milestone_description = serializers.CharField(read_only=True)
    eud_milestone_icon = serializers.URLField(read_only=True)
    eud_milestone_reward_instruction_message = serializers.CharField(read_only=True)


class RewardLogShownSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    linked_schema_slug = serializers.CharField(read_only=True)
    linked_schema_record_id = UuidField(read_only=True)
    owned_by_id = serializers.CharField(read_only=True)
    milestone_id = UuidField(read_only=True, allow_null=True)
    milestone = MilestoneNamedSerializer(read_only=True, allow_null=True)
    reward_id = UuidField(read_only=True, allow_null=True)
    reward = RewardShownSerializer(read_only=True, allow_null=True)
    period_key = serializers.CharField(read_only=True)
    status = OptionField(RewardLogStatus.choices, read_only=True)
    coupon_code = serializers.CharField(read_only=True, allow_null=True)
    reward_issued_at = TimeField(read_only=True)
    reward_expiry_at = TimeField(read_only=True, allow_null=True)
    redeemed_at = TimeField(read_only=True, allow_null=True)
    achieved_target_value = AmountSerializerField(
        read_only=True, allow_null=True, help_text="The target at which it was paid."
    )

    admin_fields = frozenset({"rewardId"})


class RewardLogSerializer(RewardLogShownSerializer):
    """A reward log as it is read and patched."""

    coupon_code = TextField(max_length=256, required=False)
    reward_expiry_at = TimeField(required=False, allow_null=True)


class RewardSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    name = TextField(max_length=256)
    description = TextField(max_length=1024, required=False)
    code_source = OptionField(CodeSource.choices, required=False)
    shared_code = TextField(max_length=256, required=False)
    code_prefix = TextField(max_length=16, required=False)
    code_length = WholeNumberField(min_value=10, max_value=32, required=False)
    valid_until = TimeField(required=False, allow_null=True)
    valid_for_days = WholeNumberField(min_value=1, max_value=3650, required=False, allow_null=True)
    max_total = WholeNumberField(min_value=1, max_value=LARGEST, required=False, allow_null=True)
    max_per_member = WholeNumberField(min_value=1, max_value=LARGEST, required=False, allow_null=True)
    low_water_mark = WholeNumberField(min_value=0, max_value=LARGEST, required=False, allow_null=True)
    codes_left = serializers.IntegerField(read_only=True, allow_null=True)
    eud_reward_title = TranslatedTextField(48, check_plain)
    eud_reward_instruction_message = TranslatedTextField(256, check_plain)
    created_at = TimeField(read_only=True)
    updated_at = TimeField(read_only=True)


class CouponCodeSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    reward_id = UuidField(read_only=True, allow_null=True)
    coupon_code = serializers.CharField(read_only=True)
    reward_log_id = UuidField(read_only=True, allow_null=True)
    created_at = TimeField(read_only=True)


class ImportedLineSerializer(RecordSerializer):
    line = serializers.IntegerField(read_only=True)
    coupon_code = serializers.CharField(read_only=True)
    reason = OptionField(Reason.choices, read_only=True)


class ImportReportSerializer(RecordSerializer):
    """What became of the lines of an import; `lines`: the first 100 that were not new."""

    new = serializers.IntegerField(read_only=True)
    duplicate = serializers.IntegerField(read_only=True)
    existing = serializers.IntegerField(read_only=True)
    invalid = serializers.IntegerField(read_only=True)
    filled = serializers.IntegerField(read_only=True)
    lines = ImportedLineSerializer(read_only=True, many=True)

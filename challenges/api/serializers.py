"""Serializers of challenges, milestones, logs and progress: they validate bodies and document answers.

`challenges.api.presenters` builds the answers; tests hold the two equal. The docstring of a serializer is its
description in the OpenAPI document.
"""

from typing import Any

from rest_framework import serializers

from challenges.api.log_parser import LARGEST_ACTIVITY_BATCH, LARGEST_BATCH
from challenges.api.presenters.challenge import DEFAULT_CHALLENGE_ICON
from core.api.amount_field import AmountSerializerField
from core.api.fields import (
    ExactTextListField,
    FlagField,
    OptionField,
    TextField,
    TimeField,
    UuidField,
    WholeNumberField,
)
from core.api.icon_field import IconField
from core.api.serializers import RecordSerializer
from core.api.translated_fields import TranslatedTextField
from core.choices import (
    AggregationMethod,
    AggregationPeriod,
    BatchLogStatus,
    ProgressStatus,
    ReasonCode,
    RecordStatus,
    ReversalPolicy,
)
from core.identifiers import IDENTIFIER_RULE
from core.messages import check_message, check_plain
from rewards.api.presenters import DEFAULT_MILESTONE_ICON
from rewards.api.serializers import RewardLogShownSerializer, RewardShownSerializer


class WindowSerializer(RecordSerializer):
    period_key = serializers.CharField(read_only=True)
    starts_at = TimeField(read_only=True)
    ends_at = TimeField(read_only=True)


class MilestoneSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    linked_schema_slug = OptionField([("challenge", "challenge")], default="challenge")
    linked_schema_record_id = UuidField()
    name = TextField(max_length=256)
    description = TextField(max_length=1024)
    milestone_target_value = AmountSerializerField(help_text="Above 0, up to the challenge's target.")
    status = OptionField(RecordStatus.choices)
    reward_id = UuidField(required=False, allow_null=True)
    reward = RewardShownSerializer(read_only=True, allow_null=True)
    eud_milestone_title = TranslatedTextField(48, check_plain)
    eud_milestone_description = TranslatedTextField(1024, check_plain)
    eud_milestone_icon = IconField(DEFAULT_MILESTONE_ICON)
    eud_milestone_reward_instruction_message = TranslatedTextField(256, check_plain)
    created_at = TimeField(read_only=True)
    updated_at = TimeField(read_only=True)

    admin_fields = frozenset({"rewardId"})


class ChallengeProgressSerializer(RecordSerializer):
    id = UuidField(read_only=True, allow_null=True)
    challenge_id = UuidField(read_only=True)
    owned_by_id = serializers.CharField(read_only=True)
    period_key = serializers.CharField(read_only=True)
    window_starts_at = TimeField(read_only=True)
    window_ends_at = TimeField(read_only=True)
    current_progress_value = AmountSerializerField(read_only=True)
    completion_target_value = AmountSerializerField(read_only=True)
    percentage = serializers.IntegerField(read_only=True, min_value=0, max_value=100)
    challenge_progress_status = OptionField(ProgressStatus.choices, read_only=True)
    challenge_started_at = TimeField(read_only=True, allow_null=True)
    challenge_completed_at = TimeField(read_only=True, allow_null=True)
    challenge_failed_at = TimeField(read_only=True, allow_null=True)
    achieved_milestone_ids = serializers.ListField(child=UuidField(), read_only=True)
    next_milestone = MilestoneSerializer(read_only=True, allow_null=True)
    next_remaining_value = serializers.CharField(
        read_only=True, help_text="To the next milestone, else to the target: 150.00, or 5 with count."
    )
    eud_status_label = serializers.CharField(read_only=True)
    eud_message = serializers.CharField(read_only=True, allow_null=True)
    reward_logs = RewardLogShownSerializer(read_only=True, many=True)
    updated_at = TimeField(read_only=True, allow_null=True)


class RuleChangeSerializer(RecordSerializer):
    """One field that differs from the version before: `before` and `after` as the record has it."""

    field = serializers.CharField(read_only=True)
    milestone_id = UuidField(read_only=True, allow_null=True, help_text="null: of the challenge itself.")
    before = serializers.JSONField(read_only=True)
    after = serializers.JSONField(read_only=True)


class RuleVersionSerializer(RecordSerializer):
    """What windows are judged by from a moment on; `changes`: what differs from the version before."""

    number = serializers.IntegerField(read_only=True)
    in_force_from = TimeField(read_only=True)
    changed_by = serializers.CharField(read_only=True)
    changes = RuleChangeSerializer(read_only=True, many=True)


class MilestoneRuleSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    status = OptionField(RecordStatus.choices, read_only=True)
    milestone_target_value = AmountSerializerField(read_only=True)
    reward_id = UuidField(read_only=True, allow_null=True)


class PendingVersionSerializer(RuleVersionSerializer):
    """The rules that begin with the next window. Only null may be sent: it cancels them."""

    aggregation_method = OptionField(AggregationMethod.choices, read_only=True)
    completion_target_value = AmountSerializerField(read_only=True)
    starts_at = TimeField(read_only=True, allow_null=True)
    ends_at = TimeField(read_only=True, allow_null=True)
    completion_reward_id = UuidField(read_only=True, allow_null=True)
    milestones = MilestoneRuleSerializer(read_only=True, many=True)

    def to_internal_value(self, data: Any) -> Any:
        """Keep what was sent: the view refuses all but null and what it answers itself."""
        return data


class ChallengeSerializer(RecordSerializer):
    id = UuidField(read_only=True)
    name = TextField(max_length=256)
    description = TextField(max_length=1024)
    status = OptionField(RecordStatus.choices)
    completion_target_value = AmountSerializerField(help_text="Above 0; whole with count.")
    aggregation_method = OptionField(
        AggregationMethod.choices, required=False, help_text="sum adds activityValue; count counts logs."
    )
    aggregation_period = OptionField(
        AggregationPeriod.choices, required=False, help_text="The calendar window; weeks begin on Monday."
    )
    time_zone = TextField(
        max_length=64, required=False, allow_blank=False, allow_null=False, help_text="Such as Europe/Berlin."
    )
    starts_at = TimeField(required=False, allow_null=True)
    ends_at = TimeField(required=False, allow_null=True, help_text="The last window closes here.")
    activity_ids = ExactTextListField(required=False, help_text="Activities that count here.")
    display_order = WholeNumberField(min_value=-(2**31), max_value=2**31 - 1, required=False)
    late_grace_hours = WholeNumberField(
        min_value=0, max_value=1440, required=False, help_text="For how long a closed window still counts."
    )
    reversal_policy = OptionField(
        ReversalPolicy.choices, required=False, help_text="Of rewards that a reversal leaves unsupported."
    )
    completion_reward_id = UuidField(required=False, allow_null=True)
    completion_reward = RewardShownSerializer(read_only=True, allow_null=True)
    milestones = MilestoneSerializer(read_only=True, many=True)
    rule_versions = RuleVersionSerializer(
        read_only=True, many=True, help_text="Newest first; in answers for one challenge, not in lists."
    )
    pending_version = PendingVersionSerializer(required=False, allow_null=True)
    count_paused = FlagField(
        required=False,
        write_only=True,
        help_text="On resuming: count what came in the open window.",
    )
    eud_title = TranslatedTextField(48, check_plain)
    eud_description = TranslatedTextField(1024, check_plain)
    eud_icon = IconField(DEFAULT_CHALLENGE_ICON)
    eud_in_progress_label = TranslatedTextField(32, check_plain)
    eud_completed_label = TranslatedTextField(32, check_plain)
    eud_not_started_label = TranslatedTextField(32, check_plain)
    eud_failed_label = TranslatedTextField(32, check_plain)
    eud_view_details_button_text = TranslatedTextField(32, check_plain)
    eud_completed_challenge_message = TranslatedTextField(256, check_message)
    eud_failed_challenge_message = TranslatedTextField(256, check_message)
    eud_milestone_next_to_be_achieved_message = TranslatedTextField(256, check_message)
    window = WindowSerializer(read_only=True)
    progress = ChallengeProgressSerializer(read_only=True)
    last_progress = ChallengeProgressSerializer(read_only=True, allow_null=True)
    created_at = TimeField(read_only=True)
    updated_at = TimeField(read_only=True)

    admin_fields = frozenset(
        {"lateGraceHours", "reversalPolicy", "completionRewardId", "ruleVersions", "pendingVersion"}
    )


class OwnerSerializer(RecordSerializer):
    external_id = TextField(max_length=256, help_text=IDENTIFIER_RULE)
    first_name = TextField(max_length=256, required=False)
    last_name = TextField(max_length=256, required=False)
    email = TextField(max_length=320, required=False)
    phone_number = TextField(max_length=16, required=False)


class ActivitySerializer(RecordSerializer):
    """One activity, for every challenge that names its `activityId`."""

    owned_by_id = TextField(
        max_length=256,
        required=False,
        allow_blank=False,
        help_text=f"The member; or send ownedBy. {IDENTIFIER_RULE}",
    )
    owned_by = OwnerSerializer(
        required=False, write_only=True, help_text="The member with a profile, which fills what is empty."
    )
    activity_at = TimeField(help_text="When it happened: at most 60 days ago, 5 minutes ahead.")
    activity_id = TextField(max_length=256, help_text="What kind of activity it is, in your own words.")
    unique_identifier = TextField(
        max_length=256, help_text=f"Yours; counts once for a member and challenge. {IDENTIFIER_RULE}"
    )
    activity_value = AmountSerializerField(
        required=False, allow_null=True, help_text="Required with sum, unless a whole log is taken back."
    )
    reversal_of = TextField(
        max_length=256, required=False, help_text="The uniqueIdentifier of the log that this one takes back."
    )


# `log_parser` decodes the bodies of logs; these serializers document them.
class ChallengeLogSerializer(ActivitySerializer):
    """One activity of one member for one challenge."""

    id = UuidField(read_only=True)
    challenge_id = UuidField()
    period_key = serializers.CharField(
        read_only=True, allow_null=True, help_text="Null for a reversal whose original has not come yet."
    )
    counted = serializers.BooleanField(read_only=True)
    counted_value = AmountSerializerField(
        read_only=True, help_text="By how much it changed the window's value: 0 or less for a reversal."
    )
    reason_code = OptionField(ReasonCode.choices, read_only=True, allow_null=True)
    created_at = TimeField(read_only=True)


class BatchSerializer(RecordSerializer):
    records = serializers.ListField(child=ChallengeLogSerializer(), min_length=1, max_length=LARGEST_BATCH)


class ErrorSerializer(RecordSerializer):
    code = serializers.CharField(read_only=True)
    detail = serializers.CharField(read_only=True)
    attr = serializers.CharField(read_only=True, allow_null=True)


class PaidSerializer(RecordSerializer):
    id = UuidField(read_only=True, allow_null=True, help_text="null in a dry run: it does not exist.")
    coupon_code = serializers.CharField(read_only=True, allow_null=True)


class BatchOutcomeSerializer(RecordSerializer):
    index = serializers.IntegerField(read_only=True)
    status = OptionField(BatchLogStatus.choices, read_only=True)
    id = UuidField(read_only=True, allow_null=True)
    counted = serializers.BooleanField(read_only=True, allow_null=True)
    counted_value = AmountSerializerField(required=False, help_text="Left out where the record is rejected.")
    reason_code = OptionField(ReasonCode.choices, read_only=True, allow_null=True)
    reward_logs = PaidSerializer(read_only=True, many=True)
    errors = ErrorSerializer(read_only=True, many=True)


class ActivitiesSerializer(RecordSerializer):
    records = serializers.ListField(
        child=ActivitySerializer(), min_length=1, max_length=LARGEST_ACTIVITY_BATCH
    )


class ActivityOutcomeSerializer(BatchOutcomeSerializer):
    challenge_id = UuidField(read_only=True, allow_null=True)


class BatchSummarySerializer(RecordSerializer):
    created = serializers.IntegerField(read_only=True)
    replayed = serializers.IntegerField(read_only=True)
    rejected = serializers.IntegerField(read_only=True)
    reward_logs = serializers.IntegerField(read_only=True)


class BatchAnswerSerializer(RecordSerializer):
    """An outcome for each record, in order, and their sums."""

    data = BatchOutcomeSerializer(read_only=True, many=True)
    summary = BatchSummarySerializer(read_only=True)

    whole_answer = True


class ActivityAnswerSerializer(BatchAnswerSerializer):
    """An outcome for each challenge that each activity reached."""

    data = ActivityOutcomeSerializer(read_only=True, many=True)

"""The answers to one recorded log and to a dry run, for the OpenAPI document; `presenters` builds them."""

from rest_framework import serializers

from challenges.api.serializers import (
    ChallengeLogSerializer,
    ChallengeProgressSerializer,
    MilestoneSerializer,
)
from core.api.amount_field import AmountSerializerField
from core.api.fields import UuidField
from core.api.serializers import RecordSerializer
from rewards.api.serializers import RewardLogShownSerializer

NULL_IN_DRY_RUN = "null in a dry run: it does not exist."


class CausedRewardLogSerializer(RewardLogShownSerializer):
    id = UuidField(read_only=True, allow_null=True, help_text=NULL_IN_DRY_RUN)


class ResultingProgressSerializer(ChallengeProgressSerializer):
    reward_logs = CausedRewardLogSerializer(read_only=True, many=True)


class RecordedLogSerializer(ChallengeLogSerializer):
    """The answer to a POST of one log."""

    id = UuidField(read_only=True, allow_null=True, help_text=NULL_IN_DRY_RUN)
    challenge_progress = ResultingProgressSerializer(read_only=True)
    achieved_milestone = MilestoneSerializer(read_only=True, allow_null=True)
    achieved_milestones = MilestoneSerializer(read_only=True, many=True)
    achieved_milestone_reward_log = CausedRewardLogSerializer(read_only=True, allow_null=True)
    reward_logs = CausedRewardLogSerializer(read_only=True, many=True)


class ImpactSerializer(RecordSerializer):
    """What a change would do to members and rewards. null: there are too many logs to try."""

    logs = serializers.IntegerField(
        required=False, min_value=0, help_text="How many logs would count; only where logs would."
    )
    members = serializers.IntegerField(
        read_only=True, min_value=0, help_text="Who gains or loses something, or is paid."
    )
    completed_members = serializers.IntegerField(read_only=True, min_value=0, allow_null=True)
    paid_members = serializers.IntegerField(
        read_only=True, min_value=0, allow_null=True, help_text="Who gets at least one reward log."
    )
    coupons = serializers.IntegerField(
        read_only=True,
        min_value=0,
        allow_null=True,
        help_text="Reward logs with a code, or waiting for one.",
    )
    revoked = serializers.IntegerField(
        read_only=True, min_value=0, allow_null=True, help_text="What the reversal policy takes back."
    )
    capped = serializers.IntegerField(
        read_only=True, min_value=0, allow_null=True, help_text="Reward logs beyond a cap of their reward."
    )
    face_value = AmountSerializerField(read_only=True, allow_null=True, help_text="null: rewards have none.")

    always_complete = True


class ImpactAnswerSerializer(RecordSerializer):
    """The answer with dryRun=true, instead of the record."""

    impact = ImpactSerializer(read_only=True)

    always_complete = True
    whole_answer = True

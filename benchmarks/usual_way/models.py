from django.db import models


class Challenge(models.Model):
    name = models.CharField(max_length=256)
    completion_target_value = models.DecimalField(max_digits=18, decimal_places=4)


class Milestone(models.Model):
    challenge = models.ForeignKey(Challenge, models.CASCADE, related_name="milestones")
    milestone_target_value = models.DecimalField(max_digits=18, decimal_places=4)


class ChallengeLog(models.Model):
    challenge = models.ForeignKey(Challenge, models.CASCADE, related_name="logs")
    owned_by_id = models.CharField(max_length=256)
    unique_identifier = models.CharField(max_length=256)
    activity_at = models.DateTimeField()
    activity_id = models.CharField(max_length=256)
    activity_value = models.DecimalField(max_digits=18, decimal_places=4)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["challenge", "owned_by_id", "activity_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "owned_by_id", "unique_identifier"], name="usual_way_log_once"
            )
        ]


class ChallengeProgress(models.Model):
    challenge = models.ForeignKey(Challenge, models.CASCADE, related_name="progress")
    owned_by_id = models.CharField(max_length=256)
    period_key = models.CharField(max_length=10)
    current_progress_value = models.DecimalField(max_digits=18, decimal_places=4)
    challenge_completed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "owned_by_id", "period_key"], name="usual_way_one_per_window"
            )
        ]


class RewardLog(models.Model):
    challenge = models.ForeignKey(Challenge, models.CASCADE, related_name="reward_logs")
    milestone = models.ForeignKey(Milestone, models.CASCADE, null=True, related_name="reward_logs")
    owned_by_id = models.CharField(max_length=256)
    period_key = models.CharField(max_length=10)
    coupon_code = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["challenge", "owned_by_id", "period_key"])]

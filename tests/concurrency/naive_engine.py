"""The same rules as one would write them without knowing better: right for one writer at a time."""

from django.db import transaction

from challenges.models import ChallengeLog, ChallengeProgress
from core.amounts import amount
from core.ids import uuid7
from members.models import Member
from rewards.models import RewardLog
from tests.builders import NOW


class NaiveEngine:
    """Read, add, write; look whether it was paid, then pay."""

    def __init__(self, challenge):
        self.challenge = challenge
        self.thresholds = [(m.id, m.id, m.milestone_target_value) for m in challenge.milestones.all()]
        self.thresholds.append((None, challenge.id, challenge.completion_target_value))

    def send(self, orders):
        for order in orders:
            with transaction.atomic():
                self.record(order)

    def record(self, order):
        member = Member.objects.get(external_id=order.external_id)
        value = amount(order.activity_value)
        self.store_log(order, member, value)
        key = {"member": member, "challenge": self.challenge, "period_key": "2026-11"}
        row = ChallengeProgress.objects.filter(**key).first() or self.new_row(key)
        row.current_progress_value += value
        if row.current_progress_value >= row.completion_target_value and not row.challenge_completed_at:
            row.challenge_completed_at = NOW
        row.save()
        for milestone_id, threshold_id, target in self.thresholds:
            paid = RewardLog.objects.filter(**key, threshold_id=threshold_id).exists()
            if row.current_progress_value >= target and not paid:
                self.pay(key, milestone_id, threshold_id)

    def store_log(self, order, member, value):
        log = ChallengeLog(
            id=uuid7(),
            member=member,
            challenge=self.challenge,
            unique_identifier=order.unique_identifier,
            activity_at=NOW,
            activity_id="purchase",
            activity_value=value,
            period_key="2026-11",
            counted=True,
            counted_value=value,
            created_at=NOW,
        )
        ChallengeLog.objects.bulk_create([log])

    def new_row(self, key):
        return ChallengeProgress(
            **key,
            window_starts_at=NOW.replace(day=1, hour=0),
            window_ends_at=NOW.replace(month=12, day=1, hour=0),
            current_progress_value=0,
            completion_target_value=self.challenge.completion_target_value,
            challenge_started_at=NOW,
            updated_at=NOW,
        )

    def pay(self, key, milestone_id, threshold_id):
        RewardLog.objects.create(
            **key,
            milestone_id=milestone_id,
            threshold_id=threshold_id,
            status="issued",
            reward_issued_at=NOW,
            updated_at=NOW,
        )

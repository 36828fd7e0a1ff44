"""A database as after a season: a million logs, 100,000 progress rows, as many reward logs and coupon codes.

2,000 members in five busy challenges over ten weeks, and one quiet challenge of long ago: what is asked for
may be everywhere, or only at the far end. Written in SQL for PostgreSQL; sums are not those of the logs.
"""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from challenges.models import ChallengeLog, ChallengeProgress
from core.ids import uuid7, uuid7_batch
from core.write_guard import bypassing_services
from members.models import Member
from rewards.models import CouponCode, RewardLog
from tests.builders import DAY, make_challenge, make_milestone, make_reward

MEMBERS, BUSY, WEEKS, LOGS_EACH = 2_000, 5, 10, 10
PROGRESS = MEMBERS * BUSY * WEEKS
LOGS = PROGRESS * LOGS_EACH
QUIET_ROWS = 20
NOW = timezone.now()
# A Monday: the tenth week from then on is the one of now.
BEGIN = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(NOW.weekday(), weeks=WEEKS - 1)

# A UUID of version 7 for row n of `of` rows that are spread over the weeks; `salt` keeps tables apart.
ID = """(lpad(to_hex({begin} + (n::bigint * {weeks_ms} / {of})), 12, '0') || '7000' || '8{salt}'
         || lpad(to_hex(n), 14, '0'))::uuid"""


class Season:
    """What was written, to ask for it."""

    def __init__(self):
        long_ago = BEGIN - DAY
        self.reward = make_reward(code_source="pool", at=long_ago)
        self.quiet_reward = make_reward(at=long_ago)
        self.busy = [self._challenge(f"Busy {n}") for n in range(BUSY)]
        self.quiet = self._challenge("Quiet")
        self.milestones = [make_milestone(busy, 100, at=long_ago, reward=self.reward) for busy in self.busy]
        self.quiet_milestone = make_milestone(self.quiet, 100, at=long_ago, reward=self.quiet_reward)
        self.members = self._enrol()
        self.now_key, self.first_key, self.long_ago_key = (
            f"{moment:%G-W%V}" for moment in (NOW, BEGIN, BEGIN - timedelta(weeks=1))
        )
        self._fill()

    def _challenge(self, name):
        return make_challenge(at=BEGIN - DAY, name=name, aggregation_period="weekly")

    def _enrol(self):
        rows = [
            Member(id=id_, external_id=f"member-{n}", created_at=BEGIN, updated_at=BEGIN)
            for n, id_ in enumerate(uuid7_batch(BEGIN, MEMBERS))
        ]
        with bypassing_services("what a test needs"):
            return Member.objects.bulk_create(rows, batch_size=1000)

    def _fill(self):
        self._busy_rows()
        self._quiet_rows()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _busy_rows(self):
        """Row p of progress is of week p / 10,000; log n belongs to row n / 10."""
        week = f"(p / {MEMBERS * BUSY})"
        starts = f"('{BEGIN.date()}'::timestamptz + {week} * interval '7 days')"
        of_progress = {
            "member_id": f"(%(members)s::uuid[])[1 + (p / {BUSY}) % {MEMBERS}]",
            "challenge_id": f"(%(challenges)s::uuid[])[1 + p % {BUSY}]",
            "period_key": f"to_char({starts}, 'IYYY-\"W\"IW')",
        }
        self._insert(ChallengeProgress, PROGRESS, "n AS p", "1", {
            **of_progress,
            "window_starts_at": starts,
            "window_ends_at": f"{starts} + interval '7 days'",
            "current_progress_value": "(p % 600) * 10000",
            "completion_target_value": "5000000",
            "challenge_started_at": starts,
            "challenge_completed_at": f"CASE WHEN p % 600 >= 500 THEN {starts} + interval '1 day' END",
            "updated_at": f"{starts} + (p % 600000) * interval '1 second'",
        })  # fmt: skip
        at = f"{starts} + (n % 600000) * interval '1 second'"
        self._insert(ChallengeLog, LOGS, f"n / {LOGS_EACH} AS p", "2", {
            **of_progress,
            "unique_identifier": "'order-' || n",
            "activity_at": at,
            "activity_id": "'purchase'",
            "activity_value": "10000",
            "reversal_of": "''",
            "counts_anyway": "''",
            "counted": "n % 1000 <> 0",
            "reason_code": "CASE WHEN n % 1000 = 0 THEN 'member_paused' ELSE '' END",
            "counted_value": "CASE WHEN n % 1000 = 0 THEN 0 ELSE 10000 END",
            "created_at": at,
        })  # fmt: skip
        self._insert(RewardLog, PROGRESS, "n AS p", "3", {
            **of_progress,
            "milestone_id": f"(%(milestones)s::uuid[])[1 + p % {BUSY}]",
            "threshold_id": f"(%(milestones)s::uuid[])[1 + p % {BUSY}]",
            "reward_id": "%(reward)s",
            "status": "CASE p % 1000 WHEN 0 THEN 'revoked' WHEN 1 THEN 'pending_code' ELSE 'issued' END",
            "coupon_code": "CASE WHEN p % 1000 = 1 THEN '' ELSE 'CODE-' || p END",
            "reward_issued_at": starts,
            "reward_expiry_at": f"CASE WHEN p % 2 = 0 THEN {starts} + interval '14 days' END",
            "updated_at": starts,
        })  # fmt: skip
        self._insert(CouponCode, PROGRESS, "n AS p", "4", {
            "reward_id": "%(reward)s",
            "code": "'CODE-' || p",
            "reward_log_id": f"CASE WHEN p % 1000 <> 1 THEN {id_of('3', PROGRESS)} END",
            "created_at": f"'{BEGIN.isoformat()}'::timestamptz",
        })  # fmt: skip

    def _quiet_rows(self):
        """A few rows that are older than all others, in a challenge that is long over."""
        week, starts = self.long_ago_key, BEGIN - timedelta(weeks=1)
        for number, member in enumerate(self.members[:QUIET_ROWS]):
            key = {"member": member, "challenge": self.quiet, "period_key": week}
            ChallengeProgress.objects.create(
                **key,
                window_starts_at=starts,
                window_ends_at=BEGIN,
                current_progress_value=100,
                completion_target_value=500,
                challenge_started_at=starts,
                updated_at=starts,
            )
            ChallengeLog.objects.bulk_create([
                ChallengeLog(
                    **key,
                    id=uuid7(starts),
                    unique_identifier=f"quiet-{number}",
                    activity_at=starts,
                    activity_id="purchase",
                    activity_value=100,
                    counted=True,
                    counted_value=100,
                    created_at=starts,
                )
            ])  # fmt: skip
            RewardLog.objects.create(
                **key,
                id=uuid7(starts),
                milestone=self.quiet_milestone,
                threshold_id=self.quiet_milestone.id,
                reward=self.quiet_reward,
                status="redeemed",
                coupon_code=f"QUIET-{number}",
                reward_issued_at=starts,
                redeemed_at=starts,
                updated_at=starts,
            )

    def _insert(self, model, rows, numbered, salt, columns):
        names = ", ".join(["id", *columns])
        values = ", ".join([id_of(salt, rows), *columns.values()])
        statement = (
            f"INSERT INTO {model._meta.db_table} ({names}) "
            f"SELECT {values} FROM (SELECT n, {numbered} FROM generate_series(0, {rows - 1}) AS n) AS source"
        )
        arguments = {
            "members": [member.id for member in self.members],
            "challenges": [challenge.id for challenge in self.busy],
            "milestones": [milestone.id for milestone in self.milestones],
            "reward": self.reward.id,
        }
        with connection.cursor() as cursor:
            used = {name: value for name, value in arguments.items() if f"%({name})s" in statement}
            cursor.execute(statement.replace(" % ", " %% "), used)


def id_of(salt, rows):
    begin, weeks_ms = int(BEGIN.timestamp() * 1000), WEEKS * 7 * 24 * 3600 * 1000
    return ID.format(begin=begin, weeks_ms=weeks_ms, of=rows, salt=salt)

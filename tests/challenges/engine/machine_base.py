"""What the machines share: every step does the same to the engine and to the model, and both are compared."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.test import TestCase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from challenges.editing import service
from challenges.engine import activities, intake
from challenges.engine.manual_count_runs import start as start_counting
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.queries.uncounted_logs import LogFilter
from core.errors import DomainErrors
from milestones.models import Milestone
from rewards.models import CouponCode, RewardLog
from tests.builders import NOW, breaches, entry, make_challenge, make_member, make_reward
from tests.challenges.engine import model_of_the_rules as model
from tests.challenges.engine.machine_inputs import MEMBERS
from tests.challenges.engine.model_of_activities import Shop
from tests.challenges.engine.model_of_versions import Step

# The challenges: how they count, and their targets and the milestones' targets that edits may set.
SUMS, VISITS = ("sum", [120, 200, 300], [30, 70, 100]), ("count", [2, 3, 5], [1, 2, 3])
CHALLENGES = {"spend": SUMS, "visits": VISITS, "late": SUMS}
EXPECTED_REFUSALS = {"milestone_above_target", "ends_before_next_window"}
# The ledger is verified after so many steps, and at the end.
VERIFIED_EVERY = 10
# No two steps are of the same instant: rows of one have no order among those of another.
TICK = timedelta(milliseconds=1)


class History(RuleBasedStateMachine):
    """Two challenges that run, one that is going to, and a pool of codes that may run dry."""

    def __init__(self):
        super().__init__()
        self.shop, self.now, self.steps, self.refunds = Shop(), NOW, 0, 0
        self.history = transaction.atomic()
        self.history.__enter__()

    def teardown(self):
        """The next history starts from nothing."""
        try:
            check_same(dict.fromkeys(breaches(self.now), "broken"), {})
        finally:
            transaction.set_rollback(True)
            self.history.__exit__(None, None, None)

    @initialize(revokes=st.booleans())
    def start(self, revokes):
        self.reward, self.codes = make_reward(code_source="pool"), 0
        for member in MEMBERS:
            make_member(member)
        self.ids = {}
        # No edit is of the very instant at which a challenge went live.
        live_at = self.now - timedelta(seconds=1)
        for name, (method, targets, aims) in CHALLENGES.items():
            challenge = make_challenge(
                at=live_at,
                name=name,
                status="draft",
                aggregation_period="daily",
                aggregation_method=method,
                completion_target_value=Decimal(targets[1]),
                activity_ids=["purchase"],
                reversal_policy="revoke_unredeemed" if revokes else "keep",
            )
            self.ids[name] = challenge.id
            self.shop.challenges[name] = model.Challenge(targets[1], method == "count")
            self.shop.challenges[name].revokes = revokes
            for aim in aims[1:]:
                self.add_milestone(name, aim, at=live_at)
            if name != "late":
                self.edit(name, at=live_at, status="live")
                self.shop.go_live(name, live_at)

    # -- activity

    def stored(self, name):
        return Challenge.objects.get(id=self.ids[name])

    def entries(self, name, batch):
        return [
            entry(
                self.stored(name),
                sent.value,
                member=sent.member,
                uid=sent.uid,
                at=sent.at,
                reversal_of=sent.reversal_of,
            )
            for sent in batch
        ]

    def send(self, name, *batch):
        """By the log entrance."""
        self.now += TICK
        with committing():
            outcomes = intake.record(self.entries(name, batch), at=self.now)
        answers = dict(enumerate(map(answer, outcomes)))
        check_same(answers, dict(enumerate(self.shop.record(name, batch, self.now))))

    def send_activities(self, *batch):
        self.now += TICK
        with committing():
            outcomes = activities.record(self.entries("spend", batch), at=self.now)
        names = {id_: name for name, id_ in self.ids.items()}
        answers = [
            answer(outcome)
            if outcome.errors
            else {
                names[id_]: answer(of_one)
                for id_, of_one in zip(outcome.challenge_ids, outcome.outcomes, strict=True)
            }
            for outcome in outcomes
        ]
        check_same(dict(enumerate(answers)), dict(enumerate(self.shop.record_activities(batch, self.now))))

    def count_paused(self, name):
        """Count what came during a pause and belongs to the open window."""
        of_today = LogFilter(("challenge_paused",), period_key=model.key_of(self.now))
        with committing():
            run = start_counting(self.ids[name], of_today, "Resumed", None, self.now)
        challenge = self.shop.challenges[name]
        assert run.counted == challenge.count_anyway(challenge.paused_ones(self.now))

    # -- edits

    def edit(self, name, at=None, from_next_window=False, **fields):
        """Whether the edit was taken: not where a milestone lay above the target, or an end too early."""
        challenge = self.stored(name)
        if from_next_window:
            service.for_next_window(challenge)
        for field, value in fields.items():
            setattr(challenge, field, value)
        return taken(lambda: service.save(challenge, at=at or self.now, from_next_window=from_next_window))

    def edit_rules(self, name, from_next_window=False, **changes):
        """The model's side of an edit that was taken."""
        challenge = self.shop.challenges[name]
        if from_next_window:
            challenge.edit_next_window(self.now, **changes)
        else:
            challenge.edit(self.now, **changes)
        challenge.judge_all()

    def add_milestone(self, name, aim, at=None, from_next_window=False):
        milestone = Milestone(
            challenge=self.stored(name),
            name=f"Reach {aim}",
            description="On the way.",
            milestone_target_value=Decimal(aim),
            reward=self.reward,
            status="live",
        )
        if self.save_milestone(milestone, at or self.now, from_next_window):
            steps = self.steps_of(name, from_next_window) | {str(milestone.id): Step(aim)}
            self.edit_rules(name, from_next_window, steps=steps)

    def save_milestone(self, milestone, at, from_next_window):
        return taken(lambda: service.save_milestone(milestone, at=at, from_next_window=from_next_window))

    def steps_of(self, name, from_next_window=False):
        challenge = self.shop.challenges[name]
        return (challenge.pending if from_next_window and challenge.pending else challenge.newest).steps

    # -- what must be the same

    @invariant()
    def progress_is_the_same(self):
        held = {
            (row.challenge.name, row.member.external_id, row.period_key): (
                row.current_progress_value,
                row.completion_target_value,
                row.window_ends_at,
                row.challenge_completed_at is not None,
            )
            for row in ChallengeProgress.objects.select_related("member", "challenge")
        }
        wanted = {
            (name, *key): (window.value, window.target, window.closes, window.completed)
            for name, challenge in self.shop.challenges.items()
            for key, window in challenge.windows.items()
        }
        check_same(held, wanted)

    @invariant()
    def logs_are_the_same(self):
        held = {
            (
                log.challenge.name,
                log.member.external_id,
                log.counts_anyway or log.unique_identifier,
                bool(log.counts_anyway),
            ): (log.counted, log.reason_code, log.counted_value, log.period_key, log.reversal_of)
            for log in ChallengeLog.objects.select_related("member", "challenge")
        }
        wanted = {
            (name, *key, own): log.state
            for name, challenge in self.shop.challenges.items()
            for own, logs in ((False, challenge.logs), (True, challenge.acts))
            for key, log in logs.items()
        }
        check_same(held, wanted)

    @invariant()
    def rewards_are_the_same(self):
        held = {}
        for log in RewardLog.objects.select_related("member", "challenge"):
            key = (log.challenge.name, log.member.external_id, log.period_key)
            held.setdefault(key, {})[str(log.milestone_id or "completion")] = status_of(log)
        wanted = {
            (name, *key): {threshold: reward.status for threshold, reward in window.rewards.items()}
            for name, challenge in self.shop.challenges.items()
            for key, window in challenge.windows.items()
            if window.rewards
        }
        check_same(held, wanted)

    @invariant()
    def codes_go_round_as_far_as_they_last(self):
        """Each once; nobody waits while there are some."""
        given = list(RewardLog.objects.exclude(coupon_code="").values_list("coupon_code", flat=True))
        assert len(given) == len(set(given))
        free = CouponCode.objects.filter(reward_log=None).exists()
        assert not (free and RewardLog.objects.waiting().exists())

    @invariant()
    def ledger_is_sound(self):
        self.steps += 1
        self.now += TICK
        if self.steps % VERIFIED_EVERY == 0:
            check_same(dict.fromkeys(breaches(self.now), "broken"), {})


def check_same(held, wanted):
    """Raise AssertionError with what the engine and the model say, in this order, where they differ."""
    pairs = {key: (held.get(key), wanted.get(key)) for key in held.keys() | wanted.keys()}
    if different := {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}:
        raise AssertionError(f"engine, model: {different}")


def committing():
    """What runs after a commit runs at the end of this, though the history is one transaction."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def taken(edit):
    try:
        with committing():
            edit()
    except DomainErrors as refused:
        if not {error.code for error in refused.errors} <= EXPECTED_REFUSALS:
            raise
        return False
    return True


def answer(outcome):
    """`conflict` is told from other refusals; activities that were not refused have an answer each."""
    conflict = any(error.code == "duplicate_conflict" for error in outcome.errors)
    return "conflict" if conflict else getattr(outcome, "status", "rejected")


def status_of(reward_log):
    """A code is held or awaited: which of them the pool decides."""
    if reward_log.status == "revoked":
        return model.BY_POLICY if getattr(reward_log, "revoked_from", "") else model.BY_HAND
    return model.HELD if reward_log.status in ("issued", "pending_code") else reward_log.status

"""The engine against a plain model of its rules: any history of logs, reversals, edits, pauses and time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from challenges.editing import service
from challenges.engine import intake
from challenges.models import Challenge, ChallengeProgress
from core.amounts import units
from core.errors import DomainErrors
from core.write_guard import bypassing_services
from members.models import Member
from milestones.models import Milestone
from rewards.domain.code_files import listed_codes
from rewards.domain.pool_import import import_codes
from rewards.models import RewardLog
from tests.builders import (
    NOW,
    breaches,
    entry,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
)
from tests.challenges.engine.model_of_the_rules import Model

MEMBERS = ["alice", "bob"]
NAMES = [f"order-{n}" for n in range(12)]
REFUNDS = [f"refund-{n}" for n in range(6)]
VALUES = st.sampled_from([0, 10, 30, 70, 100, 200])
EXPECTED_REFUSALS = {"milestone_above_target", "ends_before_next_window"}
SENT = st.tuples(st.sampled_from(MEMBERS), st.sampled_from(NAMES), VALUES)


class History(RuleBasedStateMachine):
    """What the machines share: every step does the same to both, and the invariants compare.

    Codes come from a pool that may run dry.
    """

    def __init__(self):
        super().__init__()
        self.history = transaction.atomic()
        self.history.__enter__()

    def teardown(self):
        """The next history starts from nothing."""
        transaction.set_rollback(True)
        self.history.__exit__(None, None, None)

    @initialize()
    def start(self):
        self.now = NOW
        self.reward = make_reward(code_source="pool")
        self.begin()
        self.codes = 0
        self.add_milestone(100)
        for member in MEMBERS:
            make_member(member)

    def send(self, sent, ago):
        member, uid, value = sent
        self.record([(member, uid, self.now - timedelta(hours=ago), value, "")])

    def record(self, sent):
        entries = [
            entry(self.challenge, value, member=member, uid=uid, at=at, reversal_of=reversal_of)
            for member, uid, at, value, reversal_of in sent
        ]
        outcomes = intake.record(entries, at=self.now)
        expected = []
        for member, uid, at, value, reversal_of in sent:
            in_units = None if value is None else value * 10_000
            expected.append(self.model.record(member, uid, at, in_units, reversal_of, self.now))
        assert [answer(outcome) for outcome in outcomes] == expected

    def move_the_target(self, aim):
        if self.edit(completion_target_value=Decimal(aim)):
            self.model.edit(self.now, target=aim * 10_000)

    def move_the_end(self, hours):
        end = None if hours is None else self.now + timedelta(hours=hours)
        if self.edit(ends_at=end):
            self.model.edit(self.now, end=end)

    def move_the_target_from_the_next_window(self, aim):
        if self.edit(from_next_window=True, completion_target_value=Decimal(aim)):
            self.model.edit_next_window(self.now, target=aim * 10_000)

    def cancel_the_next_window(self):
        assert service.cancel_pending(self.challenge, at=self.now)
        self.model.cancel()

    def add_a_milestone(self, aim):
        self.add_milestone(aim)

    def add_milestone(self, aim):
        if not fits(self.model, aim):
            return
        milestone = make_milestone(self.challenge, aim, at=self.now, reward=self.reward)
        milestones = self.model.newest.milestones
        self.model.edit(self.now, milestones=milestones | {str(milestone.id): aim * 10_000})

    def move_a_milestone(self, data, aim):
        name = data.draw(st.sampled_from(sorted(self.model.newest.milestones)))
        if not fits(self.model, aim):
            return
        milestone = Milestone.objects.get(id=name)
        milestone.milestone_target_value = Decimal(aim)
        service.save_milestone(milestone, at=self.now)
        self.model.edit(self.now, milestones=self.model.newest.milestones | {name: aim * 10_000})

    def remove_a_milestone(self, data):
        name = data.draw(st.sampled_from(sorted(self.model.newest.milestones)))
        service.remove_milestone(Milestone.objects.get(id=name), at=self.now)
        left = {other: at for other, at in self.model.newest.milestones.items() if other != name}
        self.model.edit(self.now, milestones=left)

    def edit(self, from_next_window=False, **fields):
        """Whether the edit was taken: not where a milestone lay above the target, or an end too early."""
        challenge = Challenge.objects.get(id=self.challenge.id)
        if from_next_window:
            service.for_next_window(challenge)
        for name, value in fields.items():
            setattr(challenge, name, value)
        try:
            service.save(challenge, at=self.now, from_next_window=from_next_window)
        except DomainErrors as refused:
            if not {error.code for error in refused.errors} <= EXPECTED_REFUSALS:
                raise
            return False
        return True

    def begin(self):
        """A live challenge; no edit is of the very instant at which it went live."""
        live_at = self.now - timedelta(seconds=1)
        self.challenge = make_challenge(at=live_at, aggregation_period="daily", completion_target_value=200)
        self.model = Model(200_0000, live_at)

    def start_again(self):
        """Without history the challenge is gone: nothing can have happened yet but edits."""
        paused = self.model.paused
        self.begin()
        self.model.paused = paused

    def let_time_pass(self, hours):
        self.now += timedelta(hours=hours)
        self.model.advance(self.now)

    @invariant()
    def codes_go_round_as_far_as_they_last(self):
        """Each once; who found none waits, until some are imported."""
        logs = RewardLog.objects.exclude(reward=None)
        given, codes = set(logs.exclude(coupon_code="").values_list("coupon_code")), getattr(self, "codes", 0)
        assert len(given) == min(len(logs), codes)
        assert logs.waiting().count() == len(logs) - len(given)

    @invariant()
    def both_hold_the_same(self):
        rows = ChallengeProgress.objects.select_related("member")
        held = {
            (row.member.external_id, row.period_key): (
                units(row.current_progress_value),
                units(row.completion_target_value),
                row.window_ends_at,
                row.challenge_completed_at is not None,
            )
            for row in rows
        }
        wanted = self.model.windows.items() if hasattr(self, "model") else ()
        assert held == {key: (w.value, w.target, w.closes, w.completed) for key, w in wanted}

    @invariant()
    def both_paid_the_same(self):
        paid = {}
        for log in RewardLog.objects.select_related("member"):
            key = (log.member.external_id, log.period_key)
            paid.setdefault(key, set()).add(str(log.milestone_id or "completion"))
        wanted = self.model.windows.items() if hasattr(self, "model") else ()
        assert paid == {key: window.paid for key, window in wanted if window.paid}

    @invariant()
    def the_ledger_is_sound(self):
        assert breaches(getattr(self, "now", NOW)) == []


def with_edits(machine):
    """Add the steps that both machines take."""
    machine.send = rule(sent=SENT, ago=st.sampled_from([0, 0, 0, 1, 26, 100]))(History.send)
    machine.move_the_target = rule(aim=st.sampled_from([120, 200, 300]))(History.move_the_target)
    machine.move_the_end = rule(hours=st.sampled_from([None, -30, -1, -1, 3, 30]))(History.move_the_end)
    machine.move_the_target_from_the_next_window = rule(aim=st.sampled_from([120, 200, 300]))(
        History.move_the_target_from_the_next_window
    )
    machine.cancel_the_next_window = precondition(lambda self: self.model.pending)(
        rule()(History.cancel_the_next_window)
    )
    machine.add_a_milestone = rule(aim=st.sampled_from([30, 70, 100]))(History.add_a_milestone)
    has_milestones = precondition(lambda self: self.model.newest.milestones)
    machine.move_a_milestone = has_milestones(
        rule(data=st.data(), aim=st.sampled_from([30, 70, 100]))(History.move_a_milestone)
    )
    machine.remove_a_milestone = has_milestones(rule(data=st.data())(History.remove_a_milestone))
    machine.let_time_pass = rule(hours=st.sampled_from([1, 13, 30]))(History.let_time_pass)
    return machine


@with_edits
class Engine(History):
    """All that may happen."""

    @rule(sent=st.lists(SENT, min_size=4, max_size=8))
    def send_a_batch(self, sent):
        self.record([(member, uid, self.now, value, "") for member, uid, value in sent])

    @precondition(lambda self: any(self.model.logs.values()))
    @rule(data=st.data(), uid=st.sampled_from(REFUNDS), value=st.one_of(st.none(), VALUES))
    def take_back(self, data, uid, value):
        member = data.draw(st.sampled_from(sorted(self.model.logs)))
        original = data.draw(st.sampled_from([*sorted(self.model.logs[member]), "unknown"]))
        self.record([(member, uid, self.now, value, original)])

    @rule(member=st.sampled_from(MEMBERS), sent=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    def send_orders_with_their_refunds(self, member, sent):
        orders = [(member, uid, self.now, 70, "") for uid in sent]
        refunds = [(member, f"back-{uid}", self.now, None, uid) for uid in sent]
        self.record([each for pair in zip(orders, refunds, strict=True) for each in pair])

    @rule(status=st.sampled_from(["live", "paused"]))
    def pause_or_resume(self, status):
        self.edit(status=status)
        self.model.status = status

    @rule()
    def archive_and_restore(self):
        if service.remove(self.challenge, at=self.now) == "archived":
            self.model.cancel()
            service.restore(self.challenge, at=self.now)
        else:
            self.start_again()

    @rule(member=st.sampled_from(MEMBERS), paused=st.booleans())
    def pause_a_member(self, member, paused):
        with bypassing_services("what a test needs"):
            Member.objects.filter(external_id=member).update(status="paused" if paused else "live")
        (self.model.paused.add if paused else self.model.paused.discard)(member)

    @rule()
    def refill_the_pool(self):
        codes = [f"POOL-{self.codes + n}" for n in (1, 2)]
        self.codes += len(codes)
        import_codes(self.reward.id, listed_codes(codes), clock=lambda: self.now)


@with_edits
class RulesOverTime(History):
    """Edits above all: of now and from the next window, ends that move, and activity of two days."""


def fits(model, aim):
    """A milestone lies at or below the targets of now and of what is pending."""
    return all(aim * 10_000 <= version.target for version in (model.newest, model.pending) if version)


def answer(outcome):
    conflict = any(error.code == "duplicate_conflict" for error in outcome.errors)
    return "conflict" if conflict else outcome.status


@pytest.mark.django_db
def test_the_engine_does_what_the_rules_say():
    examples = max(15, settings().max_examples // 6)
    run_state_machine_as_test(Engine, settings=settings(max_examples=examples, stateful_step_count=40))


@pytest.mark.django_db
def test_rules_over_time_are_what_the_rules_say():
    examples = max(15, settings().max_examples // 6)
    run_state_machine_as_test(RulesOverTime, settings=settings(max_examples=examples, stateful_step_count=40))

"""The machines: edits above all, and everything that may happen to challenges over time."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from challenges.editing import service
from challenges.engine.manual_count import count_manually
from challenges.models import ChallengeLog
from core.write_guard import bypassing_services
from members.models import Member
from milestones.models import Milestone
from rewards.domain import lifecycle
from rewards.domain.code_files import listed_codes
from rewards.domain.pool_import import import_codes
from rewards.models import RewardLog
from tests.challenges.engine.machine_base import CHALLENGES, History, committing, taken
from tests.challenges.engine.machine_inputs import (
    LONG_AGO,
    MEMBER,
    SELDOM,
    batches,
    is_again,
    orders,
    refunds,
    sent_of,
)
from tests.challenges.engine.model_of_the_rules import BY_HAND, REDEEMED
from tests.challenges.engine.model_of_versions import Step

CHALLENGE = st.sampled_from(["spend", "spend", "spend", "visits", "visits", "late"])
PLACE = st.integers(0, 2)  # of a target or an aim in `CHALLENGES`
DATA = st.data()


class Edits(History):
    """Orders of several days, and edits of now and from the next window in between."""

    @rule(name=CHALLENGE, orders=st.lists(orders(), min_size=1, max_size=3))
    def orders(self, name, orders):
        for each in orders:
            self.send(name, self.sent(each, self.known(name)))

    @rule(hours=st.sampled_from([1, 13, 30]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        for challenge in self.shop.challenges.values():
            challenge.advance(self.now)

    @rule(name=CHALLENGE, place=PLACE, from_next_window=SELDOM)
    def target_moves(self, name, place, from_next_window):
        if self.is_editable(name):
            target = CHALLENGES[name][1][place]
            if self.edit(name, None, from_next_window, completion_target_value=Decimal(target)):
                self.edit_rules(name, from_next_window, target=target)

    @rule(name=CHALLENGE, hours=st.sampled_from([None, None, None, -1, 3, 30]), from_next_window=SELDOM)
    def end_moves(self, name, hours, from_next_window):
        if self.is_editable(name):
            end = None if hours is None else self.now + timedelta(hours=hours)
            if self.edit(name, None, from_next_window, ends_at=end):
                self.edit_rules(name, from_next_window, end=end)

    @precondition(lambda self: self.pending)
    @rule(data=DATA)
    def pending_version_is_cancelled(self, data):
        name = data.draw(st.sampled_from(self.pending))
        with committing():
            assert service.cancel_pending(self.stored(name), at=self.now)
        self.shop.challenges[name].cancel()
        self.shop.challenges[name].judge_all()

    @rule(name=CHALLENGE, place=PLACE, from_next_window=SELDOM)
    def milestone_is_added(self, name, place, from_next_window):
        if self.is_editable(name) and len(self.steps_of(name)) < 4:
            self.add_milestone(name, CHALLENGES[name][2][place], None, from_next_window)

    @rule(data=DATA, name=CHALLENGE, place=PLACE, from_next_window=SELDOM)
    def milestone_moves(self, data, name, place, from_next_window):
        aim = CHALLENGES[name][2][place]
        self.change_milestone(data, name, from_next_window, target=aim)

    @rule(data=DATA, name=CHALLENGE, live=st.booleans())
    def milestone_is_paused_or_resumed(self, data, name, live):
        self.change_milestone(data, name, False, live=live)

    @rule(data=DATA, name=CHALLENGE, from_next_window=SELDOM)
    def milestone_is_removed(self, data, name, from_next_window):
        if id_ := self.drawn_milestone(data, name, from_next_window):
            milestone, kept = Milestone.objects.get(id=id_), dict(self.steps_of(name, from_next_window))
            del kept[id_]
            if taken(
                lambda: service.remove_milestone(milestone, at=self.now, from_next_window=from_next_window)
            ):
                self.edit_rules(name, from_next_window, steps=kept)

    def change_milestone(self, data, name, from_next_window, **changes):
        id_ = self.drawn_milestone(data, name, from_next_window)
        if not id_:
            return
        steps = self.steps_of(name, from_next_window)
        step = Step(**{"target": steps[id_].target, "live": steps[id_].live} | changes)
        milestone = Milestone.objects.get(id=id_)
        if from_next_window:
            service.for_next_window(milestone)
        milestone.milestone_target_value = Decimal(step.target)
        milestone.status = "live" if step.live else "paused"
        if self.save_milestone(milestone, self.now, from_next_window):
            self.edit_rules(name, from_next_window, steps=steps | {id_: step})

    def drawn_milestone(self, data, name, from_next_window):
        """One of the present version, and of the pending one if that is to change; None: there is none."""
        present = self.steps_of(name).keys() & self.steps_of(name, from_next_window).keys()
        return data.draw(st.sampled_from(sorted(present))) if present and self.is_editable(name) else None

    def is_editable(self, name):
        challenge = self.shop.challenges[name]
        return challenge.status != "draft" and not challenge.archived

    @property
    def pending(self):
        return [name for name, challenge in self.shop.challenges.items() if challenge.pending]

    def sent(self, fields, known):
        """An order or a refund, of a member of whom these keys are known."""
        self.refunds += fields[0] == "refund" and not is_again(fields)
        return sent_of(fields, known, self.now, f"refund-{self.refunds}")

    def known(self, name):
        return list(self.shop.challenges[name].logs)

    @property
    def known_anywhere(self):
        keys = [*self.shop.kept, *(key for c in self.shop.challenges.values() for key in c.logs)]
        return list(dict.fromkeys(keys))


class Everything(Edits):
    """Refunds in any order by both entrances, pauses, a challenge that goes live late, archives, staff."""

    @rule(name=CHALLENGE, entries=batches(6, LONG_AGO))
    def logs(self, name, entries):
        """Orders and refunds, one after the other."""
        for each in entries:
            self.send(name, self.sent(each, self.known(name)))

    @rule(entries=batches(6, LONG_AGO))
    def activities(self, entries):
        for each in entries:
            self.send_activities(self.sent(each, self.known_anywhere))

    @rule(name=CHALLENGE, pairs=batches(3))
    def logs_and_activities(self, name, pairs):
        for each in pairs:
            self.send(name, self.sent(each, self.known(name)))
            self.send_activities(self.sent(each, self.known_anywhere))

    @rule(data=DATA, name=CHALLENGE, member=MEMBER, part=st.sampled_from([1, 30, None]))
    def milestone_is_raised_and_a_part_taken_back(self, data, name, member, part):
        """What was paid at the lower target stays as long as the value supports that."""
        self.send(name, self.sent(("order", member, 0, 0, 100), self.known(name)))
        self.change_milestone(data, name, False, target=CHALLENGES[name][2][-1])
        self.send(name, self.sent(("refund", member, 0, 0, part), self.known(name)))

    @rule(name=CHALLENGE, refund=refunds(), of=st.sampled_from(["itself", "another", "what never comes"]))
    def refund_of_no_order(self, name, refund, of):
        sent = self.sent(refund, self.known(name))
        others = [uid for member, uid in self.known(name) if (member, uid[:6]) == (sent.member, "refund")]
        named = {"itself": sent.uid, "another": (others or ["unknown"])[-1]}.get(of, "unknown")
        self.send(name, sent._replace(reversal_of=named))

    @rule(name=CHALLENGE, member=MEMBER, batch=batches(7))
    def batch(self, name, member, batch):
        """Of one member but the last, whose orders and refunds it holds in any order."""
        sent = [self.sent((each[0], member, *each[2:]), self.known(name)) for each in batch[1:]]
        self.send(name, *sent, self.sent(batch[0], self.known(name)))

    @rule(order=orders(st.none()))
    def activity_without_a_value(self, order):
        self.send_activities(self.sent(order, self.known_anywhere))

    @rule(batch=batches(4))
    def batch_of_activities(self, batch):
        known = self.known_anywhere
        self.send_activities(*(self.sent(each, known) for each in batch))

    @precondition(lambda self: self.known_anywhere)
    @rule(data=DATA, name=CHALLENGE)
    def something_comes_again(self, data, name):
        """What one entrance has seen comes by the same one or by the other."""
        key = data.draw(st.sampled_from(self.known_anywhere[-6:]))
        stored = [c.logs[key].sent for c in self.shop.challenges.values() if key in c.logs]
        sent = stored[0] if stored else self.shop.kept[key].sent
        if data.draw(st.booleans()):
            self.send_activities(sent)
        else:
            self.send(name, sent)

    @rule(
        name=CHALLENGE, entries=batches(3), stays=st.sampled_from([True, False, False]), count=st.booleans()
    )
    def challenge_is_paused(self, name, entries, stays, count):
        """For a while, or until the next time; what came is counted when it is resumed, or left."""
        challenge = self.shop.challenges[name]
        if not self.is_editable(name):
            return
        if challenge.status == "live":
            assert self.edit(name, status="paused")
            challenge.status = "paused"
            for each in entries:
                self.send_activities(self.sent(each, self.known_anywhere))
        if not stays and self.edit(name, status="live"):
            challenge.status = "live"
            if count:
                self.count_paused(name)

    @precondition(lambda self: self.shop.challenges["late"].status == "draft")
    @rule()
    def late_one_goes_live(self):
        assert self.edit("late", status="live")
        self.shop.go_live("late", self.now)

    @rule(name=CHALLENGE)
    def challenge_is_archived_or_restored(self, name):
        challenge = self.shop.challenges[name]
        if not challenge.logs:
            return
        with committing():
            if challenge.archived:
                service.restore(self.stored(name), at=self.now)
            else:
                assert service.remove(self.stored(name), at=self.now) == "archived"
        challenge.archived = not challenge.archived
        challenge.cancel()

    @rule(member=MEMBER, paused=SELDOM)
    def member_is_paused_or_resumed(self, member, paused):
        with bypassing_services("what a test needs"):
            Member.objects.filter(external_id=member).update(status="paused" if paused else "live")
        (self.shop.paused.add if paused else self.shop.paused.discard)(member)

    @precondition(lambda self: self.uncounted)
    @rule(data=DATA)
    def log_is_counted_anyway(self, data):
        name, key = data.draw(st.sampled_from(sorted(self.uncounted)))
        member, uid = key
        log = ChallengeLog.objects.get(
            challenge=self.ids[name], member__external_id=member, unique_identifier=uid, counts_anyway=""
        )
        with committing():
            (result,) = count_manually([log.id], "It was late", None, self.now)
        counted = self.shop.challenges[name].count_anyway([key])
        assert (result.error is None) == bool(counted), result.error

    @rule(name=CHALLENGE, revokes=st.sampled_from([True, True, False]))
    def policy_is_switched(self, name, revokes):
        policy = "revoke_unredeemed" if revokes else "keep"
        if self.is_editable(name) and self.edit(name, reversal_policy=policy):
            self.shop.challenges[name].revokes = revokes

    @precondition(lambda self: self.issued)
    @rule(data=DATA, redeem=st.booleans())
    def reward_is_redeemed_or_revoked(self, data, redeem):
        key = data.draw(st.sampled_from(sorted(self.issued)))
        act = lifecycle.redeem if redeem else lifecycle.revoke
        act(self.issued[key].id, lifecycle.support_actor(None, "Asked for"), at=self.now)
        name, member, window, threshold = key
        rewards = self.shop.challenges[name].windows[member, window].rewards
        rewards[threshold].status = REDEEMED if redeem else BY_HAND

    @rule()
    def pool_is_refilled(self):
        codes = [f"POOL-{self.codes + n}" for n in (1, 2)]
        self.codes += len(codes)
        with committing():
            import_codes(self.reward.id, listed_codes(codes), clock=lambda: self.now)

    @property
    def uncounted(self):
        challenges = self.shop.challenges.items()
        return [(name, key) for name, c in challenges for key, log in c.logs.items() if log.reason]

    @property
    def issued(self):
        """The rewards that have a code, by challenge, member, window and threshold."""
        found = {}
        for log in RewardLog.objects.filter(status="issued").select_related("member", "challenge"):
            threshold = str(log.milestone_id or "completion")
            found[log.challenge.name, log.member.external_id, log.period_key, threshold] = log
        return found

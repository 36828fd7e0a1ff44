"""What the model says, case by case, so that it can be trusted where it and the engine differ."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.challenges.engine.model_of_activities import Shop
from tests.challenges.engine.model_of_the_rules import (
    BY_HAND,
    BY_POLICY,
    HELD,
    Challenge,
    Reward,
    Sent,
    in_order,
)
from tests.challenges.engine.model_of_versions import Step, Timeline

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = ("alice", "2026-11-22")
X, Y = "order-x", "order-y"


def live(target=200, counting=False, **steps):
    challenge = Challenge(target, counting, {name: Step(aim) for name, aim in steps.items()})
    challenge.go_live(NOW - DAY)
    challenge.status = "live"
    return challenge


def order(uid=X, value=100, at=NOW):
    return Sent("alice", uid, at, value)


def refund(uid, value=None, of=X):
    return Sent("alice", uid, NOW, value, of)


def states(challenge, *uids):
    """(reason, what it changed) of each log."""
    logs = [challenge.logs["alice", uid] for uid in uids]
    return [(log.reason, log.gave) for log in logs]


@pytest.mark.parametrize(
    ("counting", "value", "refunds", "expected", "left"),
    [
        (False, 100, [30], [("", -30)], 70),
        (False, 100, [None], [("", -100)], 0),
        (False, 100, [130], [("", -100)], 0),
        (False, 100, [30, None], [("", -30), ("", -70)], 0),
        (False, 100, [None, 30], [("", -100), ("nothing_left", 0)], 0),
        (False, 100, [0, None], [("", 0), ("", -100)], 0),
        (False, 0, [None], [("", 0)], 0),
        (False, 0, [50, None], [("", 0), ("nothing_left", 0)], 0),
        (True, 100, [30], [("", 0)], 1),
        (True, 100, [30, 70], [("", 0), ("", -1)], 0),
        (True, 100, [130], [("", -1)], 0),
        (True, 100, [None], [("", -1)], 0),
        (True, None, [30], [("", -1)], 0),
        (True, 100, [100, None], [("", -1), ("nothing_left", 0)], 0),
    ],
)
def test_refunds_of_one_order(counting, value, refunds, expected, left):
    """In any order of the order and its refunds, one by one and as a batch; early ones stay as they were."""
    batch = [order(value=value), *(refund(f"r-{n}", part) for n, part in enumerate(refunds))]
    names = [sent.uid for sent in batch[1:]]
    late, at_once, turned, early = (live(counting=counting) for _ in range(4))

    for sent in batch:
        late.record([sent], NOW)
    at_once.record(batch, NOW)
    turned.record([*batch[1:], batch[0]], NOW)
    for sent in [*batch[1:], batch[0]]:
        early.record([sent], NOW)

    assert states(late, *names) == states(at_once, *names) == states(turned, *names) == expected
    assert states(early, *names) == [("original_unknown", 0)] * len(names)
    acted = [(log.reason, log.gave) for log in early.acts.values()]
    assert acted == [state for state in expected if state[0] == ""]
    assert {c.windows[TODAY].value for c in (late, at_once, turned, early)} == {left}


@pytest.mark.parametrize(
    ("counting", "value", "refunds", "gives"),
    [
        (False, 100, [], 100),
        (False, 100, [30], 70),
        (False, 100, [30, 90], None),
        (False, 100, [None], None),
        (False, 0, [], 0),
        (False, 0, [None], None),
        (True, 100, [30], 1),
        (True, 100, [30, 70], None),
        (True, None, [30], None),
    ],
)
def test_count_anyway_gives_what_refunds_left(counting, value, refunds, gives):
    challenge = live(counting=counting)
    challenge.record([refund("early", refunds[0])] if refunds else [], NOW)
    challenge.record([order(value=value)], NOW, paused={"alice"})
    challenge.record([refund(f"r-{n}", part) for n, part in enumerate(refunds[1:])], NOW)

    assert challenge.count_anyway([("alice", X)]) == (gives is not None)
    assert [log.gave for log in challenge.acts.values()] == ([] if gives is None else [gives])
    assert challenge.count_anyway([("alice", X)]) == 0


def test_refund_after_count_anyway_takes_what_is_left():
    challenge = live()
    challenge.record([order()], NOW, paused={"alice"})
    challenge.record([refund("r-1", 30)], NOW)
    challenge.count_anyway([("alice", X)])
    challenge.record([refund("r-2"), refund("r-3")], NOW)

    assert states(challenge, "r-1", "r-2", "r-3") == [
        ("original_not_counted", 0),
        ("", -70),
        ("nothing_left", 0),
    ]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (refund("r", of="r"), "rejected"),
        (refund("r", of="known-refund"), "rejected"),
        (order("bad", None), "rejected"),
        (order(), "replayed"),
        (order(value=101), "conflict"),
        (refund("r", of="unknown"), "created"),
    ],
)
def test_answers(sent, answer):
    challenge = live()
    challenge.record([order(), refund("known-refund", 1)], NOW)

    assert challenge.record([sent], NOW) == [answer]


def test_archived_and_draft_challenges():
    challenge = live()
    challenge.record([order()], NOW)
    challenge.archived = True

    assert challenge.record([order(Y), refund("r")], NOW) == ["rejected", "created"]
    assert Challenge(200).record([order(), refund("r")], NOW) == ["rejected", "rejected"]


def test_an_early_refund_of_what_is_a_refund_never_acts():
    challenge = live()
    challenge.record([order(Y), refund("early", of=X)], NOW)
    challenge.record([refund(X, 10, of=Y)], NOW)

    assert (challenge.acts, challenge.windows[TODAY].value) == ({}, 90)


@pytest.mark.parametrize(
    ("at", "now", "reason"),
    [
        (NOW, NOW, ""),
        (NOW - DAY, NOW, ""),
        (NOW - 2 * DAY, NOW, "before_live"),
        (NOW, NOW + 84 * HOUR, ""),
        (NOW, NOW + 85 * HOUR, "window_closed"),
    ],
)
def test_which_window_counts(at, now, reason):
    challenge = live()
    challenge.record([order(at=at)], now)

    assert states(challenge, X)[0][0] == reason


def test_the_policy_judges_by_the_lower_target_and_gives_back():
    """Milestone 200 paid at 255, raised to 300: a refund to 254 keeps it, to 199 revokes, 200 gives back."""
    challenge = live(500, step=200)
    challenge.revokes = True
    challenge.record([order(value=255)], NOW)
    challenge.edit(NOW, steps={"step": Step(300)})
    challenge.judge_all()
    rewards, seen = challenge.windows[TODAY].rewards, []

    for sent in (refund("r-1", 1), refund("r-2", 55), order(Y, 1)):
        challenge.record([sent], NOW)
        seen.append(rewards["step"].status)

    assert seen == [HELD, BY_POLICY, HELD]
    assert rewards == {"step": Reward(200)}


def test_an_edit_gives_back_and_a_hand_does_not():
    challenge = live(500, step=100, other=90)
    challenge.revokes = True
    challenge.record([order(value=100)], NOW)
    rewards = challenge.windows[TODAY].rewards
    rewards["other"].status = BY_HAND
    challenge.record([refund("r", 60)], NOW)
    challenge.revokes = False

    assert rewards["step"].status == BY_POLICY
    challenge.edit(NOW, steps={"step": Step(40), "other": Step(40)})
    challenge.judge_all()
    assert {name: reward.status for name, reward in rewards.items()} == {"step": HELD, "other": BY_HAND}


def test_thresholds_of_a_batch_are_those_of_its_entries():
    challenge = live(100)
    challenge.record([refund("r"), order()], NOW)
    window = challenge.windows[TODAY]

    assert (window.value, window.completed, window.rewards) == (0, True, {"completion": Reward(100)})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("x rx", "x rx"),
        ("rx x", "x rx"),
        ("rx y x ry", "y x rx ry"),
        ("rx rx x x", "x rx rx x"),
        ("ry rx y x", "y ry x rx"),
    ],
)
def test_order_of_a_batch(names, expected):
    batch = [order(n) if len(n) == 1 else refund(n, of=n[1:]) for n in names.split()]

    assert " ".join(batch[index].uid for index in in_order(batch)) == expected


class TestVersions:
    def test_edit_of_now_changes_the_pending_version_in_the_same_fields(self):
        timeline = Timeline(200)
        timeline.go_live(NOW - DAY)
        timeline.edit_next_window(NOW, target=300)
        timeline.edit(NOW, steps={"step": Step(50)})
        timeline.edit(NOW, steps={"step": Step(50, live=False)})

        assert timeline.pending.rules == (300, {"step": Step(50, live=False)}, None)
        timeline.edit(NOW, target=300)
        assert timeline.pending is None

    def test_an_end_closes_a_window_never_before_it_was_set(self):
        timeline = Timeline(200)
        timeline.go_live(NOW - DAY)
        today = NOW.replace(hour=0)
        timeline.edit(NOW, end=NOW - HOUR, target=150)

        version, closes, end = timeline.of(today)
        assert (version.target, closes, end) == (200, NOW, NOW - HOUR)
        timeline.edit(NOW + HOUR, end=None)
        assert timeline.of(today)[1:] == (today + DAY, None)


class TestActivities:
    def shop(self):
        return Shop(spend=live(), visits=live(counting=True), late=Challenge(200))

    def test_it_reaches_live_and_paused_ones(self):
        shop = self.shop()
        shop.challenges["visits"].status = "paused"

        assert shop.record_activities([order(value=None)], NOW) == [{"spend": "created", "visits": "created"}]
        assert states(shop.challenges["spend"], X) == [("value_missing", 0)]
        assert states(shop.challenges["visits"], X) == [("challenge_paused", 0)]

    def test_one_conflict_refuses_it_everywhere(self):
        shop = self.shop()
        shop.record("visits", [order(value=1)], NOW)

        assert shop.record_activities([order()], NOW) == ["conflict"]
        assert shop.challenges["spend"].logs == shop.kept == {}

    def test_refund_takes_back_what_came_by_the_other_entrance(self):
        shop = self.shop()
        shop.record("spend", [order()], NOW)

        assert shop.record_activities([refund("r")], NOW) == [{"spend": "created"}]
        assert shop.challenges["spend"].windows[TODAY].value == 0

    def test_early_refund_acts_on_what_comes_by_this_entrance_alone(self):
        """There too where the other entrance brought the order first."""
        shop = self.shop()
        spend, visits = shop.challenges["spend"], shop.challenges["visits"]
        shop.record_activities([refund("r")], NOW)

        shop.record("visits", [order()], NOW)
        assert visits.windows[TODAY].value == 1

        shop.record_activities([order()], NOW)
        assert (spend.windows[TODAY].value, visits.windows[TODAY].value) == (0, 0)

    def test_going_live_takes_what_was_kept_of_its_window(self):
        shop = self.shop()
        shop.record_activities([order(), order(Y, at=NOW - DAY), refund("r", 30)], NOW)
        shop.go_live("late", NOW)

        assert {key: window.value for key, window in shop.challenges["late"].windows.items()} == {TODAY: 70}
        assert shop.record_activities([order()], NOW) == [dict.fromkeys(shop.challenges, "replayed")]

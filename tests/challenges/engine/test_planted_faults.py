"""Faults that are planted in the engine, each of which the machine finds: it can fail.

So that minutes are enough, each runs without the rules that have nothing to do with it.
"""

import pytest
from django.db import IntegrityError
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from challenges.editing import version_plan
from challenges.engine import activity_store
from challenges.engine.reversal_matching import Matching
from challenges.engine.reversal_rules import Original
from rewards.domain.reversal_policy import ReviewedWindow
from tests.challenges.engine.machine import Edits, Everything

pytestmark = [pytest.mark.long, pytest.mark.django_db]

EXAMPLES, STEPS = 300, 50
OTHER_STATES = {"challenge_is_archived_or_restored", "challenge_is_paused", "member_is_paused_or_resumed"}
STAFF = {"log_is_counted_anyway", "reward_is_redeemed_or_revoked", "pool_is_refilled"}
EDITS = {
    name for name in vars(Edits) if name.startswith(("target_", "end_", "milestone_", "pending_", "time_"))
}
ACTIVITIES = {"activities", "logs_and_activities", "batch_of_activities", "activity_without_a_value"}
LATE = {"late_one_goes_live"}
# Edits that the policy does not look at.
OTHER_EDITS = EDITS - {"milestone_moves"}
FAULTS = {}


def fault(*left_out):
    """A function that plants a fault, and the rules without which the machine runs."""

    def noted(plant):
        FAULTS[plant.__name__] = plant, set().union(*left_out)
        return plant

    return noted


def without(names):
    """The machine without these rules."""
    return type("Focused", (Everything,), dict.fromkeys(names))


@fault(OTHER_STATES, STAFF, ACTIVITIES, LATE)
def an_edit_of_now_leaves_the_pending_version(monkeypatch):
    monkeypatch.setattr(version_plan, "with_changes", lambda rules, before, after: rules)


@fault(EDITS, LATE)
def a_refund_that_is_too_large_is_taken_whole(monkeypatch):
    take = Original.take

    def take_whole(original, value, *, counting):
        if value is None or counting:
            return take(original, value, counting=counting)
        original.left, original.touched = original.left - value, True
        return value

    monkeypatch.setattr(Original, "take", take_whole)


@fault(EDITS, LATE)
def a_refund_before_its_order_never_acts(monkeypatch):
    add_activity = Matching.add_activity

    def add_alone(matching, index, verdict):
        matching.originals.early = {}
        add_activity(matching, index, verdict)

    monkeypatch.setattr(Matching, "add_activity", add_alone)


@fault(OTHER_STATES, STAFF, ACTIVITIES, LATE, OTHER_EDITS)
def the_policy_judges_by_the_target_of_today(monkeypatch):
    def supports(window, threshold_id, achieved_target):
        target = window.targets.get(threshold_id, achieved_target)
        return target is None or target <= window.value

    monkeypatch.setattr(ReviewedWindow, "supports", supports)


@fault(EDITS, LATE)
def a_refund_by_the_activity_entrance_leaves_logs_of_the_other(monkeypatch):
    monkeypatch.setattr(activity_store, "_find_logs", lambda keys: {})


@pytest.mark.parametrize("name", FAULTS)
def test_the_machine_finds(monkeypatch, name):
    plant, left_out = FAULTS[name]
    plant(monkeypatch)

    with pytest.raises((AssertionError, IntegrityError)):
        run_state_machine_as_test(
            without(left_out),
            settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, phases=[Phase.generate]),
        )

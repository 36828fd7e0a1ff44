"""The engine against a plain model of its rules: any history of activity, refunds, edits, pauses and time."""

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.challenges.engine.machine import Edits, Everything

pytestmark = pytest.mark.django_db

# `make test-long` runs 2,000 histories of 50 steps, in parts that run beside one another.
PARTS, OF_A_PART, LONG_STEPS = 10, 200, 50


def run(machine, examples, steps=40):
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


def test_the_engine_does_what_the_rules_say():
    run(Everything, 12)


def test_rules_over_time_are_what_the_rules_say():
    run(Edits, 12)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_two_thousand_histories_are_what_the_rules_say(part):
    class Part(Everything):
        pass

    if settings().derandomize:
        seed(part)(Part)
    run(Part, OF_A_PART, LONG_STEPS)

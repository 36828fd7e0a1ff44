"""The engine against a plain model of its rules: any history of activity, refunds, edits, pauses and time."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.challenges.engine.machine import Edits, Everything

pytestmark = pytest.mark.django_db


def run(machine, examples, steps=40):
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


def test_the_engine_does_what_the_rules_say():
    run(Everything, 15)


def test_rules_over_time_are_what_the_rules_say():
    run(Edits, 15)

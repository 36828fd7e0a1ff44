"""What is rolled back has its result, and leaves nothing."""

import pytest
from django.db import transaction

from challenges.engine import intake, locks
from challenges.engine.dry_run import rolled_back
from challenges.models import ChallengeLog
from core.amounts import MAX_UNITS, amount
from members.models import Member
from tests.builders import NOW, entry, make_challenge, make_member

pytestmark = pytest.mark.django_db


def test_result_is_that_of_doing_it(django_capture_on_commit_callbacks):
    def enrol():
        transaction.on_commit(lambda: None)
        return make_member().external_id

    with django_capture_on_commit_callbacks() as scheduled:
        assert rolled_back(enrol) == "alice"

    assert (Member.objects.count(), scheduled) == (0, [])


def test_error_is_raised():
    def fail():
        make_member()
        raise LookupError

    with pytest.raises(LookupError):
        rolled_back(fail)

    assert Member.objects.count() == 0


def test_attempt_that_is_repeated_leaves_nothing_of_the_first():
    seen = []

    def attempt():
        with transaction.atomic():
            make_member(f"member-{len(seen)}")
            seen.append(list(Member.objects.values_list("external_id", flat=True)))
            if len(seen) == 1:
                raise locks.RetryTransaction

    rolled_back(lambda: locks.retry(attempt))

    assert seen == [["member-0"], ["member-1"]]
    assert Member.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_batch_that_passes_the_limit_of_a_sum_is_processed_singly_and_taken_back():
    challenge = make_challenge()
    entries = [entry(challenge, amount(MAX_UNITS)), entry(challenge, 1), entry(challenge, 1, member="bob")]

    outcomes = rolled_back(lambda: intake.record(entries, at=NOW))

    assert [outcome.status for outcome in outcomes] == ["created", "rejected", "created"]
    assert (ChallengeLog.objects.count(), Member.objects.count()) == (0, 0)
    assert [outcome.status for outcome in intake.record(entries, at=NOW)] == [
        "created",
        "rejected",
        "created",
    ]

"""Early reversals whose originals do not come: which they are, and how many."""

from datetime import timedelta

import pytest

from challenges.models import ChallengeLog
from challenges.queries.waiting_reversals import overdue, waiting_reversals
from tests.builders import DAY, HOUR, NOW, log_activity, make_challenge, take_back

pytestmark = pytest.mark.django_db
LONG_AGO = NOW - DAY


@pytest.fixture
def challenge():
    """Three refunds came early; the order of one came since."""
    challenge = make_challenge(at=NOW - 9 * DAY)
    take_back(challenge, "order-1", uid="mistyped", at=LONG_AGO)
    take_back(challenge, "order-2", uid="fresh", at=NOW - HOUR)
    take_back(challenge, "order-3", uid="acting", at=LONG_AGO)
    log_activity(challenge, 5, uid="order-3", at=LONG_AGO, received_at=NOW - HOUR)
    return challenge


def identifiers(logs):
    return sorted(logs.values_list("unique_identifier", flat=True))


def test_those_wait_whose_original_has_not_come(challenge):
    logs = ChallengeLog.objects.all()

    assert identifiers(waiting_reversals(logs)) == ["fresh", "mistyped"]
    assert identifiers(waiting_reversals(logs, NOW)) == ["mistyped"]
    assert overdue(NOW).count() == 1
    assert overdue(NOW - timedelta(microseconds=1)).count() == 0


def test_another_members_refund_of_that_identifier_does_not_wait(challenge):
    take_back(challenge, "order-1", uid="bobs", member="bob", at=NOW - HOUR)
    log_activity(challenge, 5, uid="order-1", member="bob", at=NOW)

    assert identifiers(waiting_reversals(ChallengeLog.objects.all())) == ["fresh", "mistyped"]

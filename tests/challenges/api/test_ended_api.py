"""A challenge that is over and still live: what is read goes on speaking of its last window."""

from datetime import UTC, datetime

import pytest
import time_machine

from backoffice.queries.member_timeline import window_progress
from challenges.api.views.cached_reads import CachedReads
from members.models import Member
from tests.builders import DAY, HOUR, NOW, log_activity, make_challenge, make_milestone

pytestmark = pytest.mark.django_db

JANUARY = datetime(2027, 1, 20, tzinfo=UTC)
NOVEMBER = {
    "periodKey": "2026-11",
    "startsAt": "2026-11-01T00:00:00Z",
    "endsAt": "2026-11-25T12:00:00Z",
}


@pytest.fixture
def over():
    """Ended in November; alice stood at 300 and was paid at 200."""
    challenge = make_challenge(ends_at=NOW + 3 * DAY)
    make_milestone(challenge)
    log_activity(challenge, 300)
    return challenge


def read(client, challenge, **parameters):
    return client.get(f"/schema/challenge/record/{challenge.id}", **parameters).json()["data"]


def test_the_window_of_an_ended_challenge_is_its_last_one(client, over):
    with time_machine.travel(JANUARY, tick=False):
        assert read(client, over)["window"] == NOVEMBER


def test_an_end_on_a_windows_edge_leaves_the_window_before_it(client):
    december = datetime(2026, 12, 1, tzinfo=UTC)
    challenge = make_challenge(ends_at=december)

    with time_machine.travel(december, tick=False):
        window = read(client, challenge)["window"]

    assert (window["periodKey"], window["endsAt"]) == ("2026-11", "2026-12-01T00:00:00Z")


def test_a_member_reads_how_an_ended_challenge_came_out(end_user, over):
    with time_machine.travel(JANUARY, tick=False):
        alice, bob = (read(end_user(name), over) for name in ("alice", "bob"))

    assert alice["progress"]["challengeProgressStatus"] == "failed"
    assert alice["progress"]["currentProgressValue"] == 300
    assert [each["periodKey"] for each in alice["progress"]["rewardLogs"]] == ["2026-11"]
    assert alice["lastProgress"] == alice["progress"]
    assert bob["progress"]["challengeProgressStatus"] == "not_started"
    assert bob["progress"]["windowEndsAt"] == NOVEMBER["endsAt"]


def test_an_ended_challenge_is_kept_for_guests(client, over, django_assert_num_queries):
    CachedReads.for_guests.clear()
    CachedReads.for_members.clear()

    with time_machine.travel(JANUARY, tick=False):
        first = read(client, over)
        with django_assert_num_queries(1):
            assert read(client, over) == first


def test_support_sees_an_ended_challenge_once_among_what_is_over(over):
    open_now, earlier = window_progress(Member.objects.get(), NOW + 3 * DAY + HOUR)

    assert open_now == []
    assert [each.period_key for each in earlier] == ["2026-11"]

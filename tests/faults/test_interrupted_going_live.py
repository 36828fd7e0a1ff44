"""Going live takes kept activities behind its answer; kill -9 of the server delays it and does no more."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.faults.shop import shop_with_database
from tests.faults.test_interrupted_counts import wait_for
from tests.serving import ask, kill_group, manage, serving

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency, pytest.mark.long]

ACTIVITIES, AT_ONCE = 8_000, 1_000


@pytest.fixture
def shop(tmp_path):
    with shop_with_database(tmp_path) as shop:
        yield shop


def test_what_going_live_takes_is_finished_by_the_next_server(shop):
    with serving(shop.environment, workers=2) as server:
        keep(shop, server.address)
        went_live = go_live(shop, server.address)
        with closing(shop.connect()) as database:
            taken_before = taken(database)
            kill_group(server.process)
            assert 1_000 <= taken_before < ACTIVITIES
            with serving(shop.environment, workers=2) as next_server:
                wait_for(lambda: taken(database) == ACTIVITIES)
                progress = list(shop.rows(next_server.address, "challenge_progress"))

    assert went_live.status == 200
    assert sum(row["currentProgressValue"] for row in progress) == ACTIVITIES
    assert manage(shop.environment, "verify_ledger") == ""


def keep(shop, address):
    """Send activities that no challenge names yet."""
    for start in range(0, ACTIVITIES, AT_ONCE):
        records = [activity(number) for number in range(start, start + AT_ONCE)]
        answer = ask(f"{address}/schema/activity/record/batch", "POST", {"records": records}, 120, **shop.key)
        assert answer.status == 200


def activity(number):
    return {
        "ownedById": f"member-{number % 5000}",
        "activityAt": datetime.now(UTC).isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": f"order-{number}",
        "activityValue": 1,
    }


def go_live(shop, address):
    basics = {"name": "Spend", "description": "d", "activityIds": ["purchase"], "status": "draft"}
    body = {**basics, "completionTargetValue": 40, "aggregationPeriod": "monthly"}
    record = ask(f"{address}/schema/challenge/record", "POST", body, **shop.key).data
    path = f"{address}/schema/challenge/record/{record['id']}"
    return ask(path, "PATCH", {"status": "live"}, 120, **shop.key)


def taken(database):
    return database.execute("SELECT taken FROM challenges_keptactivityrun").fetchall()[0][0]

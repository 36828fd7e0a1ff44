"""kill -9 in the middle of an edit that pays thousands: the next server pays the rest, unasked."""

import threading
import time
from collections import Counter
from contextlib import closing, suppress

import pytest

from tests.faults.bystander import order
from tests.faults.shop import SECONDS, shop_with_database
from tests.serving import UNREACHED, ask, kill_group, manage, serving

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency]

MEMBERS, AT_ONCE = 8_000, 1_000


@pytest.fixture
def shop(tmp_path):
    with shop_with_database(tmp_path) as shop:
        yield shop


def test_an_edit_that_was_killed_is_paid_by_the_next_server(shop):
    with serving(shop.environment, workers=2) as server:
        shop.open_at(server.address)
        fill(shop, server.address)
        edit = threading.Thread(target=complete_everybody, args=(shop, server.address), daemon=True)
        edit.start()
        with closing(shop.connect()) as database:
            wait_for(lambda: owes(database))
            kill_group(server.process)
            edit.join(30)
            paid_before = paid(database)
            assert owes(database)
            assert 0 < paid_before < MEMBERS
            with serving(shop.environment, workers=2):
                wait_for(lambda: not owes(database))
                paid_after = paid(database)

    assert paid_after == MEMBERS
    assert manage(shop.environment, "verify_ledger") == ""


def fill(shop, address):
    for start in range(0, MEMBERS, AT_ONCE):
        records = [
            order(shop.challenge_id, f"order-{number}", f"member-{number}")
            for number in range(start, start + AT_ONCE)
        ]
        path = f"{address}/schema/challenge_log/record/batch"
        answer = ask(path, "POST", {"records": records}, 120, **shop.key)
        assert Counter(row["status"] for row in answer.data) == {"created": AT_ONCE}


def complete_everybody(shop, address):
    path = f"{address}/schema/challenge/record/{shop.challenge_id}"
    for milestone in ask(f"{address}/schema/milestone/record", **shop.key).data:
        ask(f"{address}/schema/milestone/record/{milestone['id']}", "DELETE", None, 120, **shop.key)
    with suppress(*UNREACHED):
        ask(path, "PATCH", {"completionTargetValue": 1}, 120, **shop.key)


def owes(database):
    rows = database.execute("SELECT id FROM challenges_challenge WHERE settling_since IS NOT NULL")
    return bool(rows.fetchall())


def paid(database):
    return database.execute("SELECT COUNT(*) FROM rewards_rewardlog").fetchone()[0]


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)

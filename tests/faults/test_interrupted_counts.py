"""Counting anyway goes on behind its answer; kill -9 of the server delays it and does no more."""

import time
from collections import Counter
from contextlib import closing

import pytest

from tests.faults.bystander import order
from tests.faults.shop import SECONDS, shop_with_database
from tests.serving import ask, kill_group, manage, serving

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency]

LOGS, AT_ONCE = 8_000, 1_000


@pytest.fixture
def shop(tmp_path):
    with shop_with_database(tmp_path) as shop:
        yield shop


@pytest.mark.long
def test_a_count_that_was_killed_is_finished_by_the_next_server(shop):
    with serving(shop.environment, workers=2) as server:
        shop.open_at(server.address)
        fill_while_paused(shop, server.address)
        run = count_anyway(shop, server.address)
        with closing(shop.connect()) as database:
            wait_for(lambda: processed(database) > run["processed"])
            kill_group(server.process)
            processed_before = processed(database)
            assert processed_before < LOGS
            with serving(shop.environment, workers=2) as next_server:
                wait_for(lambda: processed(database) == LOGS)
                run = read_run(shop, next_server.address, run)

    assert (run["status"], run["found"], run["counted"], run["refused"]) == ("done", LOGS, LOGS, 0)
    assert manage(shop.environment, "verify_ledger") == ""


def test_a_count_goes_on_behind_its_answer(shop):
    with serving(shop.environment, workers=1) as server:
        shop.open_at(server.address)
        fill_while_paused(shop, server.address)
        run = count_anyway(shop, server.address)
        answered_at = time.monotonic()
        with closing(shop.connect()) as database:
            wait_for(lambda: processed(database) == LOGS)
        seconds = time.monotonic() - answered_at
        again = count_anyway(shop, server.address)

    assert (run["status"], run["processed"]) == ("running", 1000)
    # Not after the half minute in which a server looks for what others left.
    assert seconds < 25
    assert (again["counted"], again["refused"]) == (0, 1000)


def fill_while_paused(shop, address):
    path = f"{address}/schema/challenge/record/{shop.challenge_id}"
    ask(path, "PATCH", {"status": "paused"}, **shop.key)
    for start in range(0, LOGS, AT_ONCE):
        records = [
            order(shop.challenge_id, f"order-{number}", f"member-{number % 5000}")
            for number in range(start, start + AT_ONCE)
        ]
        answer = ask(
            f"{address}/schema/challenge_log/record/batch", "POST", {"records": records}, 120, **shop.key
        )
        assert Counter(row["reasonCode"] for row in answer.data) == {"challenge_paused": AT_ONCE}
    ask(path, "PATCH", {"status": "live"}, **shop.key)


def count_anyway(shop, address):
    path = f"{address}/schema/challenge/record/{shop.challenge_id}/count-anyway"
    body = {"reason": "The pause was ours", "reasonCode": "challenge_paused"}
    return ask(path, "POST", body, 120, **shop.key).data


def read_run(shop, address, run):
    path = f"{address}/schema/challenge/record/{shop.challenge_id}/count-anyway/{run['id']}"
    return ask(path, **shop.key).data


def processed(database):
    rows = database.execute("SELECT processed FROM challenges_manualcountrun ORDER BY id").fetchall()
    return rows[0][0]


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)

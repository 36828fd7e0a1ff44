"""What is stuck takes nothing from what is not: challenges and rows that another session has locked."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

import psycopg
import pytest

from tests.clusters import own_cluster
from tests.faults.bystander import Bystander, logs, order, reads
from tests.faults.shop import Shop, is_refusal
from tests.serving import UNREACHED, ask, manage, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency, pytest.mark.postgres]

# LOCK_TIMEOUT is 5 seconds: what takes less than this waited for no lock, however busy the machine.
WITHOUT_WAITING = 4
# As shipped; the settings of the tests have more.
POOL = 16


@contextmanager
def stuck(url, *statements):
    """Another session executes these and keeps what they lock until the end."""
    with psycopg.connect(url) as session:
        for statement in statements:
            session.execute(statement)
        yield
        session.rollback()


def lock_of(challenge_id):
    """The statement that locks a challenge, as an edit does (challenges/engine/locks.py)."""
    key = int(challenge_id.replace("-", "")[16:], 16)
    return f"SELECT pg_advisory_xact_lock({key - (key >> 63 << 64)})"


class Attack:
    """Requests that will wait, sent all at once, again and again; each one's answer and how long it took."""

    def __init__(self, send, senders):
        self.send, self.senders = send, senders
        self.answers, self.over = [], threading.Event()

    def run(self, number):
        for attempt in range(1000):
            if self.over.is_set():
                return
            began = time.monotonic()
            try:
                answer = self.send(f"{number}-{attempt}")
                status = "refused" if is_refusal(answer) else answer.status
            except UNREACHED as error:
                status = type(error).__name__
            self.answers.append((status, time.monotonic() - began))
            self.over.wait(0.2)

    def __enter__(self):
        self.threads = [
            threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(self.senders)
        ]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.over.set()
        for thread in self.threads:
            thread.join(60)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with own_cluster() as cluster:
        shop = Shop(
            shell(tmp_path_factory.mktemp("data"), DATABASE_URL=cluster.url, DATABASE_POOL_SIZE=str(POOL))
        )
        shop.url = cluster.url
        yield shop


@pytest.mark.parametrize("seconds", [7, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("challenges", [1, 3])
def test_stuck_challenges_take_no_threads_from_the_others(shop, challenges, seconds):
    with serving(shop.environment, workers=2) as server:
        held = []
        for _ in range(challenges):
            shop.open_at(server.address)
            held.append(shop.challenge_id)
        shop.open_at(server.address)
        log = f"{server.address}/schema/challenge_log/record"

        def send(name):
            number = int(name.partition("-")[0])
            challenge_id, kind = held[number % challenges], number % 12
            body = order(challenge_id, f"stuck-{challenges}-{seconds}-{name}", f"member-{number}")
            if kind == 0:
                edit = {"name": f"Edited {name}"}
                return ask(
                    f"{server.address}/schema/challenge/record/{challenge_id}", "PATCH", edit, 60, **shop.key
                )
            if kind == 1:
                return ask(f"{log}/batch", "POST", {"records": [body]}, 60, **shop.key)
            return ask(log, "POST", body, 60, **shop.key)

        with (
            stuck(shop.url, *map(lock_of, held)),
            Attack(send, 24 * challenges) as attack,
            Bystander(everything_else(server.address, shop)) as bystander,
        ):
            time.sleep(seconds)
        print(bystander.describe())
        print(Counter(status for status, _seconds in attack.answers), max(s for _status, s in attack.answers))
        assert_untouched(bystander)
        refused = [took for status, took in attack.answers if status == "refused"]
        assert {status for status, _took in attack.answers} <= {"refused", 200, 201}
        assert refused
        assert max(took for _status, took in attack.answers) < 30
        assert manage(shop.environment, "verify_ledger") == ""


def everything_else(address, shop):
    return {
        "healthz": reads(f"{address}/healthz"),
        "readyz": reads(f"{address}/readyz"),
        "guest": reads(f"{address}/schema/challenge/record"),
        "list": reads(f"{address}/schema/challenge_log/record", **shop.key),
        "login": reads(f"{address}/admin/login/"),
        "other": logs(address, shop.key, shop.challenge_id, f"other-{time.monotonic()}"),
    }


def assert_untouched(bystander):
    assert {what: bystander.statuses(what) for what in bystander.requests} == {
        what: {201 if what == "other" else 200} for what in bystander.requests
    }
    slow = {what: bystander.slowest(what) for what in bystander.requests}
    assert {what: took for what, took in slow.items() if took > WITHOUT_WAITING} == {}


def test_stuck_rows_take_no_threads_from_the_others(shop):
    """Redemptions of one reward log whose row another session has locked."""
    with serving(shop.environment, workers=2) as server:
        shop.open_at(server.address)
        log = f"{server.address}/schema/challenge_log/record"
        paid = ask(log, "POST", order(shop.challenge_id, "pays", "paid") | {"activityValue": 40}, **shop.key)
        reward_log = paid.data["rewardLogs"][0]["id"]
        redeem = f"{server.address}/schema/reward_log/record/{reward_log}/redeem"
        lock_row = f"SELECT id FROM rewards_rewardlog WHERE id = '{reward_log}' FOR UPDATE"

        def send(name):
            return ask(redeem, "POST", b"", 60, **shop.key)

        with (
            stuck(shop.url, lock_row),
            Attack(send, 24) as attack,
            Bystander(everything_else(server.address, shop)) as bystander,
        ):
            time.sleep(7)
        print(bystander.describe())
        print(Counter(status for status, _seconds in attack.answers))

    assert_untouched(bystander)
    assert "refused" in {status for status, _took in attack.answers}
    assert "TimeoutError" not in {status for status, _took in attack.answers}

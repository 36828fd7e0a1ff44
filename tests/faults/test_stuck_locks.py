"""What is stuck takes nothing from what is not: challenges and rows that another session has locked."""

import time
from collections import Counter
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest

from tests.clusters import own_cluster
from tests.faults.bystander import Bystander, logs, order, reads
from tests.faults.shop import Shop
from tests.serving import ask, manage, serving, shell

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


def attack(send, senders):
    """Requests that will wait, sent all at once, again and again: `send(number, attempt, seconds)`."""

    def sender(number):
        attempts = count()
        return lambda seconds: send(number, next(attempts), seconds)

    return Bystander({f"attacker {number}": sender(number) for number in range(senders)}, 0.2, 60)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with own_cluster() as cluster:
        shop = Shop(
            shell(tmp_path_factory.mktemp("data"), DATABASE_URL=cluster.url, DATABASE_POOL_SIZE=str(POOL))
        )
        shop.url = cluster.url
        yield shop


@pytest.mark.parametrize("seconds", [7, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("challenges", [pytest.param(1, marks=pytest.mark.long), 3])
def test_stuck_challenges_take_no_threads_from_the_others(shop, challenges, seconds):
    with serving(shop.environment, workers=2) as server:
        held = []
        for _ in range(challenges):
            shop.open_at(server.address)
            held.append(shop.challenge_id)
        shop.open_at(server.address)
        log = f"{server.address}/schema/challenge_log/record"

        def send(number, attempt, patience):
            challenge_id, kind = held[number % challenges], number % 12
            identifier = f"stuck-{challenges}-{seconds}-{number}-{attempt}"
            body = order(challenge_id, identifier, f"member-{number}")
            if kind == 0:
                edit = {"name": f"Edited {identifier}"}
                return ask(
                    f"{server.address}/schema/challenge/record/{challenge_id}", "PATCH", edit, 60, **shop.key
                )
            if kind == 1:
                return ask(f"{log}/batch", "POST", {"records": [body]}, patience, **shop.key)
            return ask(log, "POST", body, patience, **shop.key)

        with (
            stuck(shop.url, *map(lock_of, held)),
            attack(send, 24 * challenges) as attackers,
            Bystander(everything_else(server.address, shop)) as bystander,
        ):
            time.sleep(seconds)
        print(bystander.describe())
        print(Counter(sample.status for sample in attackers.samples), slowest_of(attackers))
        assert_untouched(bystander)
        answers = {sample.status for sample in attackers.samples}
        assert answers <= {"refused", 200, 201}
        assert "refused" in answers
        assert slowest_of(attackers) < 30
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


@pytest.mark.long
def test_stuck_rows_take_no_threads_from_the_others(shop):
    """Redemptions of one reward log whose row another session has locked."""
    with serving(shop.environment, workers=2) as server:
        shop.open_at(server.address)
        log = f"{server.address}/schema/challenge_log/record"
        paid = ask(log, "POST", order(shop.challenge_id, "pays", "paid") | {"activityValue": 40}, **shop.key)
        reward_log = paid.data["rewardLogs"][0]["id"]
        redeem = f"{server.address}/schema/reward_log/record/{reward_log}/redeem"
        lock_row = f"SELECT id FROM rewards_rewardlog WHERE id = '{reward_log}' FOR UPDATE"

        def send(_number, _attempt, patience):
            return ask(redeem, "POST", b"", patience, **shop.key)

        with (
            stuck(shop.url, lock_row),
            attack(send, 24) as attackers,
            Bystander(everything_else(server.address, shop)) as bystander,
        ):
            time.sleep(7)
        print(bystander.describe())
        print(Counter(sample.status for sample in attackers.samples))

    assert_untouched(bystander)
    answers = {sample.status for sample in attackers.samples}
    assert answers <= {"refused", 200}
    assert "refused" in answers


def slowest_of(bystander):
    return max(sample.seconds for sample in bystander.samples)

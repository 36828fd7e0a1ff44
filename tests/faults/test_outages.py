"""A database that hangs, has no connection left or is locked: refusals come soon, `/healthz` at once."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import psycopg
import pytest

from tests.clusters import own_cluster
from tests.faults.bystander import Bystander, order, reads
from tests.faults.shop import Load, Shop, assert_sound, held_file, is_refusal
from tests.faults.test_kills import SECRET, unexpected_answers_at
from tests.meanwhile import meanwhile
from tests.serving import ask, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency]

# A refusal takes less than 3 seconds, `/healthz` milliseconds; this much on a machine with much else to do.
REFUSED_WITHIN, AT_ONCE = 9, 2
STAFF = {"Cookie": f"sessionid={'x' * 32}"}


@pytest.mark.postgres
@pytest.mark.parametrize("seconds", [12, pytest.param(20, marks=pytest.mark.long)])
def test_frozen_database_is_found_and_refused_and_returns_by_itself(tmp_path, seconds):
    lines = tmp_path / "log"
    with own_cluster() as cluster, lines.open("wb") as log:
        environment = shell(
            tmp_path, DATABASE_URL=cluster.url, ENDUSER_JWT_SECRET=SECRET, LOG_LEVEL="WARNING"
        )
        shop = Shop(environment)
        with serving(environment, workers=2, stderr=log) as server:
            shop.open_at(server.address)
            with Load(shop, server.address) as load:
                load.go_on()
                with Bystander(everything(server.address, shop)) as bystander:
                    cluster.freeze()
                    frozen_at = time.monotonic()
                    log_before = log.tell(), time.monotonic()
                    time.sleep(seconds / 2)
                    assert unexpected_answers_at(server.address, shop) == {}
                    time.sleep(max(0, frozen_at + seconds - time.monotonic()))
                    written, frozen_for = lines.read_bytes()[log_before[0] :], time.monotonic() - frozen_at
                    cluster.thaw()
                    thawed_at = time.monotonic()
                    load.go_on()
                    back_after = time.monotonic() - thawed_at
                load.finish()
                assert_sound(shop, server.address, load)
        print(bystander.describe(), load.met, f"back after {back_after:.1f} s", sep="\n")

    assert_refused_soon(bystander)
    assert set(load.met) == {201, (503, "Retry-After")} | ({200} & set(load.met))
    assert b"Traceback" not in written
    assert 0 < written.count(b"\n") <= 2 * (frozen_for + 2)  # a line a second of each worker


def everything(address, shop):
    return {
        "healthz": reads(f"{address}/healthz"),
        "readyz": reads(f"{address}/readyz"),
        "list": reads(f"{address}/schema/challenge_log/record", **shop.key),
        "staff": reads(f"{address}/admin/", **STAFF),
        # Of no effect when it is answered.
        "log": lambda seconds: ask(
            f"{address}/schema/challenge_log/record", "POST", b"{}", seconds, **shop.key
        ),
    }


def assert_refused_soon(bystander):
    assert bystander.statuses("healthz") == {200}
    assert bystander.slowest("healthz", 1) < AT_ONCE
    for what in bystander.requests:
        assert bystander.slowest(what, 1) < REFUSED_WITHIN, what
        assert bystander.statuses(what) <= {200, 302, 400, "refused"}, what
    assert {what for what in bystander.requests if "refused" in bystander.statuses(what)} >= {"readyz", "log"}


@pytest.mark.postgres
def test_server_of_a_frozen_database_starts_and_says_so(tmp_path):
    """Workers that come while nobody answers: one was killed, say."""
    with own_cluster() as cluster:
        shop = Shop(shell(tmp_path, DATABASE_URL=cluster.url))
        with serving(shop.environment, workers=1) as server:
            cluster.freeze()
            try:
                time.sleep(4)
                healthz = ask(f"{server.address}/healthz").status
                readyz = ask(f"{server.address}/readyz")
            finally:
                cluster.thaw()

    assert (healthz, readyz.status, readyz.json["reason"]) == (200, 503, "database")


@pytest.mark.long
@pytest.mark.postgres
def test_long_honest_statement_is_not_cut_by_the_probe(tmp_path):
    """The database answers others meanwhile: a table is locked, for longer than a frozen server would get."""
    with own_cluster() as cluster:
        shop = Shop(shell(tmp_path, DATABASE_URL=cluster.url, LOCK_TIMEOUT="0"))
        with serving(shop.environment, workers=1) as server:
            shop.open_at(server.address)
            ask(f"{server.address}/schema/reward_log/record", **shop.key)
            with psycopg.connect(cluster.url) as session:
                session.execute("LOCK TABLE rewards_rewardlog IN ACCESS EXCLUSIVE MODE")
                threading.Timer(5, session.rollback).start()
                began = time.monotonic()
                answer = ask(f"{server.address}/schema/reward_log/record", seconds=60, **shop.key)
                took = time.monotonic() - began

    assert (answer.status, took > 4) == (200, True)


OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND application_name <> 'attacker'
"""


@contextmanager
def every_connection_taken(url):
    """Others take every connection that comes free, and those of everybody else are ended again and again."""
    taken = [psycopg.connect(url, application_name="attacker", autocommit=True)]

    def take(over):
        while not over.wait(0.02):
            taken[0].execute(OTHERS)
            with suppress(psycopg.OperationalError):
                while True:
                    taken.append(psycopg.connect(url, application_name="attacker"))

    with meanwhile(take):
        yield
    for connection in taken:
        connection.close()


@pytest.mark.long
@pytest.mark.postgres
def test_without_a_connection_left_refusals_come_soon(tmp_path):
    with own_cluster(max_connections=12, superuser_reserved_connections=0) as cluster:
        shop = Shop(shell(tmp_path, DATABASE_URL=cluster.url, DATABASE_POOL_SIZE="4"))
        with serving(shop.environment, workers=2) as server:
            shop.open_at(server.address)
            with Load(shop, server.address, backends=24) as load:
                load.go_on()
                with every_connection_taken(cluster.url):
                    with Bystander(everything(server.address, shop)) as bystander:
                        time.sleep(8)
                    print(bystander.describe(), load.met, sep="\n")
                load.go_on()
                load.finish()
                assert_sound(shop, server.address, load)

    assert_refused_soon(bystander)
    assert set(load.met) == {201, (503, "Retry-After")} | ({200} & set(load.met))


@pytest.mark.long
@pytest.mark.sqlite_only
@pytest.mark.parametrize("seconds", [8, pytest.param(25, marks=pytest.mark.long)])
def test_locked_sqlite_file_delays_changes_alone(tmp_path, seconds):
    shop = Shop(shell(tmp_path))
    with serving(shop.environment, workers=2) as server:
        shop.open_at(server.address)
        requests = everything(server.address, shop)
        del requests["log"]
        requests["guest"] = reads(f"{server.address}/schema/challenge/record")
        with ExitStack() as held:
            held.enter_context(held_file(tmp_path))
            with Load(shop, server.address, backends=24) as load:
                with Bystander(requests) as bystander:
                    time.sleep(seconds)
                held.close()
                load.finish()
                assert_sound(shop, server.address, load)
        print(bystander.describe(), load.met, sep="\n")

    assert {what: bystander.statuses(what) - {200, 302} for what in requests} == {
        what: set() for what in requests
    }
    assert max(bystander.slowest(what, 1) for what in requests) < 4
    assert set(load.met) <= {200, 201, (503, "Retry-After"), "timeout"}


@pytest.mark.sqlite_only
def test_more_requests_than_may_wait_are_refused_at_once_and_health_is_answered(tmp_path):
    shop = Shop(shell(tmp_path))
    with serving(shop.environment, workers=1) as server, ThreadPoolExecutor(200) as crowd:
        shop.open_at(server.address)
        log = f"{server.address}/schema/challenge_log/record"

        def send(number):
            began = time.monotonic()
            answer = ask(
                log, "POST", order(shop.challenge_id, f"crowd-{number}", f"m-{number}"), 60, **shop.key
            )
            return ("refused" if is_refusal(answer) else answer.status), time.monotonic() - began

        with held_file(tmp_path):
            sent = [crowd.submit(send, number) for number in range(200)]
            with Bystander({"healthz": reads(f"{server.address}/healthz")}) as bystander:
                time.sleep(4)
            at_once = [future.result() for future in sent if future.done()]
        answers = Counter(future.result()[0] for future in sent)
        print(bystander.describe(), answers, len(at_once), sep="\n")

    assert bystander.statuses("healthz") == {200}
    assert bystander.slowest("healthz", 1) < AT_ONCE
    assert {status for status, _took in at_once} == {"refused"}
    assert len(at_once) >= 100
    assert set(answers) == {201, "refused"}

"""PostgreSQL refusing more connections, the limits of a server's waits, and the locks of migrations.

tests/faults kills a server and starts it again.
"""

import socket
import threading
import time

import django.db
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import pre_migrate
from psycopg import OperationalError

from core.sql.postgresql import availability, base, migrating
from core.sql.postgresql.base import WatchedConnection

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NOBODY = "host=127.0.0.1 port=1 connect_timeout=2"


@pytest.fixture
def away():
    """Nobody answered the last attempt to connect; the pool of this process still has what it had."""
    with pytest.raises(OperationalError):
        WatchedConnection.connect(NOBODY)
    yield
    availability.unreachable.clear()


def in_a_thread(work):
    """What it raised in another thread, which has no connection yet; None when all went well."""
    raised = []

    def run():
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return raised[0] if raised else None


def test_connections_that_are_there_are_used_meanwhile(away):
    connection.ensure_connection()
    connection.pool.putconn(connection.pool.getconn())

    with base._waiting:
        assert in_a_thread(connection.ensure_connection) is None


def test_its_return_is_noticed(away):
    WatchedConnection.connect(**connection.get_connection_params() | {"pool": None}).close()

    assert not availability.unreachable.is_set()


@pytest.fixture
def other():
    """Somebody who watches the server beside this process's pool."""
    with WatchedConnection.connect(**connection.get_connection_params() | {"pool": None}) as made:
        made.autocommit = True
        yield made


def backend():
    """The server's process behind our connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def last_asked(other, pid):
    return other.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()


def test_connection_used_just_now_is_not_asked_whether_it_lives(other):
    pid, kept = backend(), connection.connection
    kept.execute("")
    before = last_asked(other, pid)

    kept.execute("")

    assert last_asked(other, pid) == before


def test_connection_that_rested_is_asked_whether_it_lives(other):
    pid, kept = backend(), connection.connection
    kept.execute("")
    before = last_asked(other, pid)

    kept.handed_out_at -= base.TRUSTED_FOR
    kept.execute("")

    assert last_asked(other, pid) > before


@pytest.mark.parametrize("resting", [1, 6])
def test_connections_that_the_server_ended_are_replaced(other, resting):
    backend()
    connection.close()
    for each in [connection.pool.getconn() for _ in range(resting)]:
        connection.pool.putconn(each)

    ours = "datname = current_database() AND pid <> pg_backend_pid()"
    ended = other.execute(f"SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}")
    pids = {pid for pid, _ended in ended}

    assert pids
    assert backend() not in pids


def test_migrations_wait_briefly_for_locks_and_nothing_else_does():
    seen = []

    def look(**kwargs):
        seen.append(lock_timeout())

    pre_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look)

    assert set(seen) == {migrating.LOCK_TIMEOUT}
    assert lock_timeout() == "0"


def lock_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


@pytest.fixture
def served():
    """This process with the limits of a server; what it sets is taken back."""
    pool = connection.settings_dict["OPTIONS"]["pool"]
    before = pool["timeout"]
    connection.close()
    connection.close_pool()

    probes = []

    def serve(**limits):
        probes.append(base.serve_requests(connection, limits))

    yield serve
    for probe in probes:
        probe.stop()
    base._limits.clear()
    pool["timeout"] = before
    connection.close()
    connection.close_pool()
    availability.silent.clear()


def shown(setting):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return cursor.fetchone()[0]


def test_a_server_ends_waits_and_a_command_does_not(served):
    before = {name: shown(name) for name in settings.DATABASE_LIMITS}
    connection.close()
    connection.close_pool()

    served(statement_timeout=60, lock_timeout=5, idle_in_transaction_session_timeout=0)

    assert set(before.values()) == {"0"}
    assert {name: shown(name) for name in before} == {
        "statement_timeout": "1min",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "0",
    }


def test_limits_of_the_address_win(served, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c lock_timeout=7s -c work_mem=5MB")

    served(statement_timeout=60, lock_timeout=5)

    assert (shown("lock_timeout"), shown("statement_timeout"), shown("work_mem")) == ("7s", "1min", "5MB")


def test_a_vanished_server_is_noticed_by_the_network():
    options = connection.settings_dict["OPTIONS"]

    assert (options["keepalives_idle"], options["tcp_user_timeout"]) == (10, 10_000)
    connection.ensure_connection()
    parameters = connection.connection.info.get_parameters()
    assert (parameters["keepalives_idle"], parameters["tcp_user_timeout"]) == ("10", "10000")


def test_a_statement_that_waits_is_let_go_when_the_server_is_silent():
    began = time.monotonic()
    threading.Timer(0.5, availability.silent.set).start()
    try:
        with connection.cursor() as cursor, pytest.raises(django.db.OperationalError, match="not answer"):
            cursor.execute("SELECT pg_sleep(30)")
    finally:
        availability.silent.clear()

    assert time.monotonic() - began < 15
    connection.close()
    with connection.cursor() as cursor:  # the server still sleeps, on a connection that nobody has any more
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND datname = current_database()"
        )
        assert cursor.fetchall() == [(True,)]


def test_while_the_server_is_silent_nobody_waits_for_a_connection():
    connection.close()
    availability.silent.set()
    try:
        raised = in_a_thread(connection.ensure_connection)
    finally:
        availability.silent.clear()

    assert "does not answer" in str(raised)


class Mute:
    """A port that accepts and never says a word, as a frozen server does."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_error):
        self.socket.close()


def test_the_probe_finds_a_server_that_says_nothing_and_its_return():
    parameters = connection.get_connection_params()
    probe = availability.Probe(parameters)
    try:
        with Mute() as port:
            availability.Probe(parameters | {"host": "127.0.0.1", "port": port}).ask()
        silent = availability.silent.is_set()
        probe.ask()

        assert (silent, availability.silent.is_set()) == (True, False)
    finally:
        availability.silent.clear()
        probe._give_up()


def test_a_server_that_refuses_is_unreachable_and_not_silent():
    availability.Probe(connection.get_connection_params() | {"host": "127.0.0.1", "port": 1}).ask()

    seen = availability.unreachable.is_set(), availability.silent.is_set()
    availability.unreachable.clear()
    assert seen == (True, False)

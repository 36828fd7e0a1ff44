"""PostgreSQL refusing more connections, and the locks of migrations.

tests/faults kills a server and starts it again.
"""

import threading

import pytest
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

"""A PostgreSQL that takes no more connections; tests/faults kills one and starts it again."""

import threading

import pytest
from django.db import connection
from psycopg import OperationalError

from challenges_project.postgresql import base
from challenges_project.postgresql.base import WatchedConnection

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NOBODY = "host=127.0.0.1 port=1 connect_timeout=2"


@pytest.fixture
def away():
    """Nobody answered the last attempt to connect; the pool of this process still has what it had."""
    with pytest.raises(OperationalError):
        WatchedConnection.connect(NOBODY)
    yield
    base._away.clear()


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

    with base._scout:
        assert in_a_thread(connection.ensure_connection) is None


def test_its_return_is_noticed(away):
    WatchedConnection.connect(**connection.get_connection_params() | {"pool": None}).close()

    assert not base._away.is_set()

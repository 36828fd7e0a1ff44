"""More racers than connections, whose errors are answers; `writers` has a connection for each racer."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from tests.meanwhile import meanwhile

CONNECTIONS = 48


@pytest.fixture
def many_connections(transactional_db):
    """A pool for that many transactions at once; the server's default is smaller."""
    connection.ensure_connection()
    before = connection.pool.max_size
    connection.pool.resize(1, CONNECTIONS)
    yield
    connection.pool.resize(1, before)


def race(jobs):
    """Start all of these together; what each answered, or the exception that it raised, in order."""
    barrier = threading.Barrier(len(jobs))
    answers = [None] * len(jobs)

    def run(index, job):
        barrier.wait(timeout=60)
        try:
            answers[index] = job()
        except Exception as error:
            answers[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "a racer hangs"
    return answers


@contextmanager
def held_by_another(rows, seconds):
    """Meanwhile, for so long at the most, another transaction holds these rows (a queryset's function)."""
    holding = threading.Event()

    def hold(over):
        try:
            with transaction.atomic():
                list(rows().select_for_update())
                holding.set()
                over.wait(seconds)
                transaction.set_rollback(True)
        finally:
            connection.close()

    with meanwhile(hold):
        assert holding.wait(30)
        yield

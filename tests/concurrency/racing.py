"""More racers than connections, whose errors are answers; `writers` has a connection for each racer."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

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
    """Meanwhile another transaction holds these rows (a queryset's function) for so long and rolls back."""
    holding, stop = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                list(rows().select_for_update())
                holding.set()
                stop.wait(seconds)
                transaction.set_rollback(True)
        finally:
            connection.close()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert holding.wait(10)
    yield
    thread.join(seconds + 10)
    assert not thread.is_alive()

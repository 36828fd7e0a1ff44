"""Connections that the database ends under batches: all are accepted in the end, and counted once."""

import threading
from contextlib import contextmanager

import psycopg
import pytest

from tests.clusters import own_cluster
from tests.faults.shop import BatchBackend, Load, Shop, assert_sound
from tests.serving import serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency, pytest.mark.postgres]

EVERY_SECONDS = 0.2
ANYBODY_AT_WORK = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
    ORDER BY random() LIMIT 1
"""


@contextmanager
def one_terminated_after_the_other(url):
    """Meanwhile another session ends one that is at work, again and again; an item of the list for each."""
    ended, over = [], threading.Event()

    def run():
        with psycopg.connect(url, autocommit=True) as session:
            while not over.wait(EVERY_SECONDS):
                ended.extend(session.execute(ANYBODY_AT_WORK).fetchall())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join(30)


@pytest.mark.parametrize("orders", [2_000, pytest.param(30_000, marks=pytest.mark.long)])
def test_batches_are_all_accepted_while_backends_are_terminated(tmp_path, orders):
    with own_cluster() as cluster:
        shop = Shop(shell(tmp_path, DATABASE_URL=cluster.url))
        with serving(shop.environment, workers=2) as server:
            shop.open_at(server.address)
            with Load(shop, server.address, BatchBackend, backends=16) as load:
                with one_terminated_after_the_other(cluster.url) as ended:
                    load.go_on(orders, refusals=5)
                load.finish()
                assert_sound(shop, server.address, load)

    assert len(ended) >= 5
    assert set(load.met) <= {200, (503, "Retry-After"), "created", "replayed"}

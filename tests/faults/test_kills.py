"""kill -9 of the web server and of PostgreSQL under load: what was acknowledged is there, with its effect."""

import os
import re
import signal
import time

import jwt
import pytest
from django.db import connection
from django.urls import get_resolver

from tests.clusters import children_of, own_cluster
from tests.faults.shop import SECONDS, Load, Shop, assert_sound, is_refusal, lost
from tests.serving import ask, free_port, kill_group, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.concurrency]

SECRET = "a secret of a shop, of more than 32 bytes"
STAFF = {"Cookie": f"sessionid={'x' * 32}"}
UNKNOWN_ID = "0199c9a8-7c60-7000-8000-000000000000"


@pytest.fixture
def shop(tmp_path):
    """On the kind of database that the tests run on."""
    if connection.vendor == "sqlite":
        yield Shop(shell(tmp_path))
    else:
        with own_cluster() as cluster:
            yield Shop(shell(tmp_path, DATABASE_URL=cluster.url))


def test_web_server_killed_under_load_loses_nothing_acknowledged(shop):
    port = free_port()
    with serving(shop.environment, port, workers=2) as server:
        shop.open_at(server.address)
        with Load(shop, server.address) as load:
            load.go_on()
            kill_a_worker(server.process)
            load.go_on()
            kill_group(server.process)
            with serving(shop.environment, port, workers=2):
                load.go_on()
                load.finish()
                assert_sound(shop, server.address, load)

    assert set(load.met) == {201, "unreached"} | ({200} & set(load.met))


def kill_a_worker(server):
    """The newest child is a worker, whatever else was started; the server replaces it by itself."""
    before = children_of(server.pid)
    os.kill(max(before), signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while not set(children_of(server.pid)) - set(before):
        assert time.monotonic() < deadline, "no worker came instead"
        time.sleep(0.05)


@pytest.mark.postgres
def test_database_killed_under_load_is_back_without_a_restart(tmp_path):
    with own_cluster() as cluster:
        shop = Shop(shell(tmp_path, DATABASE_URL=cluster.url, ENDUSER_JWT_SECRET=SECRET))
        with serving(shop.environment, workers=2) as server:
            shop.open_at(server.address)
            with Load(shop, server.address) as load:
                load.go_on()
                cluster.kill()
                # Threads that wait for the database, ten seconds each, would never refuse so many.
                load.go_on(orders=0, refusals=400)
                assert unexpected_answers_at(server.address, shop) == {}
                assert ask(f"{server.address}/healthz").status == 200
                assert b"reload this page" in ask(f"{server.address}/admin/", **STAFF).body
                cluster.start_again()
                load.go_on()
                load.finish()
                assert_sound(shop, server.address, load)

    assert set(load.met) == {201, (503, "Retry-After")} | ({200} & set(load.met))


def routes(patterns=None, before=""):
    """(path, methods) of every route that reads or writes records, with an id where one belongs."""
    for route in patterns or get_resolver().url_patterns:
        path = before + str(route.pattern).strip("^$")
        if hasattr(route, "url_patterns"):
            yield from routes(route.url_patterns, path)
        elif actions := getattr(route.callback, "actions", None):
            yield re.sub(r"\(\?P<id>.*\+\)", UNKNOWN_ID, path), [method.upper() for method in actions]


def unexpected_answers_at(address, shop):
    """Everything that can be asked, by whom it may be; the answers that were not 503 with Retry-After."""
    token = jwt.encode({"sub": "member-1", "exp": int(time.time()) + 600}, SECRET, "HS256")
    requests = [("/readyz", "GET", {}), ("/admin/", "GET", STAFF)]
    for path, methods in routes():
        requests += [(f"/{path}", method, shop.key) for method in methods]
        if "GET" in methods and not re.search("/(reward|coupon_code)/", path):
            requests.append((f"/{path}", "GET", {"Authorization": f"Bearer {token}"}))
        if "GET" in methods and re.search("/(challenge|milestone)/", path):
            requests.append((f"/{path}", "GET", {}))
    assert len(requests) > 50
    unexpected = {}
    for path, method, headers in requests:
        body = b"{}" if method in ("POST", "PATCH") else None
        answer = ask(address + path, method, body, **headers)
        if not is_refusal(answer):
            unexpected[method, path, *headers] = answer.status
    return unexpected


@pytest.mark.long
@pytest.mark.postgres
def test_without_synchronous_commit_acknowledged_logs_are_lost(tmp_path):
    """The negative control: the kill above is one that loses what was not written."""
    with own_cluster(synchronous_commit="off", wal_writer_delay="10s") as cluster:
        shop = Shop(shell(tmp_path, DATABASE_URL=cluster.url))
        with serving(shop.environment, workers=2) as server:
            shop.open_at(server.address)
            with Load(shop, server.address) as load:
                load.go_on(1_000)
                cluster.kill()
                load.go_on(orders=0, refusals=10)
                cluster.start_again()
                load.finish()
                assert lost(shop, server.address, load) != []

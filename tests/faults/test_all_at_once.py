"""Every attack at the same time, on the real server behind the shipped nginx: the others are served."""

import os
import time
from collections import Counter

import pytest

from tests.clusters import own_cluster
from tests.faults.bystander import Bystander, order
from tests.faults.shop import Shop
from tests.faults.test_stuck_locks import attack, everything_else, lock_of, stuck
from tests.journeys.test_behind_nginx import NGINX, mute, nginx_before, slow_senders
from tests.journeys.test_login_flood import SPRAYERS, sprayers
from tests.serving import ask, manage, serving, shell

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.concurrency,
    pytest.mark.postgres,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed: apt-get install nginx-light"),
]

SLOW_BODIES, MUTE, STUCK = 256, 1000, 24
# Seconds for an answer and for a refusal: what we promise for two processors that do nothing else, and what
# is held where other tests run beside it.
PROMISED, BUSY = (1, 3), (4, 9)
IS_ALONE = "PYTEST_XDIST_WORKER" not in os.environ


@pytest.mark.long
@pytest.mark.parametrize("seconds", [8, pytest.param(20, marks=pytest.mark.long)])
def test_healthy_client_is_served_in_the_middle_of_everything(tmp_path, seconds):
    answered_within, refused_within = PROMISED if IS_ALONE else BUSY
    with own_cluster() as cluster:
        environment = shell(
            tmp_path,
            DATABASE_URL=cluster.url,
            DATABASE_POOL_SIZE="16",
            DJANGO_SETTINGS_MODULE="tests.real_hasher",
            TRUSTED_PROXIES="1",
        )
        shop = Shop(environment)
        with serving(environment, workers=2) as server, nginx_before(server, tmp_path / "nginx") as address:
            shop.open_at(server.address)
            held = shop.challenge_id
            shop.open_at(server.address)
            log = f"{server.address}/schema/challenge_log/record"

            def send(number, attempt, patience):
                body = order(held, f"stuck-{number}-{attempt}", f"member-{number}")
                return ask(log, "POST", body, patience, **shop.key)

            with (
                slow_senders(address, shop.key, SLOW_BODIES),
                mute(address, MUTE, b"POST /schema/challenge_log/record HTTP/1.1\r\n"),
                sprayers(address) as tried,
            ):
                with (
                    stuck(cluster.url, lock_of(held)),
                    attack(send, STUCK) as attackers,
                    Bystander(everything_else(address, shop)) as attacked,
                ):
                    time.sleep(seconds)
                cluster.freeze()
                try:
                    time.sleep(3)
                    with Bystander(everything_else(address, shop)) as frozen:
                        time.sleep(seconds)
                finally:
                    cluster.thaw()
            print(attacked.describe(), frozen.describe(), Counter(tried), sep="\n")
            assert manage(environment, "verify_ledger") == ""

    assert {what: attacked.statuses(what) for what in attacked.requests} == {
        what: {201 if what == "other" else 200} for what in attacked.requests
    }
    assert {
        what: attacked.slowest(what) for what in attacked.requests if attacked.slowest(what) > answered_within
    } == {}
    # The attacks were there.
    assert "refused" in {sample.status for sample in attackers.samples}
    assert len(tried) > 2 * SPRAYERS
    assert set(tried) <= {200, 429, 502, 503}

    assert frozen.statuses("healthz") == {200}
    assert {what for what in frozen.requests if frozen.statuses(what) == {"refused"}} >= {
        "readyz",
        "list",
        "other",
    }
    assert {
        what: frozen.slowest(what, 1) for what in frozen.requests if frozen.slowest(what, 1) > refused_within
    } == {}

"""A shop under load: its backends send activity to a real server, each order until it is acknowledged."""

import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

import psycopg
from django.db import connection

from tests.clusters import own_cluster
from tests.serving import UNREACHED, ask, manage, shell

MEMBERS = 12
MILESTONES, TARGET = [5, 20], 40
LOGS = "/schema/challenge_log/record"
BATCH = 60
# What hangs must end; nothing here takes that long, even beside other work.
SECONDS = 240


class Shop:
    """A migrated database with a challenge in it, and the shop's key."""

    def __init__(self, environment):
        self.environment = environment
        manage(environment, "migrate")
        key = manage(environment, "create_api_key", "shop", "--scope", "admin").split()[-1]
        self.key = {"Authorization": f"Api-Key {key}"}

    def open_at(self, address):
        basics = {"description": "d", "status": "live", "name": "Spend"}
        challenge = {"completionTargetValue": TARGET, "aggregationPeriod": "monthly", **basics}
        self.challenge_id = self._made(address, "challenge", challenge)
        for target in MILESTONES:
            linked = {"linkedSchemaRecordId": self.challenge_id, "milestoneTargetValue": target}
            self._made(address, "milestone", linked | basics)

    def _made(self, address, slug, body):
        return ask(f"{address}/schema/{slug}/record", "POST", body, **self.key).data["id"]

    def rows(self, address, slug):
        """All records of a list, page by page."""
        query = "?limit=1000"
        while query:
            answer = ask(f"{address}/schema/{slug}/record{query}", **self.key)
            yield from answer.data
            cursor = answer.json["paging"]["nextCursor"]
            query = f"?cursor={cursor}" if cursor else None


class Backend:
    """Sends one order after the other. It remembers what was acknowledged, and every kind of answer."""

    path = LOGS

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.random = random.Random(number)
        self.numbers = count()
        self.acknowledged = {}  # identifier -> (member, value, the log's id)
        self.met = Counter()

    def run(self):
        while not self.load.closing.is_set():
            self.deliver(self.body())

    def body(self):
        return self.order()

    def order(self):
        return {
            "challengeId": self.load.shop.challenge_id,
            "ownedById": f"member-{self.random.randrange(MEMBERS)}",
            "activityAt": datetime.now(UTC).isoformat(),
            "activityId": "purchase",
            "uniqueIdentifier": f"order-{self.number}-{next(self.numbers)}",
            "activityValue": self.random.randint(1, 3),
        }

    def deliver(self, body):
        while not self.load.given_up.is_set():
            answer = self.send(body)
            if answer and answer.status in (200, 201):
                self.note(body, answer)
                return
            time.sleep(0.02)

    def note(self, order, answer):
        self.keep(order, answer.data["id"])

    def keep(self, order, id_):
        facts = (order["ownedById"], order["activityValue"], id_)
        self.acknowledged[order["uniqueIdentifier"]] = facts

    def send(self, body):
        try:
            answer = ask(self.load.address + self.path, "POST", body, **self.load.shop.key)
        except TimeoutError:
            self.met["timeout"] += 1
        except UNREACHED:
            self.met["unreached"] += 1
        else:
            self.met[(503, "Retry-After") if is_refusal(answer) else answer.status] += 1
            return answer


class BatchBackend(Backend):
    """Sends batches, whose members come in any order; what was rejected is remembered as met."""

    path = f"{LOGS}/batch"

    def body(self):
        return {"records": [self.order() for _ in range(BATCH)]}

    def note(self, body, answer):
        for order, outcome in zip(body["records"], answer.data, strict=True):
            self.met[outcome["status"]] += 1
            self.keep(order, outcome["id"])


def is_refusal(answer):
    """A 503 as it should be."""
    return answer.status == 503 and int(answer.headers.get("Retry-After", 0)) > 0


class Load:
    """All backends, sending from the beginning of a `with` until `finish`."""

    def __init__(self, shop, address, backend=Backend, backends=8):
        self.shop, self.address = shop, address
        self.closing, self.given_up = threading.Event(), threading.Event()
        self.backends = [backend(self, number) for number in range(backends)]
        self.threads = [threading.Thread(target=sender.run, daemon=True) for sender in self.backends]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.closing.set()
        self.given_up.set()
        for thread in self.threads:
            thread.join(SECONDS)

    def finish(self):
        """No new orders; those under way are still delivered."""
        self.closing.set()
        for thread in self.threads:
            thread.join(SECONDS)
        assert not any(thread.is_alive() for thread in self.threads), "an order was never acknowledged"

    @property
    def met(self):
        return sum((sender.met.copy() for sender in self.backends), Counter())

    @property
    def acknowledged(self):
        return {uid: facts for sender in self.backends for uid, facts in sender.acknowledged.copy().items()}

    def so_far(self):
        """How many orders were acknowledged, and how many requests refused."""
        return sum(len(sender.acknowledged) for sender in self.backends), self.met[503, "Retry-After"]

    def go_on(self, orders=100, refusals=0):
        """Wait for so many more orders to be acknowledged, or to be refused."""
        acknowledged, refused = self.so_far()
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            now = self.so_far()
            if now[0] >= acknowledged + orders and now[1] >= refused + refusals:
                return
            time.sleep(0.02)
        raise AssertionError(f"too little happened since {acknowledged} and {refused}: {self.met}")


def lost(shop, address, load):
    """Acknowledged orders that are not there as they were answered."""
    stored = {row["uniqueIdentifier"]: row["id"] for row in shop.rows(address, "challenge_log")}
    return [uid for uid, (_member, _value, id_) in load.acknowledged.items() if stored.get(uid) != id_]


def assert_sound(shop, address, load):
    """Every order is there once, with its effect: the sums, each threshold's reward, a code for each."""
    sums = Counter()
    for member, value, _id in load.acknowledged.values():
        sums[member] += value
    thresholds = [*MILESTONES, TARGET]
    due = Counter(
        {member: sum(total >= threshold for threshold in thresholds) for member, total in sums.items()}
    )
    rewards = list(shop.rows(address, "reward_log"))
    progress = shop.rows(address, "challenge_progress")

    assert lost(shop, address, load) == []
    assert len(list(shop.rows(address, "challenge_log"))) == len(load.acknowledged)
    assert {row["ownedById"]: row["currentProgressValue"] for row in progress} == sums
    assert Counter(row["ownedById"] for row in rewards) == +due
    assert len({row["couponCode"] for row in rewards}) == len(rewards) > 0
    assert manage(shop.environment, "verify_ledger") == ""


@contextmanager
def held_file(folder):
    """Nobody else writes to the SQLite database in this folder meanwhile."""
    file = sqlite3.connect(folder / "challenges.sqlite3", isolation_level=None)
    file.execute("BEGIN IMMEDIATE")
    yield
    file.execute("ROLLBACK")
    file.close()


@contextmanager
def shop_with_database(folder):
    """A shop on a database of its own; `connect` opens a connection to that, past the server."""
    if connection.vendor == "sqlite":
        shop = Shop(shell(folder))
        shop.connect = lambda: sqlite3.connect(folder / "challenges.sqlite3")
        yield shop
    else:
        with own_cluster() as cluster:
            shop = Shop(shell(folder, DATABASE_URL=cluster.url))
            shop.connect = lambda: psycopg.connect(cluster.url, autocommit=True)
            yield shop

"""A shop under load: its backends send activity to a real server, each order until it is acknowledged."""

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from tests.serving import UNREACHED, ask, manage

CLIENTS, MEMBERS = 8, 12
MILESTONES, TARGET = [5, 20], 40
LOGS = "/schema/challenge_log/record"
# What hangs must end; nothing here takes that long.
SECONDS = 90


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

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.random = random.Random(number)
        self.acknowledged = {}  # identifier -> (member, value, the log's id)
        self.met = Counter()

    def run(self):
        while not self.load.closing.is_set():
            self.deliver(self.order(len(self.acknowledged)))

    def order(self, turn):
        return {
            "challengeId": self.load.shop.challenge_id,
            "ownedById": f"member-{self.random.randrange(MEMBERS)}",
            "activityAt": datetime.now(UTC).isoformat(),
            "activityId": "purchase",
            "uniqueIdentifier": f"order-{self.number}-{turn}",
            "activityValue": self.random.randint(1, 3),
        }

    def deliver(self, order):
        while not self.load.given_up.is_set():
            answer = self.send(order)
            if answer and answer.status in (200, 201):
                facts = (order["ownedById"], order["activityValue"], answer.data["id"])
                self.acknowledged[order["uniqueIdentifier"]] = facts
                return
            time.sleep(0.02)

    def send(self, order):
        try:
            answer = ask(self.load.address + LOGS, "POST", order, **self.load.shop.key)
        except TimeoutError:
            self.met["timeout"] += 1
        except UNREACHED:
            self.met["unreached"] += 1
        else:
            self.met[(503, "Retry-After") if is_refusal(answer) else answer.status] += 1
            return answer


def is_refusal(answer):
    """A 503 as it should be."""
    return answer.status == 503 and int(answer.headers.get("Retry-After", 0)) > 0


class Load:
    """All backends, sending from the beginning of a `with` until `finish`."""

    def __init__(self, shop, address):
        self.shop, self.address = shop, address
        self.closing, self.given_up = threading.Event(), threading.Event()
        self.backends = [Backend(self, number) for number in range(CLIENTS)]
        self.threads = [threading.Thread(target=each.run, daemon=True) for each in self.backends]

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
        return sum((each.met for each in self.backends), Counter())

    @property
    def acknowledged(self):
        return {uid: facts for each in self.backends for uid, facts in list(each.acknowledged.items())}

    def go_on(self, orders=100, refusals=0):
        """Wait for so many more orders to be acknowledged, or to be refused."""
        aim = len(self.acknowledged) + orders, self.met[503, "Retry-After"] + refusals
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if len(self.acknowledged) >= aim[0] and self.met[503, "Retry-After"] >= aim[1]:
                return
            time.sleep(0.02)
        raise AssertionError(f"too little happened: {len(self.acknowledged)} of {aim[0]}, {self.met}")

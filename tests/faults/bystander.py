"""A healthy client beside an attack: asks what the attack should not touch, and notes how long that took."""

import threading
import time
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

from tests.faults.shop import is_refusal
from tests.serving import UNREACHED, ask


class Sample(NamedTuple):
    what: str
    status: object
    began: float
    seconds: float


class Bystander:
    """Asks each of its requests again and again, in a thread for each, from `with` until its end.

    A status is `refused` for a 503 as it should be, and the error's name where there was no answer.
    """

    def __init__(self, requests, pause=0.05, seconds=30):
        self.requests, self.pause, self.seconds = requests, pause, seconds
        self.samples, self.over = [], threading.Event()
        self.threads = [
            threading.Thread(target=self.run, args=item, daemon=True) for item in requests.items()
        ]

    def run(self, what, request):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                answer = request(self.seconds)
                status = "refused" if is_refusal(answer) else answer.status
            except UNREACHED as error:
                status = type(error).__name__
            self.samples.append(Sample(what, status, began, time.monotonic() - began))
            self.over.wait(self.pause)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.over.set()
        for thread in self.threads:
            thread.join(self.seconds + 10)

    def statuses(self, what):
        return {sample.status for sample in self.samples if sample.what == what}

    def slowest(self, what, share=0.99):
        """So many seconds took all but one in a hundred."""
        seconds = sorted(sample.seconds for sample in self.samples if sample.what == what)
        return seconds[min(int(len(seconds) * share), len(seconds) - 1)]

    def describe(self):
        """A line for each request, for a person."""
        lines = []
        for what in self.requests:
            seconds = sorted(sample.seconds for sample in self.samples if sample.what == what)
            median, p99 = seconds[len(seconds) // 2], self.slowest(what)
            figures = (
                f"median {median * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, max {seconds[-1] * 1000:.0f} ms"
            )
            lines.append(
                f"{what}: {len(seconds)} requests, {figures}, {sorted(map(str, self.statuses(what)))}"
            )
        return "\n".join(lines)


def reads(url, **headers):
    return lambda seconds: ask(url, seconds=seconds, **headers)


def logs(address, key, challenge_id, prefix, member="bystander"):
    """Sends one order after the other."""
    numbers = count()

    def send(seconds):
        body = order(challenge_id, f"{prefix}-{next(numbers)}", member)
        return ask(f"{address}/schema/challenge_log/record", "POST", body, seconds, **key)

    return send


def order(challenge_id, identifier, member="bystander"):
    return {
        "challengeId": challenge_id,
        "ownedById": member,
        "activityAt": datetime.now(UTC).isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": identifier,
        "activityValue": 1,
    }

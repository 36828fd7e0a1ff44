"""The load generator: a process of its own on plain sockets, so that it is never the slowest part.

`drive` starts it, hands it ready-made requests and reads what it saw. One thread serves all connections; a
request costs it about a tenth of what any Python server needs for an answer.
"""

import json
import pickle
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_SECONDS = 60


def get(path: str, *headers: str) -> bytes:
    return _request("GET", path, headers, b"")


def post(path: str, body: bytes, *headers: str, content_type: str = "application/json") -> bytes:
    return _request("POST", path, (*headers, f"Content-Type: {content_type}"), body)


def _request(method: str, path: str, headers: Iterable[str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Seen:
    """What the generator saw. `cpu` is the part of one core that it used itself, 0 to 1."""

    done: int
    seconds: float
    median: float
    cpu: float
    statuses: dict[str, int]
    refused: str

    @property
    def rate(self) -> float:
        """Requests a second. Raises when one was refused: a bar is about work that was done."""
        if self.refused:
            raise SystemExit(f"the server refused work: {self.statuses} {self.refused}")
        return self.done / self.seconds


def drive(
    port: int, requests: Sequence[bytes], *, connections: int = 16, seconds: float, again: bool = False
) -> Seen:
    """Send these over connections that stay open, each sending its next one when answered, for so long.

    It ends early when they run out, unless they may be sent `again`.
    """
    asked = pickle.dumps((port, requests, connections, seconds, again))
    limit = seconds + 2 * PATIENCE_SECONDS
    command = [sys.executable, str(Path(__file__))]
    answered = subprocess.run(command, input=asked, capture_output=True, timeout=limit, check=False)
    if answered.returncode:
        raise SystemExit(f"the load generator failed: {answered.stderr.decode()[-2000:]}")
    seen = Seen(**json.loads(answered.stdout))
    if seen.cpu > 0.9:
        print(f"  (the load generator was busy {seen.cpu:.0%} of the time: it may be the limit)")
    return seen


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.received = b""

    def send(self, request: bytes) -> None:
        self.received = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """The whole answer once it is there."""
        more = self.socket.recv(1 << 18)
        if not more:
            raise ConnectionError("the server closed a connection")
        self.received += more
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        at = head.lower().index(b"content-length:") + 15
        return self.received if len(body) >= int(head[at:].split(b"\r\n", 1)[0]) else None


@dataclass
class Generator:
    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float
    again: bool
    latencies: list[float] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)
    refused: str = ""
    sent: int = 0

    def run(self) -> dict:
        connections = [Connection(self.port) for _ in range(self.connections)]
        started, cpu = time.perf_counter(), time.process_time()
        with selectors.DefaultSelector() as selector:
            for each in connections:
                self.send_next(selector, each, started)
            while selector.get_map():
                for key, _events in selector.select(PATIENCE_SECONDS) or self.give_up():
                    self.receive(selector, key.data, started)
        seconds = time.perf_counter() - started
        return {
            "done": len(self.latencies),
            "seconds": seconds,
            "median": sorted(self.latencies)[len(self.latencies) // 2],
            "cpu": (time.process_time() - cpu) / seconds,
            "statuses": self.statuses,
            "refused": self.refused,
        }

    def give_up(self) -> list:
        raise TimeoutError(f"no answer in {PATIENCE_SECONDS} s")

    def send_next(self, selector: selectors.BaseSelector, connection: Connection, started: float) -> None:
        over = time.perf_counter() - started > self.seconds
        if over or (self.sent >= len(self.requests) and not self.again):
            if connection.socket in (key.fileobj for key in selector.get_map().values()):
                selector.unregister(connection.socket)
            return
        if not connection.began:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(self.requests[self.sent % len(self.requests)])
        self.sent += 1

    def receive(self, selector: selectors.BaseSelector, connection: Connection, started: float) -> None:
        answer = connection.answer()
        if answer is None:
            return
        self.latencies.append(time.perf_counter() - connection.began)
        status = answer[9:12].decode()
        self.statuses[status] += 1
        if status[0] != "2" and not self.refused:
            self.refused = answer[:1000].decode(errors="replace")
        self.send_next(selector, connection, started)


if __name__ == "__main__":
    json.dump(Generator(*pickle.load(sys.stdin.buffer)).run(), sys.stdout)

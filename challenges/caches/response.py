"""Store rendered responses in one process, bounded by number and size."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple


class CacheKey(NamedTuple):
    """What a response was made of: the config version and an end user's rows; None: not read."""

    config_version: int | None = None
    member_rows: tuple[Any, ...] | None = None


class CachedResponse(NamedTuple):
    """A response with its key.

    `since`: when it was made. `until`: when time alone changes it; None: never.
    """

    made_of: CacheKey
    since: datetime
    until: datetime | None
    content: bytes
    headers: dict[str, str]

    def holds_at(self, at: datetime) -> bool:
        """Whether time has not changed it. Before `since` it has: the clock was ahead when it was made."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass
class ResponseLRU:
    """Keep the responses that were stored last: at most `most` of them and `most_bytes` of content."""

    most: int
    most_bytes: int
    responses: OrderedDict[Hashable, CachedResponse] = field(default_factory=OrderedDict)
    bytes: int = 0
    lock: Any = field(default_factory=Lock)

    def put(self, name: Hashable, response: CachedResponse) -> None:
        with self.lock:
            before = self.responses.pop(name, None)
            self.responses[name] = response
            self.bytes += len(response.content) - (len(before.content) if before else 0)
            while len(self.responses) > self.most or self.bytes > self.most_bytes:
                self.bytes -= len(self.responses.popitem(last=False)[1].content)

    def clear(self) -> None:
        with self.lock:
            self.responses.clear()
            self.bytes = 0

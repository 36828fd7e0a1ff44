"""Admission control: who runs, who waits, who is refused; each thread here is a request."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from core import admission
from core.admission import MOST_ALIKE, MOST_QUEUED_ALIKE, Admission, Overloaded, Permits

PATIENCE = 20  # for a busy machine; nothing here waits so long unless it hangs
USUAL = {"writing": 1, "reading": 0, "waiting": 9, "blocked": 5}


class Requests:
    """Requests that run until they are told to end, each in a thread of its own."""

    def __init__(self, places):
        self.places = places
        self.threads = []

    def begin(self, *, writes=False, inside=None, subject=""):
        """Start one; the result says what became of it and lets it go on."""
        request = Request(self.places, writes, inside, subject)
        request.thread = threading.Thread(target=request.run, daemon=True)
        request.thread.start()
        self.threads.append(request)
        return request


class Request:
    def __init__(self, places, writes, inside, subject):
        self.places, self.writes, self.inside, self.subject = places, writes, inside, subject
        self.runs, self.ends, self.over = threading.Event(), threading.Event(), threading.Event()
        self.refused = False

    def run(self):
        try:
            place = self.places.enter(writes=self.writes, subject=self.subject)
        except Overloaded:
            self.refused = True
        else:
            self.runs.set()
            if self.inside:
                self.inside()
            self.ends.wait(PATIENCE)
            place.leave()
        self.over.set()

    def end(self):
        self.ends.set()
        assert self.over.wait(PATIENCE)


@pytest.fixture
def requests_of():
    """Make the requests of a worker; whatever is left runs to its end."""
    made = []

    def make(**limits):
        made.append(Requests(Admission(**USUAL | limits)))
        return made[-1]

    yield make
    for requests in made:
        for request in requests.threads:
            request.end()


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_so_many_run_and_the_next_runs_when_one_is_over(requests_of):
    requests = requests_of(writing=2)
    first, second = requests.begin(), requests.begin()
    assert first.runs.wait(PATIENCE)
    assert second.runs.wait(PATIENCE)

    third = requests.begin()
    assert not third.runs.wait(0.2)
    first.end()

    assert third.runs.wait(PATIENCE)


def test_first_come_first_served(requests_of):
    requests, order = requests_of(), []
    first = requests.begin()
    assert first.runs.wait(PATIENCE)
    later = []
    for number in range(4):
        later.append(requests.begin(inside=lambda number=number: order.append(number)))
        later[-1].ends.set()
        until(lambda number=number: requests.places._inside == number + 2)
        until(lambda number=number: len(requests.places._running._queue) == number + 1)
    first.end()

    for request in later:
        assert request.over.wait(PATIENCE)
    assert order == [0, 1, 2, 3]


def test_without_a_place_a_request_is_refused_at_once(requests_of):
    requests = requests_of(waiting=1)
    first = requests.begin()
    assert first.runs.wait(PATIENCE)
    requests.begin()
    until(lambda: requests.places._inside == 2)

    beyond = requests.begin()

    assert beyond.over.wait(PATIENCE)
    assert beyond.refused


def test_whoever_waits_for_a_permit_too_long_is_refused(requests_of, monkeypatch):
    monkeypatch.setattr(admission, "LONGEST_QUEUE_SECONDS", 0.1)
    requests = requests_of()
    first = requests.begin()
    assert first.runs.wait(PATIENCE)

    late = requests.begin()
    assert late.over.wait(PATIENCE)
    first.end()
    next_one = requests.begin()

    assert (late.refused, next_one.runs.wait(PATIENCE), requests.places._inside) == (True, True, 1)


@contextmanager
def blocked(places, *, in_database=True):
    assert places.give_back(in_database=in_database)
    yield
    places.go_on()


@pytest.mark.parametrize("writes", [False, True])
def test_a_request_that_is_blocked_lets_another_run(requests_of, writes):
    requests, let_go = requests_of(), threading.Event()

    def wait():
        with blocked(requests.places):
            let_go.wait(PATIENCE)

    stuck = requests.begin(writes=writes, inside=wait)
    assert stuck.runs.wait(PATIENCE)
    other = requests.begin(writes=writes)
    assert other.runs.wait(PATIENCE)
    let_go.set()
    stuck.end()
    other.end()

    last = requests.begin(writes=writes)
    assert last.runs.wait(PATIENCE)
    assert not requests.begin(writes=writes).runs.wait(0.2), "a permit was made out of nothing"


def test_slow_is_not_stuck(requests_of):
    """A commit may take a moment: changes then queue, they are not refused."""
    requests, let_go = requests_of(blocked=1), threading.Event()

    def wait():
        with blocked(requests.places):
            let_go.wait(PATIENCE)

    requests.begin(writes=True, inside=wait)
    until(lambda: len(requests.places._blocked) == 1)

    assert requests.begin(writes=True).runs.wait(PATIENCE)
    let_go.set()


def test_beyond_the_limit_nobody_gives_a_permit_back(requests_of):
    requests, let_go, kept = requests_of(writing=2, blocked=1), threading.Event(), []

    def wait():
        with blocked(requests.places):
            let_go.wait(PATIENCE)

    requests.begin(inside=wait)
    until(lambda: len(requests.places._blocked) == 1)
    requests.begin(inside=lambda: kept.append(requests.places.give_back(in_database=True)))
    until(lambda: kept)
    let_go.set()

    assert kept == [False]


def test_when_too_much_is_stuck_changes_are_refused_and_reads_go_on(requests_of, monkeypatch):
    monkeypatch.setattr(admission, "STUCK_AFTER_SECONDS", -1)
    requests, let_go = requests_of(blocked=2), threading.Event()

    def wait():
        with blocked(requests.places):
            let_go.wait(PATIENCE)

    for number in range(2):
        requests.begin(writes=True, inside=wait)
        until(lambda number=number: len(requests.places._blocked) == number + 1)
    change, read = requests.begin(writes=True), requests.begin()

    assert change.over.wait(PATIENCE)
    assert (change.refused, read.runs.wait(PATIENCE)) == (True, True)
    let_go.set()


def test_changes_of_one_subject_leave_room_for_those_of_others(requests_of):
    requests = requests_of(writing=6, waiting=30)
    for number in range(MOST_ALIKE):
        assert requests.begin(writes=True, subject="a").runs.wait(PATIENCE), number
    queued = [requests.begin(writes=True, subject="a") for _ in range(MOST_QUEUED_ALIKE)]
    until(lambda: requests.places._subjects["a"].inside == MOST_ALIKE + MOST_QUEUED_ALIKE)
    beyond = requests.begin(writes=True, subject="a")

    assert beyond.over.wait(PATIENCE)
    assert beyond.refused
    assert not any(request.runs.is_set() for request in queued)
    assert requests.begin(writes=True, subject="b").runs.wait(PATIENCE)
    assert requests.begin(subject="a").runs.wait(PATIENCE)


def test_a_subject_is_forgotten_with_its_last_change(requests_of):
    requests = requests_of(writing=2)
    changes = [requests.begin(writes=True, subject="a") for _ in range(2)]
    for change in changes:
        assert change.runs.wait(PATIENCE)
        change.end()

    assert requests.places._subjects == {}


def test_changes_leave_permits_to_reads(requests_of):
    requests = requests_of(reading=2)
    change = requests.begin(writes=True)
    assert change.runs.wait(PATIENCE)

    second_change, read = requests.begin(writes=True), requests.begin()

    assert read.runs.wait(PATIENCE)
    assert not second_change.runs.wait(0.2)
    change.end()
    assert second_change.runs.wait(PATIENCE)


def test_a_thread_without_a_permit_has_none_to_give_back(monkeypatch):
    monkeypatch.setattr(admission, "_installed", Admission(**USUAL))

    assert admission.start_waiting(in_database=True) is None
    with admission.waiting():
        pass


def test_permits_are_neither_lost_nor_made_by_many_threads():
    permits, running, most = Permits(3), [], []

    def work(_number):
        for _ in range(200):
            if permits.acquire(0.001):
                running.append(1)
                most.append(len(running))
                running.pop()
                permits.release()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))

    assert (max(most) <= 3, permits._free, list(permits._queue)) == (True, 3, [])

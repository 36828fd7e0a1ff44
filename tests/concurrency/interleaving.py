"""Two transactions, the second begun while the first is open: the same order of events in every run."""

import threading
import time
from contextlib import contextmanager

from django.db import connection, transaction

SECONDS = 30


class Second(threading.Thread):
    """What runs beside an open transaction; its answer, or the exception that it raised."""

    def __init__(self, job):
        super().__init__(daemon=True)
        self.job = job
        self.connected = threading.Event()
        self.pid = self.answer = None

    def run(self):
        try:
            connection.ensure_connection()
            self.pid = connection.connection.info.backend_pid
            self.connected.set()
            self.answer = self.job()
        except Exception as error:
            self.answer = error
        finally:
            connection.close()

    def run_until_it_ends_or_waits(self):
        """Start it; return True once it waits for a lock, False when it ended without."""
        self.start()
        assert self.connected.wait(SECONDS)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if not self.is_alive():
                return False
            if self._waits():
                return True
            time.sleep(0.01)
        raise AssertionError("the second neither ends nor waits for a lock")

    def _waits(self):
        with connection.cursor() as cursor:
            # pg_stat_activity would show the same picture until the end of the transaction.
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", [self.pid])
            return cursor.fetchone()[0] > 0

    def end(self):
        self.join(SECONDS)
        assert not self.is_alive(), "the second hangs"
        return self.answer


def beside(first, second):
    """Run `first` in a transaction and `second` before its commit; return both answers.

    With a lock the second waits for the commit. Without, it has read what stood there before, and ends now or
    waits for a row that it is about to write.
    """
    thread = Second(second)
    with transaction.atomic():
        answer = first()
        thread.run_until_it_ends_or_waits()
    return answer, thread.end()


@contextmanager
def reached(monkeypatch, module, name, second, call=1):
    """Run `second` before this function's work, when it is called so many times; yields the thread."""
    original, thread, calls = getattr(module, name), Second(second), iter(range(1, call + 1))

    def paused(*args, **kwargs):
        if threading.current_thread() is not thread and next(calls, None) == call:
            thread.run_until_it_ends_or_waits()
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, paused)
    yield thread
    assert thread.ident is not None, f"{name} was not called"
    thread.end()

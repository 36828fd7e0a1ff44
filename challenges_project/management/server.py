"""The process that `manage.py serve` becomes: granian, changed in three respects.

Stopping: signals reach whole groups of processes, twice, and while a worker starts. The first stop signal
counts and every other is harmless; a worker that serves nothing yet ends at once; Ctrl-C is the server's
alone, which passes it on as SIGTERM. Python runs the handler of a signal in the main thread, which waits for
a lock and need not wake when another thread received the signal. So a thread of its own listens
(`when_told`), to which Python's own receiver writes from whatever thread.

Starting: a worker that was killed is replaced, however often. One that ends by itself before it can serve,
time and again, will never serve: then the server ends with an error, for a supervisor to see.

Threads: each worker has more of them than it works with (`challenges_project/management/worker.py`).
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from granian import _signals, cli
from granian._granian import WorkerSignal
from granian.server import mp

STOPS = (signal.SIGTERM, signal.SIGINT)
# Starts in a row that ended before serving, after which a worker is not started again.
MOST_FAILED_STARTS = 3
# Pause before a worker is replaced that lived shorter than this: no busy loop, whatever kills it.
SHORT_LIFE_SECONDS = PAUSE_SECONDS = 1.0

logger = logging.getLogger("_granian")


@contextmanager
def stops_held_back() -> Iterator[None]:
    """Block stop signals in this thread, and in a child that is started meanwhile until it lets them in."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def when_told(act: Callable[[], Any]) -> None:
    """Call `act`, in a thread of its own, when this process has received a stop signal; once.

    The signals need handlers, which may do nothing.
    """
    listen, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def wait() -> None:
        while os.read(listen, 1)[0] not in STOPS:
            pass
        act()

    threading.Thread(target=wait, name="signals", daemon=True).start()


def run_worker(target: Callable[..., Any], serves: Any, *args: Any) -> Any:
    """Be a worker; the first function of its process, entered with stop signals held back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    _signals.set_sync_signals = partial(handle_worker_signals, serves)
    return target(*args)


def handle_worker_signals(serves: Any) -> WorkerSignal:
    """Stop gracefully from now on: the application is loaded. granian waits on the result."""
    stopping = WorkerSignal()
    when_told(stopping.set)
    signal.signal(signal.SIGTERM, lambda *_args: None)
    serves.value = 1
    return stopping


class Worker(mp.WorkerProcess):
    """A worker process; `serves` holds 1 once it has come to serve."""

    serves: Any

    def start(self) -> None:
        with stops_held_back():
            super().start()  # type: ignore[no-untyped-call]

    @property
    def failed_to_start(self) -> bool:
        """Whether it ended by itself before it served. One that was killed may do better next time."""
        return not self.serves.value and (self.inner.exitcode or 0) > 0


class Server(mp.MPServer):
    """granian's server of processes."""

    failed_starts = 0

    def startup(self, *args: Any, **kwargs: Any) -> None:
        when_told(self.end)
        super().startup(*args, **kwargs)  # type: ignore[no-untyped-call]

    def end(self) -> None:
        self.interrupt_signal = True
        self.main_loop_interrupt.set()

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Be the handler of SIGINT and SIGTERM, so that they end no process: `end` is called for them."""

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:  # type: ignore[override]
        from challenges_project.management import worker

        serves = multiprocessing.RawValue("b", 0)
        load = partial(worker.load, callback_loader, self.blocking_threads)
        threads = self.blocking_threads
        self.blocking_threads += worker.SPARE_THREADS
        try:
            process: Any = super()._spawn_worker(idx, partial(run_worker, target, serves), load)
        finally:
            self.blocking_threads = threads
        process.serves = serves
        return process

    def _respawn_workers(self, workers: list[int], *args: Any, **kwargs: Any) -> None:
        """Replace these workers; end the server instead when they cannot start."""
        wrks: list[Any] = self.wrks
        gone = [wrks[index] for index in workers if not wrks[index].is_alive()]
        for process in gone:
            logger.error("worker-%s ended, exit code %s", process.idx + 1, process.inner.exitcode)
            self.failed_starts = self.failed_starts + 1 if process.failed_to_start else 0
        if self.failed_starts >= MOST_FAILED_STARTS:
            logger.error("Workers cannot start: ended %s times before serving, exiting", self.failed_starts)
            self.interrupt_children = workers  # an error, in the exit code
            self.end()
            return
        if any(time.monotonic() - process.birth < SHORT_LIFE_SECONDS for process in gone):
            time.sleep(PAUSE_SECONDS)
        super()._respawn_workers(workers, *args, **kwargs)
        # granian ends the server when a worker dies twice within seconds, be it by kill -9.
        self.respawned_wrks.clear()


def main() -> None:
    mp.WorkerProcess = Worker  # type: ignore[misc]
    setattr(cli, "Server", Server)  # noqa: B010 - mypy knows no other way
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "challenges_project.settings")
    sys.exit(cli.entrypoint())  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()

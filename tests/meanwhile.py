"""What goes on beside a test, in threads of its own."""

import threading
from contextlib import contextmanager


@contextmanager
def meanwhile(*jobs, seconds=60):
    """Run each `job(over)` in a thread until the end of the `with`, when the event `over` is set."""
    over = threading.Event()
    threads = [threading.Thread(target=job, args=(over,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(seconds)
        assert not any(thread.is_alive() for thread in threads), "what went on beside the test does not end"

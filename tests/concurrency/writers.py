"""Many senders at once: threads with a connection each, started together, whose errors are not swallowed."""

import threading
import time
from contextlib import contextmanager

from django.db import connection, connections


def at_once(jobs, seconds=60):
    """Run each job in a thread of its own, all from the same instant; answers their results in order."""
    barrier = threading.Barrier(len(jobs))
    results, errors = [None] * len(jobs), []

    def run(place, job):
        try:
            connection.ensure_connection()
            barrier.wait(seconds)
            results[place] = job()
        except Exception as error:
            errors.append(error)
            barrier.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))
    hanging = sum(thread.is_alive() for thread in threads)
    if errors or hanging:
        raise AssertionError(f"{hanging} threads hang; errors: {errors[:3]!r}")
    return results


@contextmanager
def without(model, name):
    """The table without that constraint, as a damaged or hand-made database might be; emptied at the end."""
    constraints = model._meta.constraints
    constraint = next(candidate for candidate in constraints if candidate.name == name)
    model._meta.constraints = [other for other in constraints if other is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model.objects.all().delete()
        model._meta.constraints = constraints
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)

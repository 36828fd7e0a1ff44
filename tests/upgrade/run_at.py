"""Runs a management command on a clock stopped at a moment of the past, in a process of its own.

    python -m tests.upgrade.run_at MOMENT COMMAND [ARGUMENT...]

What a migration does to a window depends on whether it has closed: a database of 2026 is migrated in 2026.

Two variables make it a test of the data migrations, which then work in small chunks. BREAK_AFTER, as in
`completions 2`, kills one of them: its next piece after two raises an error. MEASURE says on the standard
error, for each piece: how many there were until then, how many parameters the largest statement had, and
whether a transaction was open around it.
"""

import importlib
import os
import sys
from datetime import datetime
from itertools import count

import time_machine

REWARDS = "rewards.migrations.0009_find_targets_of_0_1"
# The migration, the name of its chunk's size, and the function that writes one piece.
PIECES = {
    "challenges": ("challenges.migrations.0009_make_versions_of_0_1", "CHALLENGES_AT_ONCE", "_store"),
    "completions": (REWARDS, "LOGS_AT_ONCE", "_fill_in_completions"),
    "milestones": (REWARDS, "LOGS_AT_ONCE", "_fill_in_milestones"),
}
SMALL_CHUNK, MEASURED_CHUNK = 3, 100


class KilledError(Exception):
    pass


def replace(piece, size, with_function):
    module_name, constant, name = PIECES[piece]
    module = importlib.import_module(module_name)
    setattr(module, name, with_function(getattr(module, name)))
    setattr(module, constant, size)


def break_after(piece, writes):
    calls = count(1)

    def breaking(function):
        def called(*arguments):
            function(*arguments)
            if next(calls) > writes:
                raise KilledError(piece)

        return called

    replace(piece, SMALL_CHUNK, breaking)


def measure(piece):
    from django.db import connection

    parameters, calls = [], count(1)

    def note(execute, sql, params, many, context):
        parameters.append(len(params or ()))
        return execute(sql, params, many, context)

    def measuring(function):
        def called(*arguments):
            is_in_transaction = connection.in_atomic_block
            with connection.execute_wrapper(note):
                function(*arguments)
            print(piece, next(calls), max(parameters), is_in_transaction, file=sys.stderr)

        return called

    replace(piece, MEASURED_CHUNK, measuring)


def main():
    moment, *words = sys.argv[1:]
    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        import django
        from django.core.management import call_command

        django.setup()
        if "BREAK_AFTER" in os.environ:
            piece, writes = os.environ["BREAK_AFTER"].split()
            break_after(piece, int(writes))
        if "MEASURE" in os.environ:
            for piece in ("completions", "milestones"):
                measure(piece)
        call_command(*words)


if __name__ == "__main__":
    main()

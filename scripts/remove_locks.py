#!/usr/bin/env python3
"""Take each lock of the database out of a copy of the code in turn, and expect a test to fail.

    scripts/with_postgres .venv/bin/python -m scripts.remove_locks [WORD...]

Prints a line for each lock; with words, only for those whose place contains one. Exits with 1 when a lock can
be removed and every test of its line in TESTS still passes, or when TESTS and the code do not agree.

A lock is a call of `select_for_update`, a call of one of the functions of `challenges/engine/locks.py`, or a
locking clause in SQL. Its place is the module and the function around it.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = ("access", "backoffice", "challenges", "core", "demo", "members", "milestones", "rewards")
LOCK_FUNCTIONS = {
    "lock_activities_shared",
    "lock_activities_exclusive",
    "lock_shared",
    "lock_exclusive",
    "lock_backfill",
}
EACH_LOCK = "tests/concurrency/test_each_lock.py"
LOCKING_CLAUSE = re.compile(r" FOR (NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)( SKIP LOCKED| NOWAIT)?")
FAILED = 1  # pytest's exit status when a test failed; others say that the tests could not run
SECONDS = 300

# The tests that notice when the lock at this place is missing.
TESTS = {
    "challenges/engine/activity_store.py:_lock": [
        "test_reversal_of_an_activity_waits_for_the_one_that_takes_its_place"
    ],
    "challenges/api/exchange.py:_import": ["test_import_waits_for_another_that_takes_the_same_activities"],
    "challenges/api/exchange.py:_import#2": ["test_import_waits_for_another_of_the_same_challenge"],
    "challenges/editing/service.py:_lock_for_edit": ["test_going_live_waits_for_an_activity_under_way"],
    "challenges/editing/service.py:_lock_for_edit#2": ["test_edit_waits_for_a_log_under_way"],
    "challenges/engine/activities.py:_record_once": [
        "test_going_live_waits_for_an_activity_under_way",
        "test_activity_waits_for_a_challenge_that_goes_live",
    ],
    "challenges/engine/backfill.py:backfill_some": ["test_backfill_waits_for_a_reversal_of_its_row"],
    "challenges/engine/backfill.py:finish_backfill": ["test_edit_waits_for_the_backfill_of_the_edit_before"],
    "challenges/engine/backfill.py:finish_backfill#2": ["test_backfill_beside_another_is_left_to_it"],
    "challenges/engine/kept_activities.py:_take_chunk": ["test_taking_activities_waits_for_a_reversal"],
    "challenges/engine/rule_versions.py:apply_due": ["test_rules_that_come_into_force_wait_for_an_edit"],
    "challenges/engine/intake.py:record_once": ["test_edit_waits_for_a_log_under_way"],
    "challenges/engine/manual_count.py:count_logs": ["test_edit_waits_for_a_log_that_is_counted_by_hand"],
    "challenges/engine/manual_count.py:_lock_originals": ["test_counting_by_hand_waits_for_a_reversal"],
    "challenges/engine/manual_count_runs.py:_count_chunk": ["test_run_beside_itself_is_left_to_the_first"],
    "challenges/engine/orm_entry.py:judge_unsaved_log": ["test_edit_waits_for_a_log_that_the_orm_saves"],
    "challenges/engine/reversals.py:_lock": [
        "test_reversal_waits_for_another_of_the_same_log",
        "test_early_reversal_waits_for_the_original_that_takes_its_place",
    ],
    "challenges/maintenance/repair.py:_repair_batch": ["test_repair_waits_for_a_log_under_way"],
    "challenges/maintenance/repair.py:_pay_window": ["test_edit_waits_for_a_repair_that_pays"],
    "members/domain/erasing.py:erase": ["test_member_is_erased_once_by_two_at_once"],
    "members/domain/member_service.py:_lock": ["test_edit_of_a_member_waits_for_its_erasure"],
    "rewards/domain/allocation.py:_fetch_locked": ["test_two_crossings_take_two_codes"],
    "rewards/domain/allocation.py:_fetch_locked#2": ["test_fill_waits_for_a_code_that_another_may_give_back"],
    "rewards/domain/allocation.py:assign_external": ["test_code_that_is_being_given_is_refused_for_another"],
    "rewards/domain/code_withdrawal.py:withdraw": ["test_withdrawal_leaves_the_code_that_is_being_given"],
    "rewards/domain/reversal_policy.py:_lock": ["test_policy_waits_for_a_redemption"],
    "rewards/domain/lifecycle.py:_locked": ["test_redemption_waits_for_the_policy"],
    "rewards/domain/limits.py:_lock_rewards": ["test_second_crossing_waits_for_the_last_place_under_a_limit"],
    "rewards/domain/pending_codes.py:_fill_chunk": ["test_two_fills_give_a_waiting_log_one_code"],
    "rewards/domain/pool_import.py:_lock_pool": ["test_import_of_codes_waits_for_the_removal_of_its_pool"],
    "rewards/domain/reward_service.py:_lock": [
        "test_edit_of_a_reward_waits_for_another",
        "test_removal_of_a_reward_waits_for_who_links_it",
    ],
    "rewards/domain/reward_service.py:": ["test_removal_of_a_reward_waits_for_who_links_it"],
}


@dataclass(frozen=True)
class Lock:
    """One lock in the source: its place, and the text from `start` to `end` that `without` replaces."""

    place: str
    module: str
    start: int
    end: int
    without: str

    def removed_from(self, source: str) -> str:
        text = source.encode()
        return (text[: self.start] + self.without.encode() + text[self.end :]).decode()


def find_locks() -> list[Lock]:
    """Find every lock of the apps, in the order of the modules; a function's second one ends in `#2`."""
    modules = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return [
        lock
        for path in modules
        if "migrations" not in path.parts
        for lock in _locks_in(path.read_text(), path.relative_to(ROOT).as_posix())
    ]


def _locks_in(source: str, module: str) -> Iterator[Lock]:
    line_starts = [0]
    for line in source.encode().splitlines(keepends=True):
        line_starts.append(line_starts[-1] + len(line))
    numbers: dict[str, int] = {}
    for function, node, without in _lock_nodes(ast.parse(source), ""):
        numbers[function] = number = numbers.get(function, 0) + 1
        place = f"{module}:{function}" + (f"#{number}" if number > 1 else "")
        start = line_starts[node.lineno - 1] + node.col_offset
        end = line_starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        yield Lock(place, module, start, end, without)


def _lock_nodes(tree: ast.AST, function: str) -> Iterator[tuple[str, ast.expr, str]]:
    """Yield (function, expression, the expression without its lock) of each lock, in order."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _lock_nodes(node, node.name)
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if not isinstance(node, ast.JoinedStr):  # its parts are no expressions that could be replaced
            yield from _lock_nodes(node, function)
        if isinstance(node, ast.expr) and (without := _without_lock(node)) is not None:
            yield function, node, without


def _without_lock(node: ast.expr) -> str | None:
    """Return the expression's source without the lock that it takes itself; None where it takes none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "select_for_update":
            return ast.unparse(node.func.value)
        if node.func.attr in LOCK_FUNCTIONS:
            return "True"
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        text = ast.unparse(node)
        return LOCKING_CLAUSE.sub("", text) if LOCKING_CLAUSE.search(text) else None
    return None


def notices(lock: Lock, copy: Path) -> bool | None:
    """Whether a test fails in the copy without this lock; None when the tests could not run."""
    path = copy / lock.module
    source = path.read_text()
    path.write_text(lock.removed_from(source))
    try:
        status = run_tests(copy, TESTS[lock.place])
    finally:
        path.write_text(source)
    return None if status not in (0, FAILED) else status == FAILED


def run_tests(copy: Path, names: list[str]) -> int:
    tests = [name if "/" in name else f"{EACH_LOCK}::{name}" for name in names]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "--reuse-db"]
    run = subprocess.run(
        [*command, *tests], cwd=copy, check=False, capture_output=True, text=True, timeout=SECONDS
    )
    if run.returncode not in (0, FAILED):
        sys.stderr.write(run.stdout + run.stderr)
    return run.returncode


def copy_of_the_code(folder: str) -> Path:
    """Copy what Git knows, in its present state, and the environment beside it."""
    copy = Path(folder) / "code"
    files = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def main(words: list[str]) -> int:
    if "DATABASE_URL" not in os.environ:
        sys.exit("remove_locks: needs PostgreSQL. Run it by scripts/with_postgres.")
    locks = [lock for lock in find_locks() if not words or any(word in lock.place for word in words)]
    if unknown := [lock.place for lock in locks if lock.place not in TESTS]:
        sys.exit(f"remove_locks: no test is named for {', '.join(unknown)}. Add it to TESTS.")
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_the_code(folder)
        if run_tests(copy, sorted({name for lock in locks for name in TESTS[lock.place]})) != 0:
            sys.exit("remove_locks: the tests fail already with every lock in place.")
        missed = 0
        for lock in locks:
            noticed = notices(lock, copy)
            missed += noticed is not True
            answer = {True: "noticed", False: "NOT NOTICED", None: "COULD NOT RUN"}[noticed]
            print(f"{answer:13} {lock.place}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

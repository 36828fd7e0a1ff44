"""`scripts/remove_locks.py`: every lock has a test that fails without it."""

import subprocess
import sys

import pytest

from scripts import remove_locks


def test_every_lock_of_the_code_has_a_test_and_no_other():
    assert sorted(lock.place for lock in remove_locks.find_locks()) == sorted(remove_locks.TESTS)


def test_lock_is_cut_out_of_an_expression():
    (lock,) = [lock for lock in remove_locks.find_locks() if lock.place.endswith("erasing.py:erase")]

    source = lock.removed_from((remove_locks.ROOT / lock.module).read_text())

    assert "Member.objects.get(id=member.id)" in source
    assert "select_for_update" not in source


@pytest.mark.postgres
@pytest.mark.concurrency
@pytest.mark.long
def test_without_a_lock_a_test_fails_for_each_lock():
    command = [sys.executable, "-m", "scripts.remove_locks"]

    run = subprocess.run(
        command, cwd=remove_locks.ROOT, check=False, capture_output=True, text=True, timeout=1200
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert len(run.stdout.splitlines()) == len(remove_locks.TESTS)

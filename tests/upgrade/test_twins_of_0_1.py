"""0.1 could share somebody's own code with everybody: such a database migrates, and is told what to mend."""

import subprocess
import sys

import pytest
from django.db import connections

from tests.serving import ROOT, manage
from tests.upgrade.releases import database_of, execute

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("upgrade-from-0.1")]

# The reward "For everybody" shares what dave was given from the pool "Partner vouchers".
SHARED, OWN, REWARD = "EVERYBODY-10", "VOUCHER-1", "01a0f6b12e507000a3a3a5a605cdf278"
TWIN = f"UPDATE rewards_reward SET shared_code = '{OWN}' WHERE id = '{REWARD}'"
ROWS = f"SELECT code, reward_log_id, shared FROM rewards_couponcode WHERE code IN ('{OWN}', '{SHARED}')"


def ledger(environment):
    command = [sys.executable, "manage.py", "verify_ledger"]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=120
    )
    return run.returncode, run.stdout.splitlines()


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    vendor = connections["default"].vendor
    with database_of("0.1", vendor, tmp_path_factory.mktemp("twins")) as environment:
        execute(environment, TWIN)
        yield environment


def test_twins_are_kept_and_named(environment):
    given = execute(environment, f"SELECT reward_log_id FROM rewards_couponcode WHERE code = '{OWN}'")
    manage(environment, "migrate")

    code, lines = ledger(environment)

    assert code == 1
    assert [line.split(",")[0] for line in lines] == [
        f"5: reward 01a0f6b1-2e50-7000-a3a3-a5a605cdf278 (For everybody) shares the code {OWN}"
    ]
    assert lines[0].endswith(": give the reward another shared code")
    kept = {row[0]: (row[1], bool(row[2])) for row in execute(environment, ROWS)}
    assert kept == {OWN: (given[0][0], False), SHARED: (None, True)}


def test_migrations_of_shared_codes_go_back_and_forth(environment):
    manage(environment, "migrate")
    before = sorted(execute(environment, ROWS), key=str)

    manage(environment, "migrate", "rewards", "0004")
    codes = execute(environment, f"SELECT code FROM rewards_couponcode WHERE code = '{SHARED}'")
    manage(environment, "migrate")

    assert codes == []
    assert sorted(execute(environment, ROWS), key=str) == before

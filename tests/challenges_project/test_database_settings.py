"""How long a request may wait for PostgreSQL: read from the environment, and refused by name."""

import subprocess
import sys

import pytest

from tests.serving import ROOT, shell

VARIABLES = ["STATEMENT_TIMEOUT", "LOCK_TIMEOUT", "IDLE_IN_TRANSACTION_TIMEOUT"]


def limits(tmp_path, **variables):
    """What a process with these variables prints of its limits, or of its refusal."""
    code = "from django.conf import settings; print(*settings.DATABASE_LIMITS.values())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=shell(tmp_path, **variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


def test_limits_as_shipped(tmp_path):
    assert limits(tmp_path) == "60 5 30"


def test_limits_of_the_environment(tmp_path):
    assert limits(tmp_path, **dict.fromkeys(VARIABLES, "0")) == "0 0 0"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *((name, "-1") for name in VARIABLES),
        *((VARIABLES[0], value) for value in ("1.5", "five", "", "99999", "٣")),
    ],
)
def test_anything_but_seconds_is_refused_with_the_variables_name(tmp_path, variable, value):
    refusal = limits(tmp_path, **{variable: value})

    assert refusal.endswith(f"{variable}: whole seconds, 0 to 86400; 0: no limit of ours")

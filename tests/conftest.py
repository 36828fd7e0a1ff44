"""What every test may rely on: which database it runs on, a clock budget for properties, a real browser.

The database is the settings': DATABASE_URL, else a SQLite file. `scripts/with_postgres` brings a server.
"""

import os

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.browser", "tests.http", "tests.staff"]

# The same examples in every run: a red test is the change's doing. `search` looks for new ones.
settings.register_profile(
    "steady", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("steady"), derandomize=False, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_report_header():
    return f"database: {connections['default'].vendor}"


def pytest_collection_modifyitems(items):
    """Skip what the database at hand cannot show, and keep races from running beside one another."""
    on_postgres = connections["default"].vendor == "postgresql"
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL"))
        if item.nodeid.startswith("tests/component/") and on_postgres:
            item.add_marker(pytest.mark.skip(reason="reads no database: the run on SQLite shows it"))
        if item.get_closest_marker("sqlite_only") and on_postgres:
            item.add_marker(pytest.mark.skip(reason="about SQLite as shipped"))
        if item.get_closest_marker("concurrency"):
            item.add_marker(pytest.mark.xdist_group("concurrency"))

"""The database of 0.1 that several modules ask: it takes half a minute to migrate and to read."""

import pytest
from django.db import connections

from tests.upgrade.over_time_shop import upgraded
from tests.upgrade.releases import database_of


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    vendor = connections["default"].vendor
    with database_of("0.1", vendor, tmp_path_factory.mktemp("over_time")) as environment:
        yield upgraded(environment)

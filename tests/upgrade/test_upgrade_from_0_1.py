"""A database of release 0.1, with data, under this code: it migrates, and the API answers as 0.1 did.

What 0.1 answered is in `0.1/answers.json`. A process of its own sends the same requests again, on the
clock of the same moment (`ask_api.py`). Where a later release means to answer otherwise, say here what and
why: the files of 0.1 stay as they are.
"""

from itertools import islice

import pytest
from django.db import connections

from tests.serving import manage
from tests.upgrade.releases import answers_of, as_written, ask, database_of, differences, exact, requests_of

# On one worker: they share a database, which takes seconds to open.
pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("upgrade-from-0.1")]

DIFFERENCES_SHOWN = 20
# Of what is made now, these are new each time.
MADE_ANEW = {"id", "couponCode"}


@pytest.fixture(scope="module")
def was():
    """What 0.1 answered."""
    return exact(answers_of("0.1"))


@pytest.fixture(scope="module")
def now(tmp_path_factory):
    """What a database of 0.1 answers once this code has migrated it."""
    vendor = connections["default"].vendor
    with database_of("0.1", vendor, tmp_path_factory.mktemp("upgrade")) as environment:
        manage(environment, "migrate")
        return exact(ask(environment, requests_of("0.1")))


def shown(was, now):
    return list(islice(differences(was, now), DIFFERENCES_SHOWN))


def test_nothing_is_left_to_migrate(now):
    assert now["migrate"] == [as_written("0"), ""]
    assert now["makemigrations"] == [as_written("0"), "No changes detected\n"]


def test_readers_are_answered_as_before(was, now):
    assert shown(was["read"], now["read"]) == []


def test_activity_that_is_stored_is_answered_as_before(was, now):
    replayed = [answer["replayed"] for request in now["again"] for answer in request["answers"]]

    assert replayed == ["true", None, "true", None]
    assert shown(was["again"], now["again"]) == []


def test_new_activity_counts_and_pays_as_before(was, now):
    assert shown(without_what_is_new(was["new"]), without_what_is_new(now["new"])) == []


def without_what_is_new(answers):
    """Whether there is an id or a code, not which; rows of one instant have no order among them."""
    if isinstance(answers, dict):
        return {
            name: value is not None if name in MADE_ANEW else without_what_is_new(value)
            for name, value in answers.items()
        }
    if isinstance(answers, list):
        return sorted(map(without_what_is_new, answers), key=repr)
    return answers


def test_ledger_keeps_its_promises(was, now):
    """0.1 passed an edit that was interrupted; now it is named until somebody, or the server, resumes it."""
    assert was["ledger"] == [as_written("0"), ""]
    status, lines = now["ledger"]
    assert status == as_written("1")
    assert [line.partition(" ")[0] for line in lines.splitlines()] == ["4:"]
    assert lines.endswith("is still being paid, and nothing has moved since 2026-11-25 11:40:01+00:00\n")
    assert now["ledger_afterwards"] == was["ledger"]


def test_groups_of_the_staff_may_do_what_they_might(was, now):
    assert now["permissions"] == was["permissions"]


def test_every_page_of_the_admin_opens(was, now):
    closed = {
        address: status for address, status in now["admin_pages"].items() if status != ("number", "200")
    }

    assert closed == {}
    assert was["admin_pages"].keys() - now["admin_pages"].keys() == set()

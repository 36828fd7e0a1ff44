"""A database of release 0.1, with data, under this code: it migrates, and the API answers as 0.1 did.

What 0.1 answered is in `0.1/answers.json`. A process of its own sends the same requests again, on the
clock of the same moment (`ask_api.py`). Where a later release means to answer otherwise, say here what and
why: the files of 0.1 stay as they are.

An edit of the challenge "Half paid" was interrupted under 0.1. It is finished first now, so that rows and
reward logs of that challenge are others than those that 0.1 answered with.
"""

from itertools import islice
from uuid import UUID

import pytest
from django.db import connections

from tests.upgrade.releases import (
    answers_of,
    as_written,
    ask,
    database_of,
    differences,
    exact,
    execute,
    requests_of,
    run_at,
)

# On one worker: they share a database, which takes seconds to open.
pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("upgrade-from-0.1")]

DIFFERENCES_SHOWN = 20
# Of what is made now, these are new each time.
MADE_ANEW = {"id", "couponCode"}
# What later releases tell of a record beside what 0.1 told.
ADDED = {"achievedTargetValue", "countedValue", "countPaused", "pendingVersion", "ruleVersions"}
HALF_PAID = "(SELECT id FROM challenges_challenge WHERE name = 'Half paid')"
REWARD_LOGS = f"SELECT id FROM rewards_rewardlog WHERE challenge_id = {HALF_PAID}"
FINISHED_SINCE = (
    f"SELECT id FROM challenges_challengeprogress WHERE challenge_id = {HALF_PAID}",
    REWARD_LOGS,
    f"SELECT id FROM rewards_couponcode WHERE reward_log_id IN ({REWARD_LOGS})",
)


@pytest.fixture(scope="module")
def was():
    """What 0.1 answered."""
    return exact(answers_of("0.1"))


@pytest.fixture(scope="module")
def now(tmp_path_factory):
    """What a database of 0.1 answers once this code has migrated it."""
    vendor = connections["default"].vendor
    with database_of("0.1", vendor, tmp_path_factory.mktemp("upgrade")) as environment:
        requests = requests_of("0.1")
        printed = run_at(environment, requests["moment"], "migrate")
        finished = {str(UUID(str(row[0]))) for query in FINISHED_SINCE for row in execute(environment, query)}
        answers = exact(ask(environment, requests))
        return answers | {"printed": printed, "finished": finished}


def shown(was, now):
    return list(islice(differences(was, without_added(now)), DIFFERENCES_SHOWN))


def test_nothing_is_left_to_migrate(now):
    assert now["migrate"] == [as_written("0"), ""]
    assert now["makemigrations"] == [as_written("0"), "No changes detected\n"]


def test_interrupted_edit_is_finished_first(now):
    assert now["printed"].endswith("Finished what edits of before still owed in one challenge.\n")


def test_readers_are_answered_as_before(was, now):
    before, after = (whole_lists(answers["read"], now["finished"]) for answers in (was, now))

    assert shown(before, after) == []


def whole_lists(requests, left_out):
    """The answers with all pages of a list as one, and without what an edit of before has changed."""
    return [
        {
            "path": request["path"],
            "statuses": {answer["status"] for answer in request["answers"]},
            "records": [
                record
                for answer in request["answers"]
                for record in records_of(answer["body"])
                if not is_left_out(record, left_out)
            ],
        }
        for request in requests
    ]


def records_of(body):
    data = body["data"] if isinstance(body, dict) and "data" in body else body
    return data if isinstance(data, list) else [data]


def without_added(answers):
    if isinstance(answers, dict):
        return {name: without_added(value) for name, value in answers.items() if name not in ADDED}
    return list(map(without_added, answers)) if isinstance(answers, list) else answers


def is_left_out(record, left_out):
    """Whether an edit has changed it since, or the progress that a challenge shows of its reader."""
    if not isinstance(record, dict):
        return False
    progress = record.get("progress") or {}
    return record.get("id") in left_out or progress.get("id") in left_out


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
    assert was["ledger"] == now["ledger"] == now["ledger_afterwards"] == [as_written("0"), ""]


def test_groups_of_the_staff_may_do_what_they_might(was, now):
    assert now["permissions"] == was["permissions"]


def test_every_page_of_the_admin_opens(was, now):
    closed = {
        address: status for address, status in now["admin_pages"].items() if status != ("number", "200")
    }

    assert closed == {}
    assert was["admin_pages"].keys() - now["admin_pages"].keys() == set()

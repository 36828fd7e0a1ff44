"""The engine's own rows hold what the models hold: the same columns, in the same order."""

from dataclasses import fields

import pytest

from challenges.models import ChallengeLog, ChallengeProgress
from challenges.models.rows import LOG_VALUES, LOGS, PROGRESS, LogRow, ProgressRow, find_log_rows
from members.domain.directory import MEMBERS
from members.models import Member
from tests.builders import log_activity, make_challenge


@pytest.mark.parametrize(
    ("table", "model"), [(LOGS, ChallengeLog), (PROGRESS, ChallengeProgress), (MEMBERS, Member)]
)
def test_a_table_writes_every_column_that_the_database_does_not_fill(table, model):
    columns = {field.column for field in model._meta.concrete_fields if not field.null or field.has_default()}

    assert table.name == model._meta.db_table
    assert columns - set(table.columns) == set()
    assert set(table.columns) - {field.column for field in model._meta.concrete_fields} == set()


def test_a_stored_log_has_the_columns_in_their_order():
    assert [field.name for field in fields(LogRow)][: len(LOGS.columns)] == list(LOGS.columns)


def test_a_progress_row_has_as_many_fields_as_the_table():
    assert len(fields(ProgressRow)) == len(PROGRESS.columns)


@pytest.mark.django_db
def test_stored_logs_reads_back_what_was_stored():
    challenge = make_challenge()
    kept = log_activity(challenge, "19.99", uid="a").log
    log_activity(challenge, 1, uid="b")

    found = find_log_rows([kept.identity, (kept.member_id, kept.challenge_id, "unknown")])

    assert [LOG_VALUES(log) for log in found.values()] == [LOG_VALUES(kept)]

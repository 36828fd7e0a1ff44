from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import uuid7, uuid7_batch, uuid7_floor

NOON = datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


def test_id_is_a_version_7_of_the_rfc_variant():
    identifier = uuid7(NOON)

    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")


def test_id_of_the_rfcs_example_time_begins_as_its_example():
    example = datetime(2022, 2, 22, 14, 22, 22, tzinfo=timezone(timedelta(hours=-5)))  # RFC 9562, A.6

    assert str(uuid7(example)).startswith("017f22e2-79b0-7")


def test_id_without_a_time_is_of_now():
    before = datetime.now(UTC)
    identifier = uuid7()
    after = datetime.now(UTC)

    assert uuid7_floor(before) <= identifier < uuid7_floor(after + MICROSECOND)


def test_two_ids_of_one_instant_differ():
    assert uuid7(NOON) != uuid7(NOON)


@given(moments)
def test_ids_sort_as_a_microsecond_clock(moment):
    earlier, later = uuid7(moment), uuid7(moment + MICROSECOND)

    assert earlier < later
    assert earlier.hex < later.hex


@given(moments)
def test_floor_divides_earlier_ids_from_later_ones(moment):
    floor = uuid7_floor(moment + MICROSECOND)

    assert uuid7(moment) < floor <= uuid7(moment + MICROSECOND)


def test_floor_before_1970_lies_below_every_id():
    assert uuid7_floor(datetime(1, 1, 1, tzinfo=UTC)) <= uuid7(datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("size", [0, 1, 2, 5_000])
def test_batch_increases_strictly_inside_its_microsecond(size):
    batch = uuid7_batch(NOON, size)

    assert len(batch) == size
    assert all(one < other for one, other in pairwise(batch))
    assert all(uuid7_floor(NOON) <= identifier < uuid7_floor(NOON + MICROSECOND) for identifier in batch)
    assert {identifier.version for identifier in batch} <= {7}
    assert {identifier.variant for identifier in batch} <= {"specified in RFC 4122"}


def test_batches_of_one_instant_do_not_meet():
    assert set(uuid7_batch(NOON, 5_000)).isdisjoint(uuid7_batch(NOON, 5_000))


@pytest.mark.parametrize("make", [uuid7, lambda at: uuid7_batch(at, 2)])
def test_id_of_a_time_before_1970_is_refused(make):
    with pytest.raises(ValueError, match="1969-12-31"):
        make(datetime(1969, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize("make", [uuid7, uuid7_floor, lambda at: uuid7_batch(at, 2)])
def test_id_of_a_naive_time_is_refused(make):
    with pytest.raises(TypeError):
        make(datetime(2026, 11, 22))

"""Models that track which fields were edited since they were read."""

import pytest

from challenges.models import Challenge
from tests.builders import make_challenge

pytestmark = pytest.mark.django_db


def read():
    return Challenge.objects.get()


def test_a_record_as_read_has_no_edited_fields():
    make_challenge(activity_ids=["purchase"])

    assert read().dirty_fields() == set()


def test_edited_fields_are_those_with_another_value():
    make_challenge(name="Old", eud_title_de="")
    record = read()
    record.name, record.completion_target_value, record.eud_title_de, record.eud_title_fr = (
        "New",
        500,
        None,
        "",
    )
    record.activity_ids.append("visit")

    assert record.dirty_fields() == {"name", "activity_ids"}


def test_a_new_record_is_edited_everywhere():
    assert {"name", "eud_title_en", "status"} <= Challenge().dirty_fields()


def test_merge_takes_over_stored_values_except_for_edited_fields():
    make_challenge(name="Old", description="Old")
    record, other = read(), read()
    record.name = "Edited here"
    other.name = other.description = "Stored"

    record.merge_from(other)

    assert (record.name, record.description, record.dirty_fields()) == (
        "Edited here",
        "Stored",
        {"name"},
    )

import pickle

import pytest

from core.errors import DomainError, DomainErrors


def test_error_says_code_message_field_and_status():
    error = DomainError("duplicate_conflict", "The value differs.", "activityValue", "conflict")

    assert (error.code, error.message, error.field, error.status) == (
        "duplicate_conflict",
        "The value differs.",
        "activityValue",
        "conflict",
    )
    assert str(error) == "activityValue: The value differs."


def test_error_without_field_is_invalid_and_reads_as_its_message():
    error = DomainError("invalid_amount", "Send a number.")

    assert (error.field, error.status, str(error)) == (None, "invalid", "Send a number.")


def test_errors_speak_through_the_first():
    first = DomainError("a", "First.", "one", "conflict")
    errors = DomainErrors([first, DomainError("b", "Second.", "two")])

    assert [error.code for error in errors.errors] == ["a", "b"]
    assert (errors.code, errors.message, errors.field, errors.status) == ("a", "First.", "one", "conflict")
    assert str(errors) == "one: First.; two: Second."


def test_errors_without_an_error_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        DomainErrors([])


@pytest.mark.parametrize(
    "error", [DomainError("a", "First.", "one", "busy"), DomainErrors([DomainError("a", "First.")])]
)
def test_error_survives_a_process_boundary(error):
    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), str(copy), copy.status) == (type(error), str(error), error.status)

import pytest

from core.api.names import camel, camel_path


@pytest.mark.parametrize(
    ("python", "wire"),
    [
        ("name", "name"),
        ("completion_target_value", "completionTargetValue"),
        ("eud_icon", "eudIcon"),
        ("alreadyCamel", "alreadyCamel"),
        ("_private", "Private"),
        ("", ""),
    ],
)
def test_camel_names(python, wire):
    assert camel(python) == wire


def test_camel_path_changes_each_part():
    assert camel_path("owned_by.3.first_name") == "ownedBy.3.firstName"

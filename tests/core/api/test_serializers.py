import pytest
from rest_framework import serializers

from core.api.callers import GUEST, AdminCaller, EndUserCaller
from core.api.fields import TextField, WholeNumberField
from core.api.serializers import RecordSerializer

ADMIN = AdminCaller(None, "shop", frozenset({"admin"}))


class Inner(RecordSerializer):
    reward_title = TextField(max_length=8)
    code_source = TextField(max_length=8, required=False)
    admin_fields = frozenset({"codeSource"})


class Base(RecordSerializer):
    display_order = WholeNumberField(min_value=0, max_value=9)


class Outer(Base):
    reward = Inner(required=False)
    inner_rewards = Inner(many=True, required=False)
    shown_twice = serializers.SerializerMethodField()
    elsewhere = TextField(source="display_name", max_length=8, required=False)

    def get_shown_twice(self, record):
        return record["display_order"] * 2


ROW = {
    "display_order": 4,
    "display_name": "x",
    "reward": {"reward_title": "t", "code_source": "pool"},
    "inner_rewards": [{"reward_title": "u", "code_source": "none"}],
}


def test_names_are_camel_case_in_and_out_at_every_level():
    sent = {"displayOrder": 1, "reward": {"rewardTitle": "a"}, "innerRewards": [{"rewardTitle": "b"}]}
    serializer = Outer(data=sent)

    assert serializer.is_valid()
    assert serializer.validated_data == {
        "display_order": 1,
        "reward": {"reward_title": "a"},
        "inner_rewards": [{"reward_title": "b"}],
    }
    assert Outer(ROW, context={"caller": ADMIN}).data == {
        "displayOrder": 4,
        "reward": {"rewardTitle": "t", "codeSource": "pool"},
        "innerRewards": [{"rewardTitle": "u", "codeSource": "none"}],
        "shownTwice": 8,
        "elsewhere": "x",
    }


@pytest.mark.parametrize("caller", [GUEST, EndUserCaller("alice")])
def test_admin_fields_do_not_exist_for_others(caller):
    data = Outer(ROW, context={"caller": caller}).data

    assert data["reward"] == {"rewardTitle": "t"}
    assert data["innerRewards"] == [{"rewardTitle": "u"}]


def test_fields_trim_the_outermost_object_alone():
    context = {"caller": ADMIN, "fields": ("reward", "displayOrder")}

    assert Outer([ROW], many=True, context=context).data == [
        {"displayOrder": 4, "reward": {"rewardTitle": "t", "codeSource": "pool"}}
    ]


def test_unknown_fields_are_named_beside_the_bad_ones_with_a_suggestion():
    serializer = Outer(data={"displayorder": 1, "reward": {"rewardTitle": "too long a title", "x\0": 1}})

    assert not serializer.is_valid()
    assert serializer.errors == {
        "displayOrder": ["This field is required."],
        "displayorder": ["There is no such field. Did you mean displayOrder?"],
        "reward": {
            "rewardTitle": ["Ensure this field has no more than 8 characters."],
            "x?": ["There is no such field."],
        },
    }


def test_a_read_only_field_is_ignored_and_never_applied():
    serializer = Outer(data={"displayOrder": 1, "shownTwice": "anything"})

    assert serializer.is_valid()
    assert serializer.validated_data == {"display_order": 1}


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_what_is_no_object_is_refused(data):
    assert not Outer(data={"displayOrder": 1, "reward": data}).is_valid()


def test_names_of_a_subclass_do_not_change_its_base():
    assert set(Base().fields) == {"displayOrder"}

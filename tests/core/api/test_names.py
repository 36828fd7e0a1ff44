import pytest

from core.api.names import camel, wire_path


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


@pytest.mark.parametrize(
    ("python", "wire"),
    [
        ("ends_at", "endsAt"),
        ("owned_by.3.first_name", "ownedBy.3.firstName"),
        ("completion_reward", "completionRewardId"),
        ("milestones.1.reward", "milestones.1.rewardId"),
        ("challenge", "challengeId"),
        ("eud_title_en", "eudTitle"),
        ("eud_title_de", "eudTitle.de"),
        ("milestones.0.eud_milestone_title_ja", "milestones.0.eudMilestoneTitle.ja"),
        ("eud_icon", "eudIcon"),
        ("challenges.0.milestones.1.milestoneTargetValue", "challenges.0.milestones.1.milestoneTargetValue"),
        ("eudTitle.de", "eudTitle.de"),
    ],
)
def test_wire_path_of_a_field(python, wire):
    assert wire_path(python) == wire

import pytest

from core import choices

WIRE = {
    "RecordStatus": ["draft", "live", "paused"],
    "AggregationMethod": ["sum", "count"],
    "AggregationPeriod": ["daily", "weekly", "monthly"],
    "MemberStatus": ["live", "paused"],
    "ProgressStatus": ["not_started", "in_progress", "completed", "failed"],
    "RewardLogStatus": ["pending_code", "issued", "redeemed", "revoked", "expired", "capped"],
    "BatchLogStatus": ["created", "replayed", "rejected"],
    "ReversalPolicy": ["keep", "revoke_unredeemed"],
    "CodeSource": ["generated", "shared", "pool", "external", "none"],
    "ReasonCode": [
        "challenge_paused",
        "member_paused",
        "before_start",
        "after_end",
        "before_live",
        "window_closed",
        "value_missing",
        "original_not_counted",
        "original_unknown",
        "nothing_left",
    ],
}


@pytest.mark.parametrize(("name", "values"), WIRE.items())
def test_choice_values_are_the_wires(name, values):
    assert getattr(choices, name).values == values

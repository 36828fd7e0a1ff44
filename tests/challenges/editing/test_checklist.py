"""What is asked before a challenge goes live, each question by its own cause."""

import pytest
from django.utils import timezone

from challenges.editing import service
from challenges.editing.checklist import findings
from tests.builders import DAY, add_codes, log_activity, make_challenge, make_milestone, make_reward

ALL_LANGUAGES = ("en", "es", "fr", "de", "ar", "ja")


@pytest.fixture
def ready(db):
    """A draft about which nobody has a question."""
    texts = {
        f"{field}_{code}": f"Text {code}"
        for field in ("eud_title", "eud_description")
        for code in ALL_LANGUAGES
    }
    reward = make_reward(code_source="shared", shared_code="SHARED")
    return make_challenge(
        status="draft", at=timezone.now() - DAY, completion_reward=reward, eud_icon="icons/a.svg", **texts
    )


def asked(challenge):
    milestones = list(challenge.milestones.order_by("milestone_target_value"))
    return [finding.code for finding in findings(challenge, milestones, timezone.now())]


def test_ready_challenge_has_no_question(ready):
    assert asked(ready) == []


def test_no_icon(ready):
    ready.eud_icon = ""

    assert asked(ready) == ["no_icon"]


def test_missing_translation_names_its_language(ready):
    ready.eud_title_ja = ""

    (finding,) = findings(ready, [], timezone.now())

    assert (finding.code, finding.field) == ("not_translated", "eud_title_ja")
    assert "Japanese" in finding.message


def test_no_title_at_all(ready):
    for code in ALL_LANGUAGES:
        setattr(ready, f"eud_title_{code}", "")
        setattr(ready, f"eud_description_{code}", "")

    assert asked(ready) == ["no_title"]


def test_dollars_in_a_count_challenge(ready):
    ready.aggregation_method = "count"

    assert asked(ready) == ["money_in_count"]


def test_count_challenge_with_messages_of_its_own(ready):
    ready.aggregation_method = "count"
    for code in ALL_LANGUAGES:
        setattr(ready, f"eud_milestone_next_to_be_achieved_message_{code}", "{{nextRemainingValue}} to go")

    assert asked(ready) == []


def test_generated_codes_that_the_shop_must_learn(ready):
    ready.completion_reward = None

    assert asked(ready) == ["generated_codes"]


def test_codes_that_a_backend_fills_in(ready):
    ready.completion_reward = make_reward(code_source="external")

    assert asked(ready) == ["external_codes"]


def test_empty_pool(ready):
    ready.completion_reward = make_reward(code_source="pool")

    assert asked(ready) == ["empty_pool"]


def test_pool_smaller_than_the_last_windows_winners(ready):
    pool = make_reward(code_source="pool")
    add_codes(pool, "ONE")
    last = ready.window_at(timezone.now()).starts_at - DAY
    ready.status = "live"
    service.save(ready, at=last)
    for member in ("alice", "bob"):
        log_activity(ready, 600, member=member, at=last)
    ready.completion_reward = pool

    assert asked(ready) == ["small_pool"]


def test_reward_whose_validity_is_over(ready):
    ready.completion_reward.valid_until = timezone.now() - DAY

    assert asked(ready) == ["over_reward"]


def test_two_rewards_at_one_value(ready):
    reward = ready.completion_reward
    make_milestone(ready, 500, reward=reward, at=timezone.now() - DAY)

    assert asked(ready) == ["same_value"]


def test_milestone_that_will_not_pay(ready):
    make_milestone(ready, 200, reward=ready.completion_reward, status="paused", at=timezone.now() - DAY)

    assert asked(ready) == ["idle_milestones"]


def test_end_in_the_past(ready):
    ready.ends_at = timezone.now() - DAY

    assert asked(ready) == ["has_ended"]

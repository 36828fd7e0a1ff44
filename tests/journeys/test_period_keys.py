"""`?periodKey=` on every list that has it: a key is found or not; what can be no key is refused by name."""

import pytest

from tests.builders import log_activity, make_challenge

LISTS = ["challenge_log", "challenge_progress", "reward_log"]


@pytest.fixture(autouse=True)
def _paid(db):
    log_activity(make_challenge(completion_target_value=5), 5)


@pytest.mark.parametrize("slug", LISTS)
@pytest.mark.parametrize("key", ["2026-13", "2026-W54", "2026-02-30", "2025-W53", "foo", "2026", ""])
def test_key_that_no_window_can_have_is_refused(api, slug, key):
    answer = api.get(slug, periodKey=key)

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["attr"]) == ("invalid", "periodKey")
    assert "2026-11-22, 2026-W47, 2026-11" in fault["detail"]


@pytest.mark.parametrize("slug", LISTS)
@pytest.mark.parametrize(
    ("key", "found"), [("2026-11", 1), ("2026-12", 0), ("2026-11-22", 0), ("2026-W53", 0)]
)
def test_possible_key_finds_what_there_is(api, slug, key, found):
    answer = api.get(slug, periodKey=key)

    assert (answer.status_code, len(answer.json()["data"])) == (200, found)


@pytest.mark.parametrize("slug", LISTS)
def test_end_user_is_told_alike(end_user, slug):
    path = f"/schema/{slug}/record"

    assert end_user("alice").get(f"{path}?periodKey=2026-13").status_code == 400
    assert len(end_user("alice").get(f"{path}?periodKey=2026-11").json()["data"]) == 1

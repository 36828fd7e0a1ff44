"""Progress computed anew from the logs: what differs is shown, set right and paid."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from challenges.engine import backfill, intake
from challenges.maintenance import repair
from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    breaches,
    delete_rewards,
    entry,
    ledger,
    log_activity,
    make_challenge,
    make_milestone,
    paid,
    progress_of,
    take_back,
    value_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    challenge = make_challenge()
    make_milestone(challenge, 200)
    log_activity(challenge, 150, at=NOW - DAY)
    log_activity(challenge, 400, uid="order-a")
    take_back(challenge, "order-a", 10)
    log_activity(challenge, 150, member="bob")
    return challenge


def seen(challenge):
    return [(d.external_id, d.shown, d.counted) for d in repair.differences(challenge.id, 100)]


def test_a_sound_ledger_has_no_differences(challenge):
    before = ledger()

    assert (seen(challenge), repair.repair_challenge(challenge, NOW)) == ([], [])
    assert ledger() == before


def test_a_wrong_value_is_set_right(challenge):
    before = ledger()
    ChallengeProgress.objects.update(current_progress_value=7, challenge_started_at=NOW)

    assert sorted(seen(challenge)) == [("alice", 7_0000, 540_0000), ("bob", 7_0000, 150_0000)]
    repair.repair_challenge(challenge, NOW)

    assert (seen(challenge), ledger()) == ([], before)


def test_a_missing_row_is_made_and_what_it_owes_is_paid(challenge):
    before = ledger()
    delete_rewards()
    ChallengeProgress.objects.all().delete()

    repair.repair_challenge(challenge, NOW)

    assert ledger() == before
    assert (paid(challenge), progress_of(challenge).challenge_completed_at) == ([200, "completion"], NOW)


def test_a_row_without_logs_goes_to_nothing(challenge):
    ChallengeLog.objects.filter(member__external_id="bob").delete()

    repair.repair_challenge(challenge, NOW)

    assert (value_of(challenge, "bob"), value_of(challenge, "alice")) == (0, 540)


def test_a_completion_stays_one_when_the_logs_say_less(challenge):
    ChallengeLog.objects.filter(activity_at=NOW - DAY).delete()

    repair.repair_challenge(challenge, NOW)

    assert (value_of(challenge), progress_of(challenge).challenge_completed_at) == (390, NOW)


def test_what_open_windows_owe_is_paid(challenge):
    delete_rewards()

    repair.repair_challenge(challenge, NOW)

    assert paid(challenge) == [200, "completion"]
    assert breaches(NOW) == []


def test_an_interrupted_edit_is_resumed(challenge, monkeypatch):
    monkeypatch.setattr(backfill, "MEMBERS_AT_ONCE", 1)
    make_milestone(challenge, 100, at=NOW)

    repair.repair_challenge(challenge, NOW + HOUR)

    assert (paid(challenge, "bob"), Challenge.objects.get().pending_backfill) == ([100], False)


def test_many_windows_are_mended_in_sets(challenge, monkeypatch):
    monkeypatch.setattr(repair, "WINDOWS_AT_ONCE", 3)
    intake.record([entry(challenge, 10, member=f"m{n}") for n in range(10)], at=NOW)
    ChallengeProgress.objects.update(current_progress_value=7)

    assert len(repair.repair_challenge(challenge, NOW)) == 12
    assert seen(challenge) == []


def test_the_command_shows_the_difference_and_changes_nothing_when_dry(challenge):
    ChallengeProgress.objects.filter(member__external_id="bob").delete()
    out = StringIO()

    call_command("rebuild_progress", dry_run=True, stdout=out)

    line = f"member bob, challenge {challenge.id}, window 2026-11: no row -> 150\n"
    assert (out.getvalue(), ChallengeProgress.objects.count()) == (line, 1)


def test_the_command_mends_one_challenge_or_all(challenge):
    other = make_challenge(name="Other")
    log_activity(other, 1)
    ChallengeProgress.objects.update(current_progress_value=7)

    call_command("rebuild_progress", challenge=str(challenge.id), stdout=StringIO())
    assert (seen(challenge), len(seen(other))) == ([], 1)
    call_command("rebuild_progress", stdout=StringIO())
    assert seen(other) == []


@pytest.mark.parametrize("text", ["nonsense", "018f4f5e-0000-7000-8000-000000000000"])
def test_the_command_refuses_an_unknown_challenge(text):
    with pytest.raises(CommandError, match=f"There is no challenge {text}"):
        call_command("rebuild_progress", challenge=text)


@pytest.mark.parametrize(
    ("dry_run", "said"),
    [
        (True, "Challenges compared: 1, windows that differ: 2.\n"),
        (False, "Challenges compared: 1, windows mended: 2. What was due is paid.\n"),
    ],
)
def test_command_ends_with_what_it_found(challenge, dry_run, said):
    ChallengeProgress.objects.update(current_progress_value=1)
    err = StringIO()

    call_command("rebuild_progress", dry_run=dry_run, stdout=StringIO(), stderr=err)

    assert err.getvalue() == said

"""The demo: alice at 350 of 500 whenever it is loaded, texts that fit in every language, a clean ledger."""

import time
from collections import Counter
from datetime import datetime
from io import StringIO

import pytest
import time_machine
from django.conf import settings as project
from django.core.management import CommandError, call_command

from challenges.models import Challenge, ChallengeLog, ChallengeProgress
from challenges.queries.progress_summary import progress_status
from core.messages import check_message, check_plain
from core.write_guard import bypassing_services
from demo.examples.catalogue import EXAMPLES
from members.models import Member
from milestones.models import Milestone
from rewards.models import CouponCode, Reward, RewardLog

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

NOON = "2026-11-22T12:00:00+00:00"
LIMITS = {"title": 48, "description": 1024, "message": 256}
MOMENTS = [
    ("UTC", NOON),
    ("UTC", "2026-11-01T00:00:00+00:00"),
    ("UTC", "2026-11-01T00:01:00+00:00"),
    ("UTC", "2026-11-30T23:59:59+00:00"),
    ("UTC", "2028-02-29T12:00:00+00:00"),
    ("UTC", "2027-01-01T00:01:00+00:00"),
    # Clocks go forward in the night, and back.
    ("Europe/Berlin", "2026-03-29T03:01:00+02:00"),
    ("Europe/Berlin", "2026-10-25T02:30:00+01:00"),
    ("America/New_York", "2026-11-01T01:30:00-05:00"),
    # The month begins with a midnight that does not exist, earlier than UTC's, later than UTC's.
    ("Asia/Beirut", "2026-03-29T01:00:00+03:00"),
    ("Pacific/Kiritimati", "2026-11-01T00:01:00+14:00"),
    ("America/New_York", "2026-11-01T00:01:00-04:00"),
    ("America/New_York", "2026-11-01T00:01:00+00:00"),
    ("Pacific/Kiritimati", "2026-10-31T23:59:00+14:00"),
]


def load(**options):
    output = StringIO()
    call_command("load_demo", stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def loaded(db):
    with time_machine.travel(NOON, tick=False):
        return load(members=60)


@pytest.mark.parametrize(("zone", "moment"), MOMENTS)
def test_alice_is_at_350_of_500_whenever_it_is_loaded(settings, end_user, zone, moment):
    settings.TIME_ZONE = zone
    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        load(members=2)
        answer = end_user("alice").get("/schema/challenge/record").json()["data"]

    spender = next(challenge for challenge in answer if challenge["name"] == "Monthly Big Spender")
    assert spender["timeZone"] == zone
    assert [milestone["milestoneTargetValue"] for milestone in spender["milestones"]] == [200]
    progress = spender["progress"]
    assert (progress["currentProgressValue"], progress["completionTargetValue"]) == (350, 500)
    assert progress["challengeProgressStatus"] == "in_progress"
    assert progress["eudMessage"] == "Shop for $150.00 or more to complete the next milestone!"
    assert [log["status"] for log in progress["rewardLogs"]] == ["issued"]


def test_alice_s_logs_all_count_in_the_window_of_now(loaded):
    logs = ChallengeLog.objects.filter(member__external_id="alice", challenge__name="Monthly Big Spender")

    assert set(logs.values_list("period_key", "counted")) == {("2026-11", True)}


def test_ledger_is_clean(loaded):
    call_command("verify_ledger")


def test_it_is_loaded_in_a_few_seconds():
    started = time.process_time()

    output = load()

    assert output == "Loaded 4 challenges and 200 members.\n"
    assert time.process_time() - started < 20  # seconds of processor time; 3 on a small machine


def test_months_have_every_outcome(loaded):
    rows = ChallengeProgress.objects.all()
    now = datetime.fromisoformat(NOON)
    for challenge in Challenge.objects.all():
        statuses = Counter(
            progress_status(row.challenge_completed_at, row.window_ends_at, now)
            for row in rows.filter(challenge=challenge)
        )
        assert set(statuses) == {"in_progress", "completed", "failed"}, challenge.name

    assert set(RewardLog.objects.values_list("status", flat=True)) == {"issued"}
    assert set(RewardLog.objects.values_list("period_key", flat=True)) >= {"2026-10", "2026-11", "2026-W47"}


def test_pool_runs_low_for_the_dashboard_and_without_a_warning_on_the_terminal(caplog):
    with time_machine.travel(NOON, tick=False):
        load()

    pool = Reward.objects.get(code_source="pool")

    assert 0 < CouponCode.objects.free_in(pool.id).count() < pool.low_water_mark
    assert [record.getMessage() for record in caplog.records] == []


def test_seed_decides_the_activity():
    def logs_loaded_with(seed):
        with time_machine.travel(NOON, tick=False):
            load(members=12, seed=seed)
        logs = ChallengeLog.objects.values_list(
            "member__external_id", "unique_identifier", "activity_at", "activity_value"
        )
        rows = sorted(logs, key=str)
        for model in (RewardLog, CouponCode, ChallengeLog, ChallengeProgress, Milestone, Challenge, Reward):
            if model is RewardLog:
                CouponCode.objects.all().delete()
            with bypassing_services("what a test needs"):
                model.objects.all().delete()
        with bypassing_services("what a test needs"):
            Member.objects.all().delete()
        return rows

    first = logs_loaded_with(1)

    assert logs_loaded_with(1) == first
    assert logs_loaded_with(2) != first


def test_it_goes_into_an_empty_database_only():
    load(members=2)

    with pytest.raises(CommandError, match="not empty"):
        load(members=2)

    assert Challenge.objects.count() == 4


def test_it_needs_alice_and_bob():
    with pytest.raises(CommandError, match="at least 2, alice and bob"):
        load(members=1)


def test_each_challenge_has_its_own_icon(loaded):
    icons = [challenge.eud_icon.read() for challenge in Challenge.objects.all()]

    assert len(set(icons)) == 4
    assert all(icon.startswith(b"<svg") for icon in icons)


def texts_of(example):
    """Yield (owner, field, language, text) for everything in an example that an end user may read."""
    rewards = [milestone.reward for milestone in example.milestones]
    owners = [example, example.reward, *example.milestones, *rewards]
    for owner in owners:
        for field, by_language in owner.texts.items():
            for language, text in by_language.items():
                yield owner, field, language, text


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.slug)
def test_example_is_written_in_every_language_and_fits(example):
    for owner, field, language, text in texts_of(example):
        (check_message if field.endswith("challenge_message") else plain_or_message)(text)
        assert 0 < len(text) <= LIMITS[field.rpartition("_")[2]], (field, language)
        assert set(owner.texts[field]) == set(project.MODELTRANSLATION_LANGUAGES)


def plain_or_message(text):
    (check_message if "{{" in text else check_plain)(text)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.slug)
def test_only_the_spending_example_mentions_dollars(example):
    texts = {text for *_, text in texts_of(example)} | {example.fields["description"], example.fields["name"]}

    assert any("$" in text for text in texts) == (example.slug == "monthly-big-spender")


def test_end_user_reads_dollars_in_the_spending_challenge_alone(loaded, end_user):
    bob = end_user("bob")
    for language in project.MODELTRANSLATION_LANGUAGES:
        screen = bob.get("/schema/challenge/record", {"languageCode": language}).json()["data"]

        names = [challenge["name"] for challenge in screen if "$" in str(challenge)]
        assert names == ["Monthly Big Spender"], language

"""Loads the demo: the example challenges, members, and plausible activity of this and the last month.

Everything goes through the functions that the API uses, with the time as an argument, so that each log was
judged, counted and paid on its own day.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from challenges.editing import service
from challenges.engine import intake
from challenges.engine.eligibility import Entry
from challenges.models import Challenge
from core.amounts import SCALE
from core.icons import clean_icon
from core.icons.storage import icons_replaced
from core.ids import uuid7
from demo.examples.catalogue import EXAMPLES
from demo.examples.definitions import ChallengeExample, RewardExample, Texts
from demo.member_names import FIRST_NAMES, LAST_NAMES
from members.domain import directory
from milestones.models import Milestone
from rewards.domain import reward_service
from rewards.domain.code_files import listed_codes
from rewards.domain.pool_import import import_codes
from rewards.models import Reward

ICONS = Path(__file__).parent / "icons"
# Orders of alice in the current window: 350 of the 500 to spend, on whatever day the demo is loaded.
ALICE_ORDERS = (90, 110, 150)


def load(members: int, seed: int, at: datetime) -> None:
    """Load the demo as if it had happened until `at`, an aware time.

    The same seed and time make the same activity.
    """
    rng = random.Random(seed)  # noqa: S311 - demo data, no secret
    first_day = _first_of_last_month(at)
    challenges = {
        example.slug: _make_challenge(example, first_day - timedelta(days=1)) for example in EXAMPLES
    }
    external_ids = _enrol_members(members, rng, first_day)
    for day in _days(first_day, at):
        entries = [
            entry
            for example in EXAMPLES
            for entry in _activity(example, challenges[example.slug], external_ids, day, rng)
        ]
        entries = sorted(
            (entry for entry in entries if entry.activity_at <= at), key=lambda entry: entry.activity_at
        )
        if entries:
            intake.record(entries, at=min(at, day + timedelta(days=1)))
    intake.record(list(_orders_of_alice(challenges["monthly-big-spender"], at)), at=at)


def _make_challenge(example: ChallengeExample, at: datetime) -> Challenge:
    challenge = Challenge(
        **example.fields,
        status="live",
        activity_ids=[example.activity_id],
        completion_reward=_make_reward(example.reward, at),
        created_at=at,
        updated_at=at,
    )
    _set_texts(challenge, example.texts)
    icon = clean_icon(f"{example.slug}.svg", (ICONS / f"{example.slug}.svg").read_bytes())
    with icons_replaced(challenge, {"eud_icon": icon}):
        service.save(challenge, at=at)
    for milestone_example in example.milestones:
        milestone = Milestone(
            challenge=challenge,
            name=milestone_example.name,
            description=milestone_example.description,
            milestone_target_value=milestone_example.target,
            status="live",
            reward=_make_reward(milestone_example.reward, at),
            created_at=at,
            updated_at=at,
        )
        _set_texts(milestone, milestone_example.texts)
        service.save_milestone(milestone, at=at)
    return challenge


def _make_reward(example: RewardExample, at: datetime) -> Reward:
    reward = Reward(id=uuid7(at), name=example.name, **example.fields)
    _set_texts(reward, example.texts)
    reward_service.save(reward, at=at)
    if example.pool_size:
        codes = [f"FREE-{number:04}" for number in range(1, example.pool_size + 1)]
        import_codes(reward.id, listed_codes(codes), clock=lambda: at)
    return reward


def _set_texts(record: Challenge | Milestone | Reward, texts: Texts) -> None:
    for name, by_language in texts.items():
        for code, text in by_language.items():
            setattr(record, f"{name}_{code}", text)


def _enrol_members(number_of_members: int, rng: random.Random, at: datetime) -> list[str]:
    """Enrol alice, bob and as many random members as are missing; return the identifiers of all."""
    profiles: dict[str, dict[str, str]] = {
        "alice": {"first_name": "Alice", "last_name": "Moreau", "email": "alice@example.com"},
        "bob": {"first_name": "Bob", "last_name": "Fischer", "email": "bob@example.com"},
    }
    for number in range(3, number_of_members + 1):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        external_id = f"member-{number:03}"
        profiles[external_id] = {
            "first_name": first,
            "last_name": last,
            "email": f"{external_id}@example.com",
        }
    directory.enrol(profiles, at)
    return sorted(profiles)


def _activity(
    example: ChallengeExample,
    challenge: Challenge,
    external_ids: list[str],
    day: datetime,
    rng: random.Random,
) -> Iterator[Entry]:
    """Yield one day of everybody's activity, but for the spending of alice, which has its own orders."""
    for number, external_id in enumerate(external_ids):
        times_per_day = _activeness(example, number) * example.times_per_week / 7
        times = int(times_per_day) + (rng.random() < times_per_day % 1)
        for turn in range(times):
            activity_at = day + timedelta(seconds=rng.randrange(7 * 3600, 22 * 3600))
            if external_id == "alice" and example.slug == "monthly-big-spender":
                continue
            yield Entry(
                challenge_id=challenge.id,
                external_id=external_id,
                activity_at=activity_at,
                activity_id=example.activity_id,
                unique_identifier=f"{example.activity_id}-{day:%Y%m%d}-{number:03}-{turn}",
                activity_value=rng.randrange(*example.value_range) * SCALE if example.value_range else None,
            )


def _activeness(example: ChallengeExample, number: int) -> float:
    """Return how active a member is, 1.0 on average and 0.0 for who never takes part; always the same."""
    rng = random.Random(f"{example.slug} {number}")  # noqa: S311
    return rng.choice((0.3, 0.6, 0.8, 1.0, 1.3, 1.9)) if rng.random() < example.participation else 0.0


def _orders_of_alice(challenge: Challenge, at: datetime) -> Iterator[Entry]:
    """Yield her orders spread over the current window up to `at`, however young the window is."""
    start = challenge.window_at(at).starts_at
    for number, value in enumerate(ALICE_ORDERS, 1):
        yield Entry(
            challenge_id=challenge.id,
            external_id="alice",
            activity_at=start + (at - start) * number / (len(ALICE_ORDERS) + 1),
            activity_id="purchase",
            unique_identifier=f"alice-{start:%Y%m}-{number}",
            activity_value=value * SCALE,
        )


def _first_of_last_month(at: datetime) -> datetime:
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


def _days(first: datetime, at: datetime) -> Iterator[datetime]:
    while first <= at:
        yield first
        first += timedelta(days=1)

"""Making the demo: the stories' challenges, members, and believable activity of this and the last month.

All of it goes through the functions that everybody else uses, with the clock as an argument: what one sees
was judged, counted and paid day by day.
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
from demo.stories import FIRST_NAMES, LAST_NAMES, STORIES, RewardStory, Story, Texts
from members.domain import directory
from milestones.models import Milestone
from rewards.domain.code_files import listed_codes
from rewards.domain.pool_import import import_codes
from rewards.models import Reward

ICONS = Path(__file__).parent / "icons"
# Where alice stands on any day, of 500.
ALICE_SPENT = (90, 110, 150)


def load(members: int, seed: int, at: datetime) -> None:
    """Load everything as if it had happened until `at`. The same seed and moment make the same activity."""
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    first = _first_of_last_month(at)
    challenges = {story.slug: _challenge(story, first - timedelta(days=1)) for story in STORIES}
    people = _enrol(members, chance, first)
    for day in _days(first, at):
        entries = [
            e for story in STORIES for e in _activity(story, challenges[story.slug], people, day, chance)
        ]
        entries = sorted((e for e in entries if e.activity_at <= at), key=lambda e: e.activity_at)
        if entries:
            intake.record(entries, at=min(at, day + timedelta(days=1)))
    intake.record(list(_alice(challenges["monthly-big-spender"], at)), at=at)


def _challenge(story: Story, at: datetime) -> Challenge:
    challenge = Challenge(
        **story.fields,
        status="live",
        activity_ids=[story.activity_id],
        completion_reward=_reward(story.reward, at),
        created_at=at,
        updated_at=at,
    )
    _set_texts(challenge, story.texts)
    icon = clean_icon(f"{story.slug}.svg", (ICONS / f"{story.slug}.svg").read_bytes())
    with icons_replaced(challenge, {"eud_icon": icon}):
        service.save(challenge, at=at)
    for told in story.milestones:
        milestone = Milestone(
            challenge=challenge,
            name=told.name,
            description=told.description,
            milestone_target_value=told.target,
            status="live",
            reward=_reward(told.reward, at),
            created_at=at,
            updated_at=at,
        )
        _set_texts(milestone, told.texts)
        service.save_milestone(milestone, at=at)
    return challenge


def _reward(story: RewardStory, at: datetime) -> Reward:
    reward = Reward(name=story.name, **story.fields, created_at=at, updated_at=at)
    _set_texts(reward, story.texts)
    reward.save()
    if story.pool:
        codes = [f"FREE-{number:04}" for number in range(1, story.pool + 1)]
        import_codes(reward.id, listed_codes(codes), clock=lambda: at)
    return reward


def _set_texts(record: Challenge | Milestone | Reward, texts: Texts) -> None:
    for name, by_language in texts.items():
        for code, text in by_language.items():
            setattr(record, f"{name}_{code}", text)


def _enrol(members: int, chance: random.Random, at: datetime) -> list[str]:
    profiles: dict[str, dict[str, str]] = {
        "alice": {"first_name": "Alice", "last_name": "Moreau", "email": "alice@example.com"},
        "bob": {"first_name": "Bob", "last_name": "Fischer", "email": "bob@example.com"},
    }
    for number in range(3, members + 1):
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        name = f"member-{number:03}"
        profiles[name] = {"first_name": first, "last_name": last, "email": f"{name}@example.com"}
    directory.enrol(profiles, at)
    return sorted(profiles)


def _activity(
    story: Story, challenge: Challenge, people: list[str], day: datetime, chance: random.Random
) -> Iterator[Entry]:
    """One day of everybody but alice, whose spending is told apart."""
    for number, name in enumerate(people):
        keen = _keenness(story, number)
        often = keen * story.a_week / 7
        times = int(often) + (chance.random() < often % 1)
        for turn in range(times):
            moment = day + timedelta(seconds=chance.randrange(7 * 3600, 22 * 3600))
            if name == "alice" and story.slug == "monthly-big-spender":
                continue
            yield Entry(
                challenge_id=challenge.id,
                external_id=name,
                activity_at=moment,
                activity_id=story.activity_id,
                unique_identifier=f"{story.activity_id}-{day:%Y%m%d}-{number:03}-{turn}",
                activity_value=chance.randrange(*story.values) * SCALE if story.values else None,
            )


def _keenness(story: Story, number: int) -> float:
    """Some never take part, few do everything; the same member always behaves alike."""
    own = random.Random(f"{story.slug} {number}")  # noqa: S311
    return own.choice((0.3, 0.6, 0.8, 1.0, 1.3, 1.9)) if own.random() < story.busyness else 0.0


def _alice(challenge: Challenge, at: datetime) -> Iterator[Entry]:
    """Her orders lie inside the window of now, however young it is."""
    start = challenge.window_at(at).starts_at
    for number, spent in enumerate(ALICE_SPENT, 1):
        yield Entry(
            challenge_id=challenge.id,
            external_id="alice",
            activity_at=start + (at - start) * number / (len(ALICE_SPENT) + 1),
            activity_id="purchase",
            unique_identifier=f"alice-{start:%Y%m}-{number}",
            activity_value=spent * SCALE,
        )


def _first_of_last_month(at: datetime) -> datetime:
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


def _days(first: datetime, at: datetime) -> Iterator[datetime]:
    while first <= at:
        yield first
        first += timedelta(days=1)

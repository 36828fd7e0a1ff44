"""What the runs find in the database, and the requests that they send."""

import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import count
from uuid import UUID

import jwt
from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.load import get, post
from benchmarks.stage import Stage
from benchmarks.usual_way import models as usual
from challenges.editing import service
from challenges.models import Challenge
from milestones.models import Milestone

ONE = (
    '{"challengeId":"%s","ownedById":"%s","activityAt":"%s","activityId":"purchase","uniqueIdentifier":"%s",'
    '"activityValue":%s}'
)
USUAL = (
    '{"challenge":%s,"owned_by_id":"%s","activity_at":"%s","activity_id":"purchase","unique_identifier":"%s",'
    '"activity_value":"%s"}'
)
EMPTY = get("/empty")

_identifiers = count(1)


def make_challenge(
    name: str = "Spend", target: int = 1_000_000, milestones: tuple = (), **fields
) -> Challenge:
    """A live monthly challenge. Targets far away: a log that pays is P10's subject."""
    challenge = Challenge(
        name=name,
        description="Spend in a month.",
        status="live",
        aggregation_period="monthly",
        completion_target_value=Decimal(target),
        **fields,
    )
    steps = [
        Milestone(
            name=f"{step}", description="On the way.", status="live", milestone_target_value=Decimal(step)
        )
        for step in milestones
    ]
    return service.save(challenge, steps, at=timezone.now())


def make_usual_challenge() -> usual.Challenge:
    challenge = usual.Challenge.objects.create(name="Spend", completion_target_value=1_000_000)
    for step in (500_000, 800_000):
        challenge.milestones.create(milestone_target_value=step)
    return challenge


def enrol(names: Iterable[str]) -> list[str]:
    """Members of these names, in one statement."""
    names = list(names)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_member (id, external_id, first_name, last_name, email, phone_number, "
            "status, created_at, updated_at) "
            "SELECT gen_random_uuid(), name, '', '', '', '', 'live', now(), now() "
            "FROM unnest(%s::text[]) AS name",
            [names],
        )
    return names


def add_logs(challenge: Challenge, names: list[str], each: int) -> None:
    """Counted logs of 1 in the window of now, and the progress that they make."""
    window = challenge.window_at(timezone.now())
    key = {"challenge": challenge.id, "names": names, "each": each, "period": window.period_key}
    key |= {
        "starts": window.starts_at,
        "ends": window.ends_at,
        "target": challenge.completion_target_value * 10_000,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO challenges_challengelog (id, member_id, challenge_id, unique_identifier, "
            "activity_at, activity_id, activity_value, reversal_of, counts_anyway, period_key, counted, "
            "reason_code, counted_value, created_at) "
            "SELECT gen_random_uuid(), m.id, %(challenge)s, 'past-' || n, now() - n * interval '1 ms', "
            "'purchase', 10000, '', '', %(period)s, true, '', 10000, now() "
            "FROM generate_series(1, %(each)s) AS n, members_member AS m WHERE external_id = ANY(%(names)s)",
            key,
        )
        cursor.execute(
            "INSERT INTO challenges_challengeprogress (id, member_id, challenge_id, period_key, "
            "window_starts_at, window_ends_at, current_progress_value, completion_target_value, "
            "challenge_started_at, updated_at) "
            "SELECT gen_random_uuid(), m.id, %(challenge)s, %(period)s, %(starts)s, %(ends)s, "
            "%(each)s * 10000, %(target)s::bigint, now(), now() "
            "FROM members_member AS m WHERE external_id = ANY(%(names)s)",
            key,
        )


def add_usual_logs(challenge: usual.Challenge, names: list[str], each: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO usual_way_challengelog (challenge_id, owned_by_id, unique_identifier, activity_at, "
            "activity_id, activity_value, created_at) SELECT %s, name, 'past-' || n, "
            "now() - n * interval '1 ms', 'purchase', 1, now() "
            "FROM generate_series(1, %s) AS n, unnest(%s::text[]) AS name",
            [challenge.id, each, names],
        )


def settle_statistics() -> None:
    """What autovacuum would have done by now: no run shall measure when it happens to come."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def records(
    challenge_id: UUID, members: Iterator[str], n: int, value: str = "1", shape: str = ONE
) -> list[str]:
    """`n` new activities of these members, one after the other."""
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    return [
        shape % (challenge_id, next(members), now, f"order-{next(_identifiers)}", value) for _ in range(n)
    ]


def singles(stage: Stage, challenge_id: UUID, members: Iterator[str], n: int) -> list[bytes]:
    path = "/schema/challenge_log/record"
    return [post(path, body.encode(), stage.credential) for body in records(challenge_id, members, n)]


def batches(
    stage: Stage, challenge_id: UUID, members: Iterator[str], n: int, rows: int = 1000
) -> list[bytes]:
    path = "/schema/challenge_log/record/batch"
    bodies = (f'{{"records":[{",".join(records(challenge_id, members, rows))}]}}' for _ in range(n))
    return [post(path, body.encode(), stage.credential) for body in bodies]


def usual_singles(challenge_id: int, members: Iterator[str], n: int) -> list[bytes]:
    return [post("/usual/challenge_log", b.encode()) for b in records(challenge_id, members, n, shape=USUAL)]


def usual_batches(challenge_id: int, members: Iterator[str], n: int, rows: int) -> list[bytes]:
    bodies = (f"[{','.join(records(challenge_id, members, rows, shape=USUAL))}]" for _ in range(n))
    return [post("/usual/challenge_log", body.encode()) for body in bodies]


def token_of(name: str) -> str:
    claims = {"sub": name, "exp": int(time.time()) + 3600}
    return f"Authorization: Bearer {jwt.encode(claims, settings.ENDUSER_JWT_SECRET, 'HS256')}"

"""P1, P4: batches of 1,000 over HTTP, four clients; rows a second."""

import random
from itertools import cycle
from time import perf_counter

from django.db import connection, transaction

from benchmarks import scene
from benchmarks.bars import Bar, in_rounds
from benchmarks.load import drive
from benchmarks.sizes import Size
from benchmarks.stage import staged

P1 = Bar("P1", "batches over HTTP / rows already in the server, rows", 0.5, 0.8)
P4 = Bar("P4", "batches / the usual way's, rows", 50, 100)

ROWS = 1000
CLIENTS = 4
FASTEST = 60  # batches a second
MEMBERS = 10_000

# One transaction's rows, ready in the server: what is left is the two tables, their indexes and constraints.
STAGING = f"""
    CREATE TEMPORARY TABLE staging AS
    SELECT gen_random_uuid() AS id, m.id AS member_id, %(challenge)s::uuid AS challenge_id,
           'limit-' || %(round)s || '-' || n AS unique_identifier, now() AS activity_at, n / {ROWS} AS part
    FROM generate_series(0, %(rows)s - 1) AS n
    JOIN (SELECT id, row_number() OVER (ORDER BY random()) - 1 AS place FROM members_member) AS m
      ON m.place = n %% {MEMBERS}
"""
INSERT_LOGS = """
    INSERT INTO challenges_challengelog (
        id, member_id, challenge_id, unique_identifier, activity_at, activity_id, activity_value, reversal_of,
        counts_anyway, period_key, counted, reason_code, counted_value, created_at)
    SELECT id, member_id, challenge_id, unique_identifier, activity_at, 'purchase', 10000, '', '', %(period)s,
        true, '', 10000, activity_at
    FROM staging WHERE part = %(part)s ORDER BY member_id
    ON CONFLICT (member_id, challenge_id, unique_identifier) DO NOTHING
"""
UPSERT_PROGRESS = """
    INSERT INTO challenges_challengeprogress AS old (
        id, member_id, challenge_id, period_key, window_starts_at, window_ends_at, current_progress_value,
        completion_target_value, challenge_started_at, updated_at)
    SELECT gen_random_uuid(), member_id, challenge_id, %(period)s, %(starts)s, %(ends)s, count(*) * 10000,
        10000000000, min(activity_at), max(activity_at) FROM staging WHERE part = %(part)s
    GROUP BY member_id, challenge_id ORDER BY member_id
    ON CONFLICT (member_id, challenge_id, period_key) DO UPDATE
    SET current_progress_value = old.current_progress_value + excluded.current_progress_value,
        updated_at = excluded.updated_at
"""


def to_rows_in_the_server(size: Size) -> None:
    with staged("batches") as (stage,):
        challenge = scene.make_challenge(milestones=(500_000, 800_000))
        names = scene.enrol(f"member-{n}" for n in range(MEMBERS))
        random.Random(1).shuffle(names)
        members, rounds = cycle(names), iter(range(1000))

        def ours() -> float:
            requests = scene.batches(stage, challenge.id, members, int(FASTEST * size.seconds), ROWS)
            return ROWS * drive(stage.port, requests, connections=CLIENTS, seconds=size.seconds).rate

        def limit() -> float:
            return insert_within(challenge, next(rounds), size.seconds)

        ours(), limit()
        rates = in_rounds(size.rounds, {"ours": ours, "limit": limit})
        P1.report(rates["ours"] / rates["limit"], f"{rates['ours']:,.0f} to {rates['limit']:,.0f} a second")


def insert_within(challenge, round_number: int, seconds: float) -> float:
    """Rows a second of one connection that inserts what lies in the server, a thousand a transaction."""
    window = challenge.window_at(challenge.created_at)
    key = {"period": window.period_key, "starts": window.starts_at, "ends": window.ends_at}
    parts = int(2 * FASTEST * seconds)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staging")
        cursor.execute(STAGING, {"challenge": challenge.id, "round": round_number, "rows": parts * ROWS})
        cursor.execute("CREATE INDEX ON staging (part)")
        cursor.execute("ANALYZE staging")
        started, done = perf_counter(), 0
        while done < parts and perf_counter() - started < seconds:
            with transaction.atomic():
                cursor.execute(INSERT_LOGS, key | {"part": done})
                cursor.execute(UPSERT_PROGRESS, key | {"part": done})
            done += 1
        return done * ROWS / (perf_counter() - started)


def to_usual_way(size: Size) -> None:
    with staged("usual") as (stage,):
        challenge, usual = scene.make_challenge(milestones=(500_000, 800_000)), scene.make_usual_challenge()
        names = scene.enrol(f"member-{n}" for n in range(MEMBERS))
        ours_members, theirs_members = cycle(names), cycle(names)
        rows = size.usual_batch

        def ours() -> float:
            requests = scene.batches(stage, challenge.id, ours_members, int(FASTEST * size.seconds), ROWS)
            return ROWS * drive(stage.port, requests, connections=CLIENTS, seconds=size.seconds).rate

        def theirs() -> float:
            requests = scene.usual_batches(usual.id, theirs_members, CLIENTS, rows)
            return rows * drive(stage.port, requests, connections=CLIENTS, seconds=size.seconds).rate

        rates = in_rounds(size.rounds, {"ours": ours, "theirs": theirs})
        P4.report(rates["ours"] / rates["theirs"], f"{rates['ours']:,.0f} to {rates['theirs']:,.0f} a second")

"""P6, P7: the list of 20 live challenges with milestones, as a guest and as an end user with progress."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import scene
from benchmarks.bars import Bar, in_rounds
from benchmarks.load import drive, get
from benchmarks.sizes import Size
from benchmarks.stage import staged

P6 = Bar("P6", "list of 20 challenges as a guest / an empty DRF view", 0.4, 0.7)
P6_QUERIES = Bar("P6", "its queries when warm", 1, 1, at_most=True)
P7 = Bar("P7", "time of the list with own progress / as a guest", 3, 2, at_most=True)
P7_QUERIES = Bar("P7", "its queries when warm", 4, 2, at_most=True)

PATH = "/schema/challenge/record"
MEMBERS = 100


def run(size: Size) -> None:
    with staged("lists") as (stage,):
        names = scene.enrol(f"member-{n}" for n in range(MEMBERS))
        for n in range(20):
            challenge = scene.make_challenge(
                f"Challenge {n}", milestones=(100, 500_000), eud_title=f"Spend {n}"
            )
            scene.add_logs(challenge, names, 5)
        scene.settle_statistics()
        own = [get(PATH, scene.token_of(name)) for name in names]

        def rate(requests: list[bytes]) -> float:
            return drive(stage.port, requests, seconds=size.seconds, again=True).rate

        sides = {"empty": [scene.EMPTY], "guest": [get(PATH)], "own": own}
        rate(sides["empty"])
        rate(sides["guest"])
        cold = drive(stage.port, own, seconds=60).rate
        drive(stage.port, 8 * own, seconds=60)  # both workers have met everybody
        rates = in_rounds(size.rounds, {name: lambda sent=sent: rate(sent) for name, sent in sides.items()})
        P6.report(rates["guest"] / rates["empty"], f"{rates['guest']:,.0f} to {rates['empty']:,.0f} a second")
        P6_QUERIES.report(queries())
        note = f"{rates['own']:,.0f} to {rates['guest']:,.0f} a second; the first time {cold:,.0f}"
        P7.report(rates["guest"] / rates["own"], note)
        P7_QUERIES.report(queries(scene.token_of(names[0]).partition(": ")[2]))


def queries(credential: str | None = None) -> int:
    """How many the second request of this process takes."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": credential} if credential else None)
    client.get(PATH)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(PATH)
    if answer.status_code != 200 or len(answer.json()["data"]) != 20:
        raise SystemExit(f"the list failed: {answer.content[:500]!r} at {timezone.now()}")
    return len(captured)

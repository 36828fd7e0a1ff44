"""P2, P3: one log a request, sixteen clients."""

from itertools import cycle

from benchmarks import scene
from benchmarks.bars import Bar, in_rounds
from benchmarks.load import drive
from benchmarks.sizes import Size
from benchmarks.stage import staged

P2 = Bar("P2", "single logs over HTTP / an empty DRF view, requests", 0.15, 0.3)
P3_FEW = Bar("P3", "single logs / the usual way, 10 logs in the window", 3, 6)
P3_MANY = Bar("P3", "single logs / the usual way, {} logs in the window", 10, 50)

# More than anybody sends in a round.
FASTEST = 3000


def to_empty_view(size: Size) -> None:
    with staged("singles") as (stage,):
        challenge = scene.make_challenge(milestones=(500_000, 800_000))
        members = cycle(scene.enrol(f"member-{n}" for n in range(1000)))

        def ours() -> float:
            requests = scene.singles(stage, challenge.id, members, int(FASTEST * size.seconds))
            return drive(stage.port, requests, seconds=size.seconds).rate

        def empty() -> float:
            return drive(stage.port, [scene.EMPTY], seconds=size.seconds, again=True).rate

        ours(), empty()
        rates = in_rounds(size.rounds, {"ours": ours, "empty": empty})
        P2.report(rates["ours"] / rates["empty"], f"{rates['ours']:,.0f} to {rates['empty']:,.0f} a second")


def to_usual_way(size: Size) -> None:
    compare(size, P3_FEW, 10, 1000)
    many = size.many_logs_of_a_member
    what = P3_MANY.what.format(f"{many:,}")
    compare(size, Bar("P3", what, P3_MANY.bar, P3_MANY.moonshot), many, 200)


def compare(size: Size, bar: Bar, logs: int, members: int) -> None:
    with staged("usual") as (stage,):
        names = scene.enrol(f"member-{n}" for n in range(members))
        challenge, usual = scene.make_challenge(milestones=(500_000, 800_000)), scene.make_usual_challenge()
        scene.add_logs(challenge, names, logs)
        scene.add_usual_logs(usual, names, logs)
        scene.settle_statistics()
        ours_members, theirs_members = cycle(names), cycle(names)

        def ours() -> float:
            requests = scene.singles(stage, challenge.id, ours_members, int(FASTEST * size.seconds))
            return drive(stage.port, requests, seconds=size.seconds).rate

        def theirs() -> float:
            requests = scene.usual_singles(usual.id, theirs_members, int(FASTEST * size.seconds))
            return drive(stage.port, requests, seconds=size.seconds).rate

        ours(), theirs()
        rates = in_rounds(size.rounds, {"ours": ours, "theirs": theirs})
        bar.report(
            rates["ours"] / rates["theirs"], f"{rates['ours']:,.0f} to {rates['theirs']:,.0f} a second"
        )

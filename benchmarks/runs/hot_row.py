"""P9: everybody writes to one member's window."""

from itertools import cycle

from benchmarks import scene
from benchmarks.bars import Bar, in_rounds
from benchmarks.load import drive
from benchmarks.sizes import Size
from benchmarks.stage import staged

P9 = Bar("P9", "32 writers on one member / on 32 members, logs", 0.3, 0.7)
FASTEST = 3000


def run(size: Size) -> None:
    with staged("hot") as (stage,):
        challenge = scene.make_challenge(milestones=(500_000, 800_000))
        everybody = scene.enrol(f"member-{n}" for n in range(32))

        def rate(names: list[str]) -> float:
            requests = scene.singles(stage, challenge.id, cycle(names), int(FASTEST * size.seconds))
            return drive(stage.port, requests, connections=32, seconds=size.seconds).rate

        rate(everybody)
        sides = {"one": lambda: rate(everybody[:1]), "many": lambda: rate(everybody)}
        rates = in_rounds(size.rounds, sides)
        P9.report(rates["one"] / rates["many"], f"{rates['one']:,.0f} to {rates['many']:,.0f} a second")

"""P8: how much a worker grows while it takes logs."""

from itertools import cycle

from benchmarks import scene
from benchmarks.bars import Bar
from benchmarks.load import drive
from benchmarks.sizes import Size
from benchmarks.stage import Stage, staged

P8 = Bar("P8", "memory of a worker after {} logs: growth", 20, 5, at_most=True, unit=" MB")
SINGLES = 0.05  # one log in twenty comes alone
ROWS = 1000


def run(size: Size) -> None:
    with staged("memory") as (stage,):
        challenge = scene.make_challenge(milestones=(500_000, 800_000))
        members = cycle(scene.enrol(f"member-{n}" for n in range(10_000)))
        send(stage, challenge, members, size.memory_logs // 10)
        before = stage.memory()
        send(stage, challenge, members, size.memory_logs)
        after = stage.memory()
        growth = max(after[pid] - before[pid] for pid in before)
        result = Bar(
            "P8", P8.what.format(f"{size.memory_logs:,}"), P8.bar, P8.moonshot, at_most=True, unit=P8.unit
        )
        result.report(
            growth, f"{max(before.values()):.0f} to {max(after.values()):.0f} MB, in batches and one by one"
        )


def send(stage: Stage, challenge, members, logs: int) -> None:
    single = int(logs * SINGLES)
    drive(stage.port, scene.singles(stage, challenge.id, members, single), seconds=300).rate  # noqa: B018
    for _ in range((logs - single) // (20 * ROWS) or 1):
        some = scene.batches(stage, challenge.id, members, 20, min(ROWS, logs // 20))
        drive(stage.port, some, connections=4, seconds=300).rate  # noqa: B018

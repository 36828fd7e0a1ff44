"""P10: the import of a pool's codes, and a burst of allocations from it."""

import threading
from itertools import count
from time import perf_counter

from django.utils import timezone

from benchmarks import scene
from benchmarks.bars import Bar, in_rounds
from benchmarks.load import drive, post
from benchmarks.sizes import Size
from benchmarks.stage import Stage, staged
from rewards.domain import reward_service
from rewards.models import Reward

P10_SECONDS = Bar("P10", "import of {} codes", 5, 3, at_most=True, unit=" s")
P10_MEMORY = Bar("P10", "its extra memory", 20, 5, at_most=True, unit=" MB")
P10_ALLOCATIONS = Bar("P10", "{} codes from a pool / generated ones, allocations", 0.7, 0.9)

_rounds = count(1)


def run(size: Size) -> None:
    with staged("pools") as (stage,):
        imported(stage, size.codes // 10)
        before = stage.memory()
        peak = Peak(stage)
        times = in_rounds(size.rounds, {"import": lambda: imported(stage, size.codes)})
        extra = max(value - before[pid] for pid, value in peak.stop().items())
        what = P10_SECONDS.what.format(f"{size.codes:,}")
        Bar("P10", what, P10_SECONDS.bar, P10_SECONDS.moonshot, at_most=True, unit=" s").report(
            times["import"]
        )
        P10_MEMORY.report(extra)
        allocations(stage, size)


def allocations(stage: Stage, size: Size) -> None:
    sides = {
        source: lambda source=source: burst(stage, source, size.allocations)
        for source in ("pool", "generated")
    }
    for measure in sides.values():
        measure()
    rates = in_rounds(2 * size.rounds, sides)
    note = f"{rates['pool']:,.0f} to {rates['generated']:,.0f} a second"
    bar = Bar(
        "P10",
        P10_ALLOCATIONS.what.format(f"{size.allocations:,}"),
        P10_ALLOCATIONS.bar,
        P10_ALLOCATIONS.moonshot,
    )
    bar.report(rates["pool"] / rates["generated"], note)


def make_reward(source: str) -> Reward:
    return reward_service.save(Reward(name=source, code_source=source), at=timezone.now())


def imported(stage: Stage, codes: int) -> float:
    """Seconds that a new pool's import takes over HTTP."""
    return import_into(stage, make_reward("pool"), codes)


def import_into(stage: Stage, reward: Reward, codes: int) -> float:
    round_number = next(_rounds)
    body = "\n".join(f"CODE-{round_number}-{n:08}" for n in range(codes)).encode()
    path = f"/schema/coupon_code/record/import?rewardId={reward.id}"
    request = post(path, body, stage.credential, content_type="text/csv")
    started = perf_counter()
    drive(stage.port, [request], connections=1, seconds=60).rate  # noqa: B018
    return perf_counter() - started


def burst(stage: Stage, source: str, n: int) -> float:
    """Allocations a second: each log is a member's first and completes, which pays one code."""
    reward = make_reward(source)
    if source == "pool":
        import_into(stage, reward, 2 * n)
    challenge = scene.make_challenge(target=1, completion_reward=reward)
    round_number = next(_rounds)
    members = iter(scene.enrol(f"member-{round_number}-{number}" for number in range(n)))
    return drive(stage.port, scene.singles(stage, challenge.id, members, n), seconds=60).rate


class Peak:
    """The most memory that each worker held, looked at ten times a second."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.most, self.over = stage, stage.memory(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self) -> None:
        while not self.over.wait(0.1):
            for pid, value in self.stage.memory().items():
                self.most[pid] = max(self.most.get(pid, 0), value)

    def stop(self) -> dict[int, float]:
        self.over.set()
        self.thread.join()
        return self.most

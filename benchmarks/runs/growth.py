"""P5: one log for a member with a long window, and in a large table; median times of one client."""

from itertools import cycle

from benchmarks import scene
from benchmarks.bars import Bar, in_rounds
from benchmarks.load import drive
from benchmarks.sizes import Size
from benchmarks.stage import Stage, staged

P5_WINDOW = Bar("P5", "time of one log, {} logs in the window / 10", 1.2, 1.05, at_most=True)
P5_TABLE = Bar("P5", "time of one log, {} logs in the table / {}", 1.5, 1.2, at_most=True)

FASTEST = 1500
PER_MEMBER = 10


def of_a_window(size: Size) -> None:
    with staged("growth") as (stage,):
        challenge = scene.make_challenge(target=10_000_000)
        few, many = scene.enrol(["few"]), scene.enrol(["many"])
        scene.add_logs(challenge, few, 10)
        scene.add_logs(challenge, many, size.window_logs)
        scene.settle_statistics()

        def time_of(names: list[str]) -> float:
            requests = scene.singles(stage, challenge.id, cycle(names), int(FASTEST * size.seconds))
            return drive(stage.port, requests, connections=1, seconds=size.seconds).median

        time_of(few), time_of(many)
        # In shorter rounds: each log of the few makes their window longer.
        times = in_rounds(size.rounds, {"few": lambda: time_of(few), "many": lambda: time_of(many)})
        report(P5_WINDOW, P5_WINDOW.what.format(f"{size.window_logs:,}"), times["many"], times["few"])


def of_a_table(size: Size) -> None:
    with staged("small", "large") as (small, large):
        asked = {
            "small": prepared(small, size.small_table, size),
            "large": prepared(large, size.large_table, size),
        }
        for time_of in asked.values():
            time_of()
        times = in_rounds(size.rounds, asked)
        what = P5_TABLE.what.format(f"{size.large_table:,}", f"{size.small_table:,}")
        report(P5_TABLE, what, times["large"], times["small"])


def prepared(stage: Stage, rows: int, size: Size):
    """A table of that many logs, ten a member and challenge; answers how to time one more."""
    stage.use()
    challenge = scene.make_challenge()
    names = scene.enrol(f"member-{n}" for n in range(rows // PER_MEMBER))
    scene.add_logs(challenge, names, PER_MEMBER)
    scene.settle_statistics()
    # All over the table, and no member twice in a round.
    members = cycle(names[:: max(1, len(names) // 1000)])

    def time_of() -> float:
        requests = scene.singles(stage, challenge.id, members, int(FASTEST * size.seconds))
        return drive(stage.port, requests, connections=1, seconds=size.seconds).median

    return time_of


def report(bar: Bar, what: str, ours: float, base: float) -> None:
    result = Bar(bar.number, what, bar.bar, bar.moonshot, at_most=True)
    result.report(ours / base, f"{1000 * ours:.2f} to {1000 * base:.2f} ms")

"""How much a run does: `make bench SIZE=small|usual|full`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """`seconds` of one side's round; the rest in rows."""

    rounds: int
    seconds: float
    many_logs_of_a_member: int  # P3
    usual_batch: int  # P4: how many rows the usual way gets at once
    window_logs: int  # P5
    small_table: int
    large_table: int
    memory_logs: int  # P8
    codes: int  # P10
    allocations: int


SIZES = {
    "small": Size(1, 0.3, 50, 10, 500, 200, 2_000, 2_000, 500, 40),
    "usual": Size(3, 3, 1_000, 1_000, 100_000, 10_000, 1_000_000, 200_000, 100_000, 1_000),
    "full": Size(5, 5, 1_000, 1_000, 100_000, 10_000, 10_000_000, 200_000, 100_000, 1_000),
}

"""The bars, and how a measured ratio is reported against them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Bar:
    """`bar` is what must be reached, `moonshot` what we dream of; `at_most`: less is better."""

    number: str
    what: str
    bar: float
    moonshot: float
    at_most: bool = False
    unit: str = ""

    def line(self, value: float, note: str = "") -> str:
        """One line: number, what, value, bar, moonshot, verdict, and how it was measured."""
        sign = "<=" if self.at_most else ">="
        bounds = f"bar {sign} {self.bar:g}{self.unit}  moonshot {sign} {self.moonshot:g}{self.unit}"
        shown = f"{value:.3g}{self.unit}"
        return f"{self.number:4} {self.what:58} {shown:>9}  {bounds:36} {self.verdict(value):8}  {note}"

    def verdict(self, value: float) -> str:
        for limit, word in ((self.moonshot, "MOONSHOT"), (self.bar, "pass")):
            if value <= limit if self.at_most else value >= limit:
                return word
        return "UNDER"

    def report(self, value: float, note: str = "") -> None:
        print(self.line(value, note), flush=True)


def in_rounds(rounds: int, sides: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each side, measured A B A B A B: what the machine does besides hits both alike."""
    measured: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            measured[name].append(measure())
    return {name: median(values) for name, values in measured.items()}

"""The bars, and how a measured ratio is told against them."""

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

    def told(self, value: float, note: str = "") -> str:
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

    def tell(self, value: float, note: str = "") -> None:
        print(self.told(value, note), flush=True)


def in_turns(turns: int, sides: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each side, measured A B A B A B: what the machine does besides hits both alike."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, measure in sides.items():
            found[name].append(measure())
    return {name: median(values) for name, values in found.items()}

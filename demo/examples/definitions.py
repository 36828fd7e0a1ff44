"""What an example challenge of the demo consists of.

`fields` and `texts` are named as the model's fields are; a text maps each language to its wording.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Texts = dict[str, dict[str, str]]


@dataclass(frozen=True)
class RewardExample:
    name: str
    texts: Texts
    fields: dict[str, Any] = field(default_factory=dict)
    pool_size: int = 0


@dataclass(frozen=True)
class MilestoneExample:
    name: str
    description: str
    target: Decimal
    texts: Texts
    reward: RewardExample


@dataclass(frozen=True)
class ChallengeExample:
    """A challenge with its milestones and rewards, and how members take part in it.

    `participation`: the share of members who take part, 0 to 1; `times_per_week`: how often an average one
    does; `value_range`: start, stop and step of a random activity value, None where activities have none.
    """

    slug: str
    fields: dict[str, Any]
    texts: Texts
    reward: RewardExample
    milestones: tuple[MilestoneExample, ...] = ()
    activity_id: str = "purchase"
    participation: float = 0.7
    times_per_week: float = 2.0
    value_range: tuple[int, int, int] | None = None


def texts(**by_field: tuple[str, str, str, str, str, str]) -> Texts:
    """Map each field's six texts to their languages; they are given in the order en, es, fr, de, ar, ja."""
    languages = ("en", "es", "fr", "de", "ar", "ja")
    return {name: dict(zip(languages, wordings, strict=True)) for name, wordings in by_field.items()}

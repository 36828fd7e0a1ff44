"""What the shop offers, by department: goods, visits, workouts and lessons, each reported as an activity."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Good:
    """One offer. `value`: dollars of a purchase, calories of a workout; None for a visit or a lesson.

    Its title is the text named `slug` in words.py, its picture the file of that name in static/demo.
    """

    slug: str
    activity_id: str
    value: Decimal | None = None


@dataclass(frozen=True)
class Department:
    """Goods under one heading; `slug` and `verb` name the texts of the heading and of each good's button."""

    slug: str
    verb: str
    goods: tuple[Good, ...]


DEPARTMENTS = (
    Department(
        "shop",
        "buy",
        (
            Good("lamp", "purchase", Decimal("150")),
            Good("throw", "purchase", Decimal("89.50")),
            Good("dripper", "purchase", Decimal("48")),
        ),
    ),
    Department("cafe", "check_in", (Good("coffee", "visit"),)),
    Department(
        "studio",
        "finish",
        (Good("flow", "workout", Decimal("320")), Good("ride", "workout", Decimal("800"))),
    ),
    Department("classes", "finish", (Good("bread", "lesson"),)),
)

GOODS = {good.slug: good for department in DEPARTMENTS for good in department.goods}

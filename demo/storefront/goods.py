"""What one can do in the shop, by department; each is an activity that its server reports."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Good:
    """`value`: dollars of a purchase, calories of a workout; a visit and a lesson have none.

    Its title is the word of its slug, its picture the file of that name in static/demo.
    """

    slug: str
    activity_id: str
    value: Decimal | None = None


@dataclass(frozen=True)
class Department:
    """Its title and its button are the words of `slug` and `verb`."""

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

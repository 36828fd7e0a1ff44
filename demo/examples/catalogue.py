"""The four example challenges, in the order in which they are shown."""

from demo.examples.monthly_big_spender import SPENDER
from demo.examples.ten_visits import VISITS
from demo.examples.twenty_lessons import LESSONS
from demo.examples.weekly_burn import CALORIES

EXAMPLES = (SPENDER, VISITS, CALORIES, LESSONS)

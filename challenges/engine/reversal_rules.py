"""Decide what a reversal takes back, late or before its original. Pure: no database, no clock.

docs/rules.md, Reversals.
"""

from dataclasses import dataclass
from datetime import datetime

from challenges.engine.eligibility import Entry, Verdict, check_live, check_not_ahead, check_not_negative
from challenges.models.window_rules import Rules
from core.choices import ReasonCode
from core.errors import DomainError


@dataclass(slots=True)
class Original:
    """A log that a reversal names, together with the log that counts it anyway; what is left of both.

    `left`: what they added to the window's value less what was taken back, in units. `value_left`: what is
    left of its activity value, None where it has none. `touched`: a reversal acted on it before.
    """

    period_key: str
    counted: bool
    is_reversal: bool
    left: int
    value_left: int | None
    touched: bool = False

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left; a free order has to be taken back once as any other."""
        return self.touched and self.left == 0

    def take(self, value: int | None, *, counting: bool) -> int:
        """Take this value back, None: all that is left; return by how much the window loses, in units.

        With the method `count` a part leaves the visit, until nothing of its value is left.
        """
        if value is None:
            taken = self.left
        elif not counting:
            taken = min(value, self.left)
        else:
            is_part = self.value_left is not None and value < self.value_left
            taken = 0 if is_part else self.left
        if value is not None and self.value_left is not None:
            self.value_left = max(0, self.value_left - value)
        self.left -= taken
        self.touched = True
        return taken


def judge_reversal(entry: Entry, original: Original | None, rules: Rules | None, at: datetime) -> Verdict:
    """Return the verdict on a reversal, which acts on the original's window whenever it arrives.

    Takes from the original what it takes back. `original`: None when the member has no such log yet. `rules`:
    None for an unknown challenge; an archived one has reversals, too. Raises `DomainError` for a refusal.
    """
    check_not_ahead(entry.activity_at, at)
    rules = check_live(rules)
    check_not_negative(entry.activity_value, "Send the part that is taken back as a positive value.")
    if entry.reversal_of == entry.unique_identifier or (original is not None and original.is_reversal):
        raise reversal_of_reversal()
    number = rules.number_at(at)
    if original is None:
        return Verdict("", ReasonCode.ORIGINAL_UNKNOWN.value, 0, number)
    if not original.counted:
        return Verdict(original.period_key, ReasonCode.ORIGINAL_NOT_COUNTED.value, 0, number)
    if original.exhausted:
        return Verdict(original.period_key, ReasonCode.NOTHING_LEFT.value, 0, number)
    counting = rules.of_key(original.period_key).version.rules.counting
    taken = original.take(entry.activity_value, counting=counting)
    return Verdict(original.period_key, "", -taken, number)


def reversal_of_reversal() -> DomainError:
    message = "A reversal can't be reversed; send the activity again under a new identifier."
    return DomainError("reversal_of_reversal", message, "reversal_of")

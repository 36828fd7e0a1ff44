"""What to look at before a challenge goes live: everything that is allowed and may not be meant.

What is not allowed is not listed here: `rules.impact` refuses it, exactly as the API does.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _

from challenges.models import Challenge, ChallengeProgress
from core.choices import AggregationMethod, CodeSource, RecordStatus
from core.periods import window_before
from core.texts import effective_text
from milestones.models import Milestone
from rewards.models import CouponCode, Reward

MESSAGES = (
    "eud_milestone_next_to_be_achieved_message",
    "eud_completed_challenge_message",
    "eud_failed_challenge_message",
)
SHOWN_FIRST = ("eud_title", "eud_description")


@dataclass(frozen=True, slots=True)
class Finding:
    """A question to whoever publishes. `field` is a column of the challenge, or empty."""

    code: str
    message: str
    field: str = ""


def findings(challenge: Challenge, milestones: Sequence[Milestone], at: datetime) -> list[Finding]:
    """Of a challenge that is not stored yet, with all milestones that it will have."""
    live = [each for each in milestones if each.status == RecordStatus.LIVE]
    return [
        *_schedule(challenge, at),
        *_ladder(challenge, milestones, live),
        *_rewards(challenge, live, at),
        *_texts(challenge),
        *_icon(challenge),
    ]


def _schedule(challenge: Challenge, at: datetime) -> Iterator[Finding]:
    if challenge.ends_at is not None and challenge.ends_at <= at:
        yield Finding("has_ended", _("Its end lies in the past: no activity will count."), "ends_at")


def _ladder(
    challenge: Challenge, milestones: Sequence[Milestone], live: Sequence[Milestone]
) -> Iterator[Finding]:
    idle = len(milestones) - len(live)
    if idle:
        message = ngettext(
            "%(n)s milestone is not live and will not pay.",
            "%(n)s milestones are not live and will not pay.",
            idle,
        )
        yield Finding("idle_milestones", message % {"n": idle})
    values: Counter[Decimal] = Counter(each.milestone_target_value for each in live)
    values[challenge.completion_target_value] += 1
    for value, times in sorted(values.items()):
        if times > 1:
            message = _("%(n)s rewards are paid at the same value, %(value)s.")
            yield Finding("same_value", message % {"n": times, "value": f"{value:f}"})


def _rewards(challenge: Challenge, live: Sequence[Milestone], at: datetime) -> Iterator[Finding]:
    paid = [*((each.reward, each.milestone_target_value) for each in live)]
    paid.append((challenge.completion_reward, challenge.completion_target_value))
    if any(reward is None or reward.code_source == CodeSource.GENERATED for reward, _value in paid):
        yield Finding(
            "generated_codes",
            _("Some codes are generated here: your shop must learn of them, by the API's answers."),
        )
    if any(reward is not None and reward.code_source == CodeSource.EXTERNAL for reward, _value in paid):
        yield Finding(
            "external_codes", _("Some codes are filled in by your backend: members wait until it does.")
        )
    over = {reward for reward, _value in paid if reward and reward.valid_until and reward.valid_until <= at}
    for reward in sorted(over, key=str):
        message = _("The validity of “%(reward)s” is over: its coupons will be expired when they are given.")
        yield Finding("over_reward", message % {"reward": reward})
    yield from _pools(challenge, [(reward, value) for reward, value in paid if reward is not None], at)


def _pools(challenge: Challenge, paid: Sequence[tuple[Reward, Decimal]], at: datetime) -> Iterator[Finding]:
    winners: Counter[UUID] = Counter()
    pools = {reward.id: reward for reward, _value in paid if reward.code_source == CodeSource.POOL}
    for reward, value in paid:
        if reward.id in pools:
            winners[reward.id] += expected_winners(challenge, value, at)
    for id_, reward in pools.items():
        left = CouponCode.objects.filter(reward=id_, reward_log=None).count()
        if left == 0:
            yield Finding(
                "empty_pool", _("“%(reward)s” has no codes left: winners will wait.") % {"reward": reward}
            )
        elif left < winners[id_]:
            message = _("“%(reward)s” has %(left)s codes left; the last window had %(winners)s winners.")
            yield Finding("small_pool", message % {"reward": reward, "left": left, "winners": winners[id_]})


def expected_winners(challenge: Challenge, value: Decimal, at: datetime) -> int:
    """How many members reached that value in the window before this one; 0 for a new challenge."""
    now = challenge.window_at(at)
    before = window_before(challenge.aggregation_period, now, challenge.time_zone)
    return ChallengeProgress.objects.filter(
        challenge=challenge.id, period_key=before.period_key, current_progress_value__gte=value
    ).count()


def _texts(challenge: Challenge) -> Iterator[Finding]:
    if challenge.aggregation_method == AggregationMethod.COUNT:
        dollars = [
            code
            for code in settings.LANGUAGES_OFFERED
            if any("$" in effective_text(challenge, field, code) for field in MESSAGES)
        ]
        if dollars:
            message = _("It counts activities, yet a message speaks of $ in: %(languages)s.")
            yield Finding(
                "money_in_count", message % {"languages": _names(dollars)}, f"{MESSAGES[0]}_{dollars[0]}"
            )
    written = [
        code
        for code in settings.LANGUAGES_OFFERED
        if any(getattr(challenge, f"{field}_{code}", "") for field in SHOWN_FIRST)
    ]
    missing = [
        code
        for code in settings.LANGUAGES_OFFERED
        if any(
            getattr(challenge, f"{field}_{other}", "") and not getattr(challenge, f"{field}_{code}", "")
            for field in SHOWN_FIRST
            for other in written
        )
    ]
    if not written:
        message = _("It has no title and no description: members see its name.")
        yield Finding("no_title", message, "eud_title_en")
    elif missing:
        message = _(
            "Title or description is not translated into: %(languages)s. Members read the English one."
        )
        yield Finding("not_translated", message % {"languages": _names(missing)}, f"eud_title_{missing[0]}")


def _icon(challenge: Challenge) -> Iterator[Finding]:
    if not challenge.eud_icon:
        yield Finding("no_icon", _("It has no icon: members see the default one."), "icon")


def _names(codes: Sequence[str]) -> str:
    return ", ".join(str(get_language_info(code)["name_translated"]) for code in codes)

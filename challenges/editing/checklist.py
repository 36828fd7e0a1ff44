"""Find what staff should look at before a challenge goes live: what is allowed and may be a mistake.

What is not allowed is refused by `service.impact`, as by the API, and is not listed here.
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
    """One thing to look at. `message` is translated; `field` is a column of the challenge, or empty."""

    code: str
    message: str
    field: str = ""


def findings(challenge: Challenge, milestones: Sequence[Milestone], at: datetime) -> list[Finding]:
    """List the findings about a challenge as it will be stored, with all milestones that it will have."""
    live_milestones = [milestone for milestone in milestones if milestone.status == RecordStatus.LIVE]
    return [
        *_schedule_findings(challenge, at),
        *_milestone_findings(challenge, milestones, live_milestones),
        *_reward_findings(challenge, live_milestones, at),
        *_text_findings(challenge),
        *_icon_findings(challenge),
    ]


def _schedule_findings(challenge: Challenge, at: datetime) -> Iterator[Finding]:
    if challenge.ends_at is not None and challenge.ends_at <= at:
        yield Finding("has_ended", _("Its end lies in the past: no activity will count."), "ends_at")


def _milestone_findings(
    challenge: Challenge, milestones: Sequence[Milestone], live_milestones: Sequence[Milestone]
) -> Iterator[Finding]:
    idle_count = len(milestones) - len(live_milestones)
    if idle_count:
        message = ngettext(
            "%(n)s milestone is not live and will not pay.",
            "%(n)s milestones are not live and will not pay.",
            idle_count,
        )
        yield Finding("idle_milestones", message % {"n": idle_count})
    rewards_by_target: Counter[Decimal] = Counter(
        milestone.milestone_target_value for milestone in live_milestones
    )
    rewards_by_target[challenge.completion_target_value] += 1
    for target, count in sorted(rewards_by_target.items()):
        if count > 1:
            message = _("%(n)s rewards are paid at the same value, %(value)s.")
            yield Finding("same_value", message % {"n": count, "value": f"{target:f}"})


def _reward_findings(
    challenge: Challenge, live_milestones: Sequence[Milestone], at: datetime
) -> Iterator[Finding]:
    payments = [(milestone.reward, milestone.milestone_target_value) for milestone in live_milestones]
    payments.append((challenge.completion_reward, challenge.completion_target_value))
    if any(reward is None or reward.code_source == CodeSource.GENERATED for reward, _target in payments):
        yield Finding(
            "generated_codes",
            _("Some codes are generated here: your shop must learn of them, by the API's answers."),
        )
    if any(reward is not None and reward.code_source == CodeSource.EXTERNAL for reward, _target in payments):
        yield Finding(
            "external_codes", _("Some codes are filled in by your backend: members wait until it does.")
        )
    ended_rewards = {
        reward for reward, _target in payments if reward and reward.valid_until and reward.valid_until <= at
    }
    for reward in sorted(ended_rewards, key=str):
        message = _("The validity of “%(reward)s” is over: its coupons will be expired when they are given.")
        yield Finding("over_reward", message % {"reward": reward})
    pool_payments = [
        (reward, target) for reward, target in payments if reward and reward.code_source == CodeSource.POOL
    ]
    yield from _pool_findings(challenge, pool_payments, at)


def _pool_findings(
    challenge: Challenge, payments: Sequence[tuple[Reward, Decimal]], at: datetime
) -> Iterator[Finding]:
    """Compare free codes with expected winners. `payments`: each pool reward with the target that pays it."""
    winners: Counter[UUID] = Counter()
    for reward, target in payments:
        winners[reward.id] += expected_winners(challenge, target, at)
    for reward in {reward.id: reward for reward, _target in payments}.values():
        free_codes = CouponCode.objects.filter(reward=reward.id, reward_log=None).count()
        if free_codes == 0:
            yield Finding(
                "empty_pool", _("“%(reward)s” has no codes left: winners will wait.") % {"reward": reward}
            )
        elif free_codes < winners[reward.id]:
            message = _("“%(reward)s” has %(left)s codes left; the last window had %(winners)s winners.")
            values = {"reward": reward, "left": free_codes, "winners": winners[reward.id]}
            yield Finding("small_pool", message % values)


def expected_winners(challenge: Challenge, value: Decimal, at: datetime) -> int:
    """Return how many members reached a value in the window before the one at `at`; 0 for a new challenge."""
    window = challenge.window_at(at)
    previous = window_before(challenge.aggregation_period, window, challenge.time_zone)
    return ChallengeProgress.objects.filter(
        challenge=challenge.id, period_key=previous.period_key, current_progress_value__gte=value
    ).count()


def _text_findings(challenge: Challenge) -> Iterator[Finding]:
    if challenge.aggregation_method == AggregationMethod.COUNT:
        money_languages = [
            code
            for code in settings.LANGUAGES_OFFERED
            if any("$" in effective_text(challenge, field, code) for field in MESSAGES)
        ]
        if money_languages:
            message = _("It counts activities, yet a message speaks of $ in: %(languages)s.")
            yield Finding(
                "money_in_count",
                message % {"languages": _language_names(money_languages)},
                f"{MESSAGES[0]}_{money_languages[0]}",
            )
    written_languages = [
        code
        for code in settings.LANGUAGES_OFFERED
        if any(getattr(challenge, f"{field}_{code}", "") for field in SHOWN_FIRST)
    ]
    missing_languages = [
        code
        for code in settings.LANGUAGES_OFFERED
        if any(
            getattr(challenge, f"{field}_{other}", "") and not getattr(challenge, f"{field}_{code}", "")
            for field in SHOWN_FIRST
            for other in written_languages
        )
    ]
    if not written_languages:
        message = _("It has no title and no description: members see its name.")
        yield Finding("no_title", message, "eud_title_en")
    elif missing_languages:
        message = _(
            "Title or description is not translated into: %(languages)s. Members read the English one."
        )
        yield Finding(
            "not_translated",
            message % {"languages": _language_names(missing_languages)},
            f"eud_title_{missing_languages[0]}",
        )


def _icon_findings(challenge: Challenge) -> Iterator[Finding]:
    if not challenge.eud_icon:
        yield Finding("no_icon", _("It has no icon: members see the default one."), "icon")


def _language_names(codes: Sequence[str]) -> str:
    return ", ".join(str(get_language_info(code)["name_translated"]) for code in codes)

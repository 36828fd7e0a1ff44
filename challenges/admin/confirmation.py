"""Confirmation before saving a challenge: what the edit pays and counts, and the checklist for going live."""

from dataclasses import astuple, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from challenges.admin.form_changes import FormChanges
from challenges.editing import resuming, service
from challenges.editing.checklist import Finding, findings
from challenges.engine import manual_count_impact
from challenges.engine.impact import Impact
from challenges.models import Challenge
from core.admin.confirmation import ConfirmationRequired
from core.choices import CodeSource, RecordStatus
from milestones.models import Milestone
from rewards.models import CouponCode, Reward


@dataclass(frozen=True, slots=True)
class RewardDemand:
    """The number of reward logs that an edit would write for a reward, within its limits.

    `reward` None: a generated code. `left` is the number of free codes of a pool, None for any other source.
    """

    reward: Reward | None
    needed: int
    left: int | None = None

    @property
    def too_few(self) -> bool:
        return self.left is not None and self.left < self.needed


# Added to the answer by the button that resumes and counts what came during the pause.
COUNTING = ":count"


def require_confirmation(edit: FormChanges, stored_status: str, at: datetime, confirmed: str) -> bool:
    """Raise `ConfirmationRequired` for an edit that pays members, publishes or resumes, unless confirmed.

    One that resumes asks only where logs came during the pause; returns whether these are to be counted.
    `stored_status` is "" for a new challenge. `confirmed` is what the confirming button sent; it confirms
    what is paid and found only, as activity goes on coming. Raises `DomainError` when the edit is refused
    (docs/rules.md, Editing a running challenge); an edit from the next window on pays nobody now, and is
    checked when it is saved.
    """
    if edit.from_next_window:
        return False
    impact = service.impact(edit.challenge, edit.milestones, at=at, removed=edit.removed)
    goes_live = edit.challenge.status == RecordStatus.LIVE and stored_status != RecordStatus.LIVE
    publishing = goes_live and stored_status != RecordStatus.PAUSED
    is_resumed = goes_live and not publishing
    paused = resuming.impact_of(edit.challenge.id, at) if is_resumed else Impact(logs=0)
    open_points = findings(edit.challenge, milestones_after(edit), at) if publishing else []
    if any(icon for record, icons in edit.icons for icon in icons.values() if record is edit.challenge):
        open_points = [point for point in open_points if point.code != "no_icon"]
    if not (publishing or impact.paid_members or paused.logs):
        return False
    answer = _answer(edit.challenge.status, impact, open_points)
    if confirmed not in {answer, answer + COUNTING}:
        raise ConfirmationRequired(
            "backoffice/questions/before_saving.html",
            answer,
            publishing=publishing,
            findings=open_points,
            resuming=bool(paused.logs),
            impact=Impact() if impact.logs is not None else impact,
            counting=paused if is_resumed else impact,
            counting_answer=COUNTING,
            tried=manual_count_impact.LOGS_TRIED,
            coupons=reward_demands(impact),
        )
    return is_resumed and confirmed.endswith(COUNTING)


def milestones_after(edit: FormChanges) -> list[Milestone]:
    """Return the milestones that the challenge will have after the edit, lowest first."""
    stored = Milestone.objects.unarchived().filter(challenge=edit.challenge.id).select_related("reward")
    by_id = {milestone.id: milestone for milestone in [*stored, *edit.milestones]}
    removed_ids = {milestone.id for milestone in edit.removed}
    remaining = [milestone for milestone in by_id.values() if milestone.id not in removed_ids]
    return sorted(remaining, key=lambda milestone: (milestone.milestone_target_value, milestone.id))


def reward_demands(impact: Impact) -> list[RewardDemand]:
    """Compare what an edit pays of each reward with what its pool has left."""
    rewards = Reward.objects.in_bulk([id_ for id_ in impact.rewards if id_])
    return [
        _reward_demand(rewards.get(id_) if id_ else None, needed) for id_, needed in impact.rewards.items()
    ]


def _reward_demand(reward: Reward | None, needed: int) -> RewardDemand:
    if reward is None or reward.code_source != CodeSource.POOL:
        return RewardDemand(reward, needed)
    return RewardDemand(reward, needed, CouponCode.objects.filter(reward=reward, reward_log=None).count())


def _answer(status: str, impact: Impact, open_points: list[Finding]) -> str:
    """Identify these figures and findings: when members' progress changes them, the answer is void.

    Not `members`, nor what going live counts: they change with everybody who takes part, and would void the
    answer again and again.
    """
    figures = astuple(replace(impact, members=0) if impact.logs is None else Impact())
    question: tuple[Any, ...] = (figures, sorted(point.message for point in open_points))
    return f"{status}:{sha256(repr(question).encode()).hexdigest()[:32]}"


def status_of(challenge: Challenge) -> str:
    """Return the status that is stored; "" for a new challenge."""
    return Challenge.objects.filter(id=challenge.id).values_list("status", flat=True).first() or ""

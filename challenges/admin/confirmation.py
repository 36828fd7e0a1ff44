"""What the challenge's form asks before it saves: whom an edit pays, and whether it is ready to go live."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from challenges.admin.form_changes import FormChanges
from challenges.editing import service
from challenges.editing.checklist import Finding, findings
from challenges.editing.impact import Impact
from challenges.models import Challenge
from core.admin.confirmation import ConfirmationRequired
from core.choices import CodeSource, RecordStatus
from milestones.models import Milestone
from rewards.models import CouponCode, Reward


@dataclass(frozen=True, slots=True)
class RewardDemand:
    """How many reward logs of a reward an edit would write. `left`: of a pool; None for any other source."""

    reward: Reward | None
    needed: int
    left: int | None = None

    @property
    def too_few(self) -> bool:
        return self.left is not None and self.left < self.needed


def require_confirmation(edit: FormChanges, was: str, at: datetime, confirmed: str) -> None:
    """Raises `Question`, unless there is nothing to ask or `confirmed` answers exactly this.

    Raises `DomainError` where the rules refuse the edit. `was`: the status that is stored; "" for a new one.
    """
    impact = service.impact(edit.challenge, edit.milestones, at=at, removed=edit.removed)
    goes_live = edit.challenge.status == RecordStatus.LIVE and was != RecordStatus.LIVE
    publishing = goes_live and was != RecordStatus.PAUSED
    open_points = findings(edit.challenge, milestones_after(edit), at) if publishing else []
    if any(icon for record, icons in edit.icons for icon in icons.values() if record is edit.challenge):
        open_points = [point for point in open_points if point.code != "no_icon"]
    if not (publishing or impact.paid_members):
        return
    answer = _answer(edit.challenge.status, impact, open_points)
    if confirmed != answer:
        raise ConfirmationRequired(
            "backoffice/questions/before_saving.html",
            answer,
            publishing=publishing,
            findings=open_points,
            impact=impact,
            coupons=reward_demands(impact),
        )


def milestones_after(edit: FormChanges) -> list[Milestone]:
    """Every milestone that the challenge will have, lowest first."""
    stored = Milestone.objects.unarchived().filter(challenge=edit.challenge.id).select_related("reward")
    after = {each.id: each for each in stored} | {each.id: each for each in edit.milestones}
    gone = {each.id for each in edit.removed}
    kept = [each for each in after.values() if each.id not in gone]
    return sorted(kept, key=lambda each: (each.milestone_target_value, each.id))


def reward_demands(impact: Impact) -> list[RewardDemand]:
    rewards = Reward.objects.in_bulk([id_ for id_ in impact.rewards if id_])
    return [
        _reward_demand(rewards.get(id_) if id_ else None, needed) for id_, needed in impact.rewards.items()
    ]


def _reward_demand(reward: Reward | None, needed: int) -> RewardDemand:
    if reward is None or reward.code_source != CodeSource.POOL:
        return RewardDemand(reward, needed)
    return RewardDemand(reward, needed, CouponCode.objects.filter(reward=reward, reward_log=None).count())


def _answer(status: str, impact: Impact, open_points: list[Finding]) -> str:
    """A yes to these figures and these points; members move on meanwhile, and then it asks again."""
    asked: tuple[Any, ...] = (impact.shown(), sorted(point.message for point in open_points))
    return f"{status}:{sha256(repr(asked).encode()).hexdigest()[:32]}"


def status_confirmed(answer: str) -> str:
    """The status that a confirmation is about; "" for anything else."""
    status = answer.partition(":")[0]
    return status if status in RecordStatus.values else ""


def status_of(challenge: Challenge) -> str:
    """As it is stored; "" for a new one."""
    return Challenge.objects.filter(id=challenge.id).values_list("status", flat=True).first() or ""

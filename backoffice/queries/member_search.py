"""The search for a member by anything that identifies them; every look-up is answered by an index."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from challenges.models import Activity, ChallengeLog
from members.models import Member
from rewards.models import CouponCode, RewardLog

MAX_MATCHES = 20


@dataclass(frozen=True, slots=True)
class Match:
    """A member, and what of theirs matched, in words: "coupon code", "log ORDER-1"."""

    member: Member
    matched_by: str


def find_members(text: str) -> list[Match]:
    """Return the members with this identifier, e-mail, coupon code, order number or name, at most 20.

    Everything is matched whole, e-mail and names whatever their case. The closest kind of match comes first;
    six queries.
    """
    text = text.strip()
    if not text or "\0" in text:
        return []
    matches: dict[object, Match] = {}
    for member, matched_by in _candidates(text):
        matches.setdefault(member.pk, Match(member, matched_by))
    return list(matches.values())[:MAX_MATCHES]


def _candidates(text: str) -> Iterator[tuple[Member, str]]:
    """Yield members and what matched, the closest first; a member may come more than once."""
    yield from ((member, _("identifier")) for member in Member.objects.known_as(text))
    yield from ((member, _("e-mail")) for member in _ignoring_case(email=text)[:MAX_MATCHES])
    yield from ((log.member, _("coupon code")) for log in _reward_logs(text))
    logs = ChallengeLog.objects.filter(unique_identifier=text).select_related("member")
    yield from ((log.member, _("log %(id)s") % {"id": text}) for log in logs[:MAX_MATCHES])
    activities = Activity.objects.filter(unique_identifier=text).select_related("member")
    yield from (
        (activity.member, _("activity %(id)s") % {"id": text}) for activity in activities[:MAX_MATCHES]
    )
    yield from ((member, _("name")) for member in _members_named(text)[:MAX_MATCHES])


def _reward_logs(code: str) -> list[RewardLog]:
    """Return the reward logs that have this code, and the one that had it before it was re-issued."""
    reward_logs = list(RewardLog.objects.filter(coupon_code=code).select_related("member")[:MAX_MATCHES])
    coupon_codes = CouponCode.objects.filter(code=code).select_related("reward_log__member")
    return reward_logs + [coupon_code.reward_log for coupon_code in coupon_codes if coupon_code.reward_log]


def _members_named(text: str) -> QuerySet[Member]:
    """Find by the last name, or by the first and the last name."""
    first, _space, last = text.rpartition(" ")
    members = _ignoring_case(last_name=last)
    return members.filter(Q(first_name__iexact=first)) if first else members


def _ignoring_case(**field: str) -> QuerySet[Member]:
    """Find by one field, whatever the case, by its index on the lower-case column."""
    ((name, text),) = field.items()
    return Member.objects.alias(folded=Lower(name)).filter(folded=text.lower())

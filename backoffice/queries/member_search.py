"""Finding a member by whatever support has in hand: every look-up is answered by an index."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from challenges.models import Activity, ChallengeLog
from members.models import Member
from rewards.models import CouponCode, RewardLog

FOUND_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A member, and by what: "order number ORDER-1"."""

    member: Member
    by: str


def find(text: str) -> list[Found]:
    """The members that this text names: whole identifier, e-mail, coupon code or order number; or a name.

    At most 20, the closest first; six queries.
    """
    text = text.strip()
    if not text or "\0" in text:
        return []
    found: dict[object, Found] = {}
    for member, by in _matches(text):
        found.setdefault(member.pk, Found(member, by))
    return list(found.values())[:FOUND_AT_MOST]


def _matches(text: str) -> Iterator[tuple[Member, str]]:
    yield from ((member, _("identifier")) for member in Member.objects.known_as(text))
    yield from ((member, _("e-mail")) for member in _folded(email=text)[:FOUND_AT_MOST])
    yield from ((log.member, _("coupon code")) for log in _reward_logs(text))
    logs = ChallengeLog.objects.filter(unique_identifier=text).select_related("member")
    yield from ((log.member, _("log %(id)s") % {"id": text}) for log in logs[:FOUND_AT_MOST])
    activities = Activity.objects.filter(unique_identifier=text).select_related("member")
    yield from ((each.member, _("activity %(id)s") % {"id": text}) for each in activities[:FOUND_AT_MOST])
    yield from ((member, _("name")) for member in _named(text)[:FOUND_AT_MOST])


def _reward_logs(code: str) -> list[RewardLog]:
    """Whoever has the code now, and whoever had it before it was re-issued."""
    now = list(RewardLog.objects.filter(coupon_code=code).select_related("member")[:FOUND_AT_MOST])
    given = CouponCode.objects.filter(code=code).select_related("reward_log__member")
    return now + [each.reward_log for each in given if each.reward_log]


def _named(text: str) -> QuerySet[Member]:
    """A last name, or a first and a last name."""
    first, _space, last = text.rpartition(" ")
    named = _folded(last_name=last)
    return named.filter(Q(first_name__iexact=first)) if first else named


def _folded(**field: str) -> QuerySet[Member]:
    """Whatever the case; served by the index on the lower-case column."""
    ((name, text),) = field.items()
    return Member.objects.alias(folded=Lower(name)).filter(folded=text.lower())

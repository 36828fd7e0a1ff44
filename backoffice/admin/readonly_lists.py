"""Members and ledgers with the way to the desk's pages: the lists find, the desk explains and acts."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.pages.actions import MAY_LOG, MAY_REWARD
from backoffice.queries import member_timeline
from backoffice.templatetags.backoffice import act_name, in_order
from challenges.admin.readonly_lists import ChallengeLogAdmin, ChallengeProgressAdmin
from challenges.models import ChallengeLog, ChallengeProgress
from core.admin.theme import ChangeList, action, display
from members.admin import MemberAdmin
from members.models import Member
from rewards.admin.model_admins import RewardLogAdmin
from rewards.models import RewardLog

MAY_LOOK = ("members.view_member", "challenges.view_challengelog", "challenges.view_challengeprogress")


class MemberLink:
    """For a ModelAdmin of what belongs to a member: a button that leads to their page."""

    actions_detail = ("member_page",)

    @action(description=_("Member's page"), url_path="member-page", permissions=["look"], icon="person")
    def member_page(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_object(request, object_id)
        member_id = record.pk if isinstance(record, Member) else record.member_id
        return HttpResponseRedirect(reverse("backoffice:member", args=[member_id]))

    def has_look_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perms(MAY_LOOK))


class MemberRows(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("backoffice:member", args=[result.pk])


class ProgressRows(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("backoffice:progress", args=[result.pk])


class BackofficeMemberAdmin(MemberLink, MemberAdmin):
    """A row leads to the member's page; the profile is edited from there."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MemberRows if request.user.has_perms(MAY_LOOK) else super().get_changelist(request)


class BackofficeProgressAdmin(MemberLink, ChallengeProgressAdmin):
    """A row leads to the page that says why."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ProgressRows if request.user.has_perms(MAY_LOOK) else super().get_changelist(request)


class RecordActions(MemberLink):
    """With what may be done with the record, for whoever may."""

    act_permission = ""

    def possible(self, record: Any) -> frozenset[str]:
        raise NotImplementedError

    def address(self, name: str, record: Any) -> str:
        return reverse("backoffice:action", args=[name, record.pk])

    def get_fields(self: Any, request: HttpRequest, obj: models.Model | None = None) -> Any:
        fields = super().get_fields(request, obj)
        may = obj is not None and request.user.has_perms(["members.view_member", self.act_permission])
        return ("acts", *fields) if may else fields

    def get_readonly_fields(self: Any, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return ("acts", *super().get_readonly_fields(request, obj))

    @display(description=_("what can be done"))
    def acts(self, record: Any) -> SafeString | str:
        links = [(self.address(name, record), act_name(name)) for name in in_order(self.possible(record))]
        acts = format_html_join("", '<a class="desk-link" href="{}">{}</a>', links)
        return format_html('<span class="desk-acts">{}</span>', acts) if links else "–"


class BackofficeRewardLogAdmin(RecordActions, RewardLogAdmin):
    act_permission = MAY_REWARD

    def possible(self, record: RewardLog) -> frozenset[str]:
        return member_timeline.actions_on_reward(record, timezone.now())


class BackofficeChallengeLogAdmin(RecordActions, ChallengeLogAdmin):
    act_permission = MAY_LOG

    def possible(self, record: ChallengeLog) -> frozenset[str]:
        return member_timeline.actions_on_log(record)

    def address(self, name: str, record: ChallengeLog) -> str:
        if name == "count_anyway":
            return reverse("backoffice:count_anyway", args=[record.member_id]) + f"?log={record.pk}"
        return super().address(name, record)


REGISTERED: dict[type[models.Model], Any] = {
    Member: BackofficeMemberAdmin,
    ChallengeProgress: BackofficeProgressAdmin,
    RewardLog: BackofficeRewardLogAdmin,
    ChallengeLog: BackofficeChallengeLogAdmin,
}

"""The read-only lists of members, progress and logs, linked to the member's page and to support's actions."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.admin.count_anyway import CountAllAnyway
from backoffice.pages.actions import ADD_LOG_PERMISSION, CHANGE_REWARD_LOG_PERMISSION
from backoffice.queries import member_timeline
from backoffice.templatetags.backoffice import action_label, in_display_order
from challenges.admin.readonly_lists import ChallengeLogAdmin, ChallengeProgressAdmin
from challenges.models import ChallengeLog, ChallengeProgress
from core.admin import registry
from core.admin.theme import ChangeList, action, display
from members.admin import MemberAdmin
from members.models import Member
from rewards.admin.model_admins import RewardLogAdmin
from rewards.models import RewardLog

MEMBER_PAGE_PERMISSIONS = (
    "members.view_member",
    "challenges.view_challengelog",
    "challenges.view_challengeprogress",
)


class MemberLink:
    """Mixin for the ModelAdmin of a member or of a member's record: a button to the member's page."""

    actions_detail = ("member_page",)

    @action(
        description=_("Member's page"), url_path="member-page", permissions=["member_page"], icon="person"
    )
    def member_page(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.record_or_404(request, object_id)
        member_id = record.pk if isinstance(record, Member) else record.member_id
        return HttpResponseRedirect(reverse("backoffice:member", args=[member_id]))

    def has_member_page_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perms(MEMBER_PAGE_PERMISSIONS))


class MemberChangeList(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("backoffice:member", args=[result.pk])


class ProgressChangeList(ChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("backoffice:progress", args=[result.pk])


@registry.extend(Member)
class BackofficeMemberAdmin(MemberLink, MemberAdmin):
    """Members whose rows lead to the member's page; the profile is edited from there."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        may_view = request.user.has_perms(MEMBER_PAGE_PERMISSIONS)
        return MemberChangeList if may_view else super().get_changelist(request)


@registry.extend(ChallengeProgress)
class BackofficeProgressAdmin(MemberLink, ChallengeProgressAdmin):
    """Progress whose rows lead to the page that explains the value."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        may_view = request.user.has_perms(MEMBER_PAGE_PERMISSIONS)
        return ProgressChangeList if may_view else super().get_changelist(request)


class RecordActions(MemberLink):
    """Mixin that links a record's page to its available actions, for staff with `action_permission`."""

    action_permission = ""

    def available_actions(self, record: Any) -> frozenset[str]:
        """Return the names of the actions that the record's state allows."""
        raise NotImplementedError

    def action_url(self, name: str, record: Any) -> str:
        return reverse("backoffice:action", args=[name, record.pk])

    def get_fields(self: Any, request: HttpRequest, obj: models.Model | None = None) -> Any:
        fields = super().get_fields(request, obj)
        may_act = obj is not None and request.user.has_perms(["members.view_member", self.action_permission])
        return ("action_links", *fields) if may_act else fields

    def get_readonly_fields(self: Any, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return ("action_links", *super().get_readonly_fields(request, obj))

    @display(description=_("what can be done"))
    def action_links(self, record: Any) -> SafeString | str:
        links = [
            (self.action_url(name, record), action_label(name))
            for name in in_display_order(self.available_actions(record))
        ]
        anchors = format_html_join("", '<a class="desk-link" href="{}">{}</a>', links)
        return format_html('<span class="desk-acts">{}</span>', anchors) if links else "–"


@registry.extend(RewardLog)
class BackofficeRewardLogAdmin(RecordActions, RewardLogAdmin):
    action_permission = CHANGE_REWARD_LOG_PERMISSION

    def available_actions(self, record: RewardLog) -> frozenset[str]:
        return member_timeline.actions_on_reward(record, timezone.now())


@registry.extend(ChallengeLog)
class BackofficeChallengeLogAdmin(CountAllAnyway, RecordActions, ChallengeLogAdmin):
    action_permission = ADD_LOG_PERMISSION

    def available_actions(self, record: ChallengeLog) -> frozenset[str]:
        return member_timeline.actions_on_log(record)

    def action_url(self, name: str, record: ChallengeLog) -> str:
        if name == "count_anyway":
            return reverse("backoffice:count_anyway", args=[record.member_id]) + f"?log={record.pk}"
        return super().action_url(name, record)

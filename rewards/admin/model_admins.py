"""The ModelAdmins of rewards, reward logs and coupon codes."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from core.admin import registry
from core.admin.base_classes import StaffModelAdmin, ViewOnlyAdmin
from core.admin.history import HistoryAdmin
from core.admin.languages import language_tabs
from core.admin.large_tables import ExactSearch
from core.admin.removal import ArchivedFilter, DomainRemoval
from core.admin.theme import (
    AutocompleteSelectFilter,
    Badge,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    action,
    display,
)
from core.choices import CodeSource, RewardLogStatus
from rewards.admin.code_upload import UploadsCodes
from rewards.admin.csv_download import DownloadsCsv
from rewards.admin.forms import TEXTS, RewardForm
from rewards.admin.revocation import ShowsWhoRevoked
from rewards.domain import exports, pool_levels, reward_service
from rewards.models import CouponCode, Reward, RewardLog

STATUS_COLOURS = {
    "issued": "info",
    "redeemed": "success",
    "pending_code": "warning",
    "expired": "danger",
    "revoked": "danger",
    "capped": "warning",
}


@registry.register(Reward)
class RewardAdmin(UploadsCodes, DomainRemoval, StaffModelAdmin, HistoryAdmin, TranslationAdmin):
    list_display = ("name", "code_source", "codes_left", "issued", "ends", "valid_for_days")
    list_filter = (("code_source", ChoicesDropdownFilter), ArchivedFilter)
    search_fields = ("name",)
    ordering = ("-id",)
    form = RewardForm
    actions_detail = ("upload_codes",)
    change_form_outer_before_template = "admin/rewards/reward/archived.html"
    fieldsets: Any = (
        (None, {"fields": ("name", "description")}),
        (
            _("Coupon codes"),
            {"fields": ("code_source", "shared_code", "code_prefix", "code_length", "low_water_mark")},
        ),
        (_("Validity"), {"fields": ("valid_for_days", "valid_until")}),
        (_("Limits"), {"fields": (("max_total", "max_per_member"),)}),
        *language_tabs(TEXTS),
    )
    conditional_fields = {
        "shared_code": "code_source == 'shared'",
        "code_prefix": "code_source == 'generated'",
        "code_length": "code_source == 'generated'",
        "low_water_mark": "code_source == 'pool'",
    }

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.upload_view)
        return [path("<uuid:object_id>/codes/", view, name="rewards_reward_codes"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Reward, form: Any, change: bool) -> None:
        reward_service.save(obj, at=timezone.now())

    def remove(self, obj: Reward, at: datetime) -> None:
        reward_service.remove(obj, at=at)

    def restore(self, obj: Reward, at: datetime) -> None:
        reward_service.restore(obj, at=at)

    def describe_removal(self, obj: Reward) -> str:
        return reward_service.describe_removal(obj)

    def has_change_permission(self, request: HttpRequest, obj: Reward | None = None) -> bool:
        """Deny changes to an archived reward, which has to be restored first."""
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    @action(description=_("Upload codes"), url_path="upload", permissions=["upload"], icon="upload")
    def upload_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:rewards_reward_codes", args=[object_id]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reward]:
        free = CouponCode.objects.filter(reward=OuterRef("pk"), reward_log=None).order_by().values("reward")
        given = RewardLog.objects.filter(
            reward=OuterRef("pk"), status__in=[RewardLogStatus.ISSUED, RewardLogStatus.REDEEMED]
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                free_codes=Subquery(free.annotate(n=Count("*")).values("n")),
                given=Subquery(given.order_by().values("reward").annotate(n=Count("*")).values("n")),
            )
        )

    @display(description=_("codes left"))
    def codes_left(self, reward: Any) -> str:
        if reward.code_source != CodeSource.POOL:
            return "–"
        left = reward.free_codes or 0
        return _with_badge(left, "paused", _("low")) if left < pool_levels.low_mark(reward) else str(left)

    @display(description=_("valid until"), ordering="valid_until", empty_value="–")
    def ends(self, reward: Reward) -> str | None:
        if reward.valid_until is None:
            return None
        date = date_format(timezone.localtime(reward.valid_until), "DATETIME_FORMAT")
        return _with_badge(date, "expired", _("over")) if reward.valid_until <= timezone.now() else date

    @display(description=_("issued"))
    def issued(self, reward: Any) -> int:
        return reward.given or 0


def _with_badge(value: object, kind: str, label: Any) -> str:
    return format_html('{} <span class="desk-badge is-{}">{}</span>', value, kind, label)


class ShownStatusFilter(ChoicesDropdownFilter):
    """Filters by the status that is shown; `expired` is derived (docs/rules.md, Coupon codes)."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        status = self.value()
        if not status:
            return queryset
        if status not in RewardLogStatus.values:
            return queryset.none()
        return queryset.with_status(status, timezone.now())


@registry.register(RewardLog)
class RewardLogAdmin(ShowsWhoRevoked, DownloadsCsv, ExactSearch, ViewOnlyAdmin):
    export = staticmethod(exports.export_reward_logs)
    export_permission = "rewards.view_rewardlog"
    list_display = (
        "member",
        "paid_for",
        "challenge",
        "period_key",
        "shown_status",
        "coupon_code",
        "reward_issued_at",
        "reward_expiry_at",
    )
    list_select_related = ("member", "challenge", "milestone")
    list_filter = (
        ("challenge", AutocompleteSelectFilter),
        ("reward", AutocompleteSelectFilter),
        ("status", ShownStatusFilter),
        ("reward_issued_at", RangeDateTimeFilter),
    )
    exact_search_fields = ("coupon_code", "member__external_id")
    search_help_text = _("The whole coupon code or member identifier")
    fields = (
        ("member", "challenge"),
        ("milestone", "reward"),
        ("period_key", "shown_status"),
        ("coupon_code", "challenge_log"),
        ("reward_issued_at", "reward_expiry_at"),
        ("redeemed_at", "achieved_target_value"),
        ("updated_at",),
    )
    readonly_fields = ("shown_status",)

    @display(description=_("paid for"))
    def paid_for(self, log: RewardLog) -> str:
        return str(log.milestone) if log.milestone else str(_("Completion"))

    @display(description=_("status"), label=STATUS_COLOURS)
    def shown_status(self, log: RewardLog) -> Badge:
        status = log.status_at(timezone.now())
        return Badge(status.value, str(status.label))


@registry.register(CouponCode)
class CouponCodeAdmin(DownloadsCsv, ExactSearch, ViewOnlyAdmin):
    export = staticmethod(exports.export_coupon_codes)
    export_permission = "rewards.add_couponcode"
    list_display = ("code", "reward", "given_to", "created_at")
    list_select_related = ("reward", "reward_log__member")
    list_filter = (("reward", AutocompleteSelectFilter), ("reward_log", admin.EmptyFieldListFilter))
    exact_search_fields = ("code",)
    search_help_text = _("The whole code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponCode]:
        """Leave out the codes that rewards share: they are shown with their rewards."""
        return super().get_queryset(request).filter(shared=False)

    @display(description=_("given to"), empty_value="–")
    def given_to(self, code: CouponCode) -> str | None:
        return str(code.reward_log.member) if code.reward_log else None

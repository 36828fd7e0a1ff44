"""Withdrawing uploaded codes that nobody has yet, in the admin (docs/rules.md, Coupon codes)."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import ngettext

from core.admin.fields import ReasonField
from core.admin.form_errors import add_error
from core.errors import DomainError
from rewards.domain import code_withdrawal
from rewards.models import Reward


class WithdrawalForm(forms.Form):
    reason = ReasonField()


class WithdrawsCodes:
    """Mixin for the reward's ModelAdmin. Whoever may upload codes may withdraw them."""

    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(self.withdraw_view)
        route = path("<uuid:object_id>/codes/withdraw/", view, name="rewards_reward_withdraw")
        return [route, *super().get_urls()]

    def withdraw_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Withdraw the free codes of one upload (`?uploaded=TIME`), or all free codes."""
        reward = get_object_or_404(Reward, pk=object_id)
        if not request.user.has_perm("rewards.add_couponcode"):
            raise PermissionDenied
        uploaded_at = _upload_time(request.GET.get("uploaded", ""))
        free = reward.coupon_codes.filter(reward_log=None)
        count = (free.filter(created_at=uploaded_at) if uploaded_at else free).count()
        form = WithdrawalForm(request.POST or None)
        back = reverse("admin:rewards_reward_codes", args=[reward.pk])
        if request.method == "POST" and form.is_valid() and _withdraw(request, form, reward, uploaded_at):
            return HttpResponseRedirect(back)
        title = ngettext("Withdraw %(n)s code", "Withdraw %(n)s codes", count) % {"n": f"{count:,}"}
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": reward,
            "form": form,
            "uploaded_at": uploaded_at,
            "back": back,
        }
        return TemplateResponse(request, "admin/rewards/reward/withdraw.html", context)


def _withdraw(request: HttpRequest, form: Any, reward: Reward, uploaded_at: datetime | None) -> bool:
    """Withdraw the codes; False, with the error added to the form, when that is refused."""
    reason, at = form.cleaned_data["reason"], timezone.now()
    try:
        count = code_withdrawal.withdraw(reward.pk, request.user, reason, at=at, uploaded_at=uploaded_at)
    except DomainError as error:
        add_error(form, error, error.field)
        return False
    message = ngettext("%(n)s code is withdrawn.", "%(n)s codes are withdrawn.", count)
    messages.success(request, message % {"n": f"{count:,}"})
    return True


def _upload_time(text: str) -> datetime | None:
    """Parse the time of an upload; None for an empty text, which means all uploads.

    Any other text becomes a time at which there was no upload, so that it never means all of them.
    """
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    is_valid = moment is not None and timezone.is_aware(moment)
    return moment if is_valid else datetime.min.replace(tzinfo=timezone.get_default_timezone())

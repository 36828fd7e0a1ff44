"""Taking uploaded codes out again in the admin: how many, why, and done once."""

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


class WhyForm(forms.Form):
    reason = ReasonField()


class WithdrawsCodes:
    """For the reward's ModelAdmin, beside `UploadsCodes`: who may upload may take back."""

    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(self.withdraw_view)
        route = path("<uuid:object_id>/codes/withdraw/", view, name="rewards_reward_withdraw")
        return [route, *super().get_urls()]

    def withdraw_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """`?uploaded=TIME`: the codes of one upload; without: all that nobody has."""
        reward = get_object_or_404(Reward, pk=object_id)
        if not request.user.has_perm("rewards.add_couponcode"):
            raise PermissionDenied
        uploaded_at = _moment(request.GET.get("uploaded", ""))
        free = reward.coupon_codes.filter(reward_log=None)
        n = (free.filter(created_at=uploaded_at) if uploaded_at else free).count()
        form = WhyForm(request.POST or None)
        back = reverse("admin:rewards_reward_codes", args=[reward.pk])
        if request.method == "POST" and form.is_valid() and _withdrawn(request, form, reward, uploaded_at):
            return HttpResponseRedirect(back)
        title = ngettext("Withdraw %(n)s code", "Withdraw %(n)s codes", n) % {"n": f"{n:,}"}
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


def _withdrawn(request: HttpRequest, form: Any, reward: Reward, uploaded_at: datetime | None) -> bool:
    reason, at = form.cleaned_data["reason"], timezone.now()
    try:
        gone = code_withdrawal.withdraw(reward.pk, request.user, reason, at=at, uploaded_at=uploaded_at)
    except DomainError as error:
        add_error(form, error, error.field)
        return False
    told = ngettext("%(n)s code is withdrawn.", "%(n)s codes are withdrawn.", gone)
    messages.success(request, told % {"n": f"{gone:,}"})
    return True


def _moment(text: str) -> datetime | None:
    """A time of an upload as the page wrote it. One that is none names no upload, and never all of them."""
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    known = moment is not None and timezone.is_aware(moment)
    return moment if known else datetime.min.replace(tzinfo=timezone.get_default_timezone())

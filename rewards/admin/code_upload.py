"""Uploading codes to a pool in the admin, with a report by line (docs/rules.md, Coupon codes)."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.domain import audit_log
from core.admin.form_errors import add_error
from core.admin.theme import UnfoldAdminFileFieldWidget
from core.api.http.middleware import accepts_upload
from core.choices import CodeSource
from core.errors import DomainError
from rewards.admin.code_withdrawal import WithdrawsCodes
from rewards.domain import code_withdrawal, pool_import, pool_levels
from rewards.domain.code_files import LARGEST_FILE, Reason, read_codes
from rewards.models import Reward

LARGEST_UPLOAD = LARGEST_FILE + 64 * 1024  # and the form around the file


class CodesForm(forms.Form):
    codes = forms.FileField(
        label=_("File"),
        help_text=_("One code a line, or CSV with a column named “code”. The same file again adds nothing."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )


class UploadsCodes(WithdrawsCodes):
    """Mixin for the reward's ModelAdmin."""

    def has_upload_permission(self: Any, request: HttpRequest, object_id: str | None = None) -> bool:
        """Require the permission to add codes and, on a reward's page, that the reward is a pool."""
        if not request.user.has_perm("rewards.add_couponcode"):
            return False
        return object_id is None or Reward.objects.pools().filter(pk=object_id).exists()

    @accepts_upload(LARGEST_UPLOAD, "rewards.add_couponcode")
    def upload_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        reward = get_object_or_404(Reward, pk=object_id)
        if not self.has_upload_permission(request):
            raise PermissionDenied
        form = CodesForm(request.POST or None, request.FILES or None)
        report = None
        if request.method == "POST" and form.is_valid():
            report = _import(request, reward, form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload codes"),
            "opts": self.opts,
            "original": reward,
            "form": form,
            "report": report,
            "reasons": dict(Reason.choices),
            "is_pool": reward.code_source == CodeSource.POOL,
            "outlook": pool_levels.outlooks([reward], timezone.now())[reward.id],
            "uploads": code_withdrawal.uploads(reward.id),
        }
        return TemplateResponse(request, "admin/rewards/reward/upload.html", context)


def _import(request: HttpRequest, reward: Reward, form: CodesForm) -> pool_import.Report | None:
    """Import the uploaded codes; None, with the error added to the form, when they are refused."""
    file, at = form.cleaned_data["codes"], timezone.now()
    # In the audit log before the first code is stored: an interrupted upload has stored some, too.
    if reward.code_source == CodeSource.POOL:
        audit_log.note(request.user, "import_codes", at=at, target=reward, detail={"file": file.name[:100]})
    try:
        return pool_import.import_codes(reward.id, read_codes(file), noted=True)
    except DomainError as error:
        add_error(form, error, None)
        return None

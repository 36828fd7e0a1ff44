"""Export and import of challenges in the admin, to move them to another installation.

The rules are in docs/rules.md, Editing a running challenge.
"""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from challenges.api import exchange
from challenges.models import Challenge
from core.admin.theme import UnfoldAdminFileFieldWidget, action
from core.api.errors import Refused
from core.api.http.renderers import encode
from core.api.http.strict_json import strict_loads
from core.errors import DomainError

MAX_BYTES = 8 * 1024 * 1024  # larger ones by `manage.py import_challenges`
LONGEST_IMPORT = 1.5  # seconds of a processor


class DocumentForm(forms.Form):
    document = forms.FileField(
        label=_("File"),
        help_text=_("What “Export” gave you in the other installation. Everything arrives as a draft."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".json,application/json"}),
    )


class ImportExport:
    """Mixin for the challenge's ModelAdmin."""

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="challenges_challenge_import"), *super().get_urls()]

    @action(description=_("Export the chosen challenges"), permissions=["view"])
    def export_chosen(self, request: HttpRequest, selected: QuerySet[Challenge]) -> HttpResponse:
        challenges = selected.select_related("completion_reward").order_by("id")
        document = encode(exchange.exported(challenges, timezone.now()))
        return HttpResponse(
            msgspec.json.format(document, indent=2),
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="challenges.json"'},
        )

    @action(description=_("Import"), url_path="import-file", permissions=["import"], icon="upload")
    def import_challenges(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:challenges_challenge_import"))

    def has_import_permission(self: Any, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and request.user.has_perm("rewards.add_reward")

    def import_view(self: Any, request: HttpRequest) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = DocumentForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                document = _read_document(form.cleaned_data["document"])
                imported = exchange.imported(document, timezone.now(), checkpoint=_checkpoint())
            except (DomainError, Refused) as error:
                for text in exchange.error_texts(error):
                    form.add_error("document", text)
            else:
                count = len(imported)
                text = ngettext("%d challenge arrived as a draft.", "%d challenges arrived as drafts.", count)
                self.message_user(request, text % count)
                return HttpResponseRedirect(reverse("admin:challenges_challenge_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import challenges"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/challenges/challenge/import.html", context)


def _checkpoint() -> Callable[[], None]:
    """What ends an import that takes too long: some hundred icons can take minutes."""
    end = time.thread_time() + LONGEST_IMPORT

    def check() -> None:
        if time.thread_time() > end:
            raise DomainError(
                "too_large", "This is too much at once. Export fewer challenges, or use import_challenges."
            )

    return check


def _read_document(file: Any) -> Any:
    if file.size > MAX_BYTES:
        raise DomainError("too_large", "The file is too large to be an export of challenges.")
    return strict_loads(file.read())

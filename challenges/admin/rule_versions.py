"""The pages of a challenge's rule versions: the list of them, and cancelling the pending one."""

from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from challenges.admin import next_window
from challenges.admin.version_words import described, pending_described
from challenges.editing import service
from challenges.engine import rule_versions
from challenges.models import RuleVersion
from core.admin.theme import ModelAdmin, action
from core.errors import DomainError

VERSIONS_PER_PAGE = 100


class RulesInForce(ModelAdmin):
    """For a ModelAdmin, in front of it: records are read as the version in force by the clock has them.

    Every list, form, history and copy reads through `get_queryset`, so that this is the one place.
    """

    def get_queryset(self, request: HttpRequest) -> Any:
        if not getattr(request, "rules_in_force", False):
            request.rules_in_force = True  # type: ignore[attr-defined]
            rule_versions.apply_before_reading(timezone.now())
        return super().get_queryset(request)


class RuleVersionPages(RulesInForce):
    """For the challenge's ModelAdmin, in front of it; name `versions` among its `actions_detail`."""

    def get_urls(self: Any) -> list[Any]:
        view = self.admin_site.admin_view(self.cancel_pending_view)
        cancel = path(
            "<path:object_id>/versions/pending/cancel/", view, name="challenges_challenge_cancel_pending"
        )
        return [cancel, *super().get_urls()]

    @action(description=_("Rule versions"), url_path="versions", permissions=["view"], icon="rule")
    def versions(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """List the versions, newest first, each with what it changed."""
        challenge = self.record_or_404(request, object_id)
        stored = RuleVersion.objects.filter(challenge=challenge.pk).order_by("-number")
        paginator = Paginator(stored, VERSIONS_PER_PAGE)
        page = paginator.get_page(request.GET.get("page"))
        first = (page.number - 1) * VERSIONS_PER_PAGE
        # One more: what the last one of the page is compared with.
        rows = list(stored[first : first + VERSIONS_PER_PAGE + 1])
        pairs = list(zip_longest(rows[:VERSIONS_PER_PAGE], rows[1:]))
        context = self._context(request, challenge, gettext("Rule versions of %(name)s"))
        context |= {
            "described": described(challenge, pairs),
            "page": page,
            "page_range": paginator.get_elided_page_range(page.number),
        }
        return TemplateResponse(request, "admin/challenges/challenge/versions.html", context)

    def cancel_pending_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once, then cancel what begins with the next window."""
        challenge = self.record_or_404(request, object_id)
        if not self.has_change_permission(request, challenge):
            raise PermissionDenied
        if request.method == "POST":
            self._cancel_pending(request, challenge)
            return HttpResponseRedirect(self._form_url(challenge))
        pending = pending_described(challenge)
        if pending is None:
            messages.warning(request, _nothing_pending())
            return HttpResponseRedirect(self._form_url(challenge))
        context = self._context(request, challenge, gettext("Cancel what begins with the next window?"))
        context |= {
            "pending": pending,
            "begins": next_window.moment_text(challenge, pending.version.in_force_from),
        }
        return TemplateResponse(request, "admin/challenges/challenge/cancel_pending.html", context)

    def _cancel_pending(self, request: HttpRequest, challenge: Any) -> None:
        try:
            if service.cancel_pending(challenge, at=timezone.now()):
                text = gettext("Cancelled: “%(name)s” keeps its rules when the next window begins.")
                self.log_change(request, challenge, text % {"name": challenge})
                messages.success(request, text % {"name": challenge})
            else:
                messages.warning(request, _nothing_pending())
        except DomainError as error:
            messages.error(request, error.message)

    def _context(self: Any, request: HttpRequest, challenge: Any, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title % {"name": challenge},
            "opts": self.opts,
            "original": challenge,
            "form_url": self._form_url(challenge),
        }

    def _form_url(self: Any, challenge: Any) -> str:
        return reverse("admin:challenges_challenge_change", args=[challenge.pk])


def _nothing_pending() -> str:
    return gettext("Nothing begins with the next window: it has begun already, or was cancelled.")

"""Deleting a challenge goes by the rules: with history it is archived, and can be restored."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from challenges import rules
from challenges.models import Challenge
from challenges_project.errors import DomainError


class RemovesByRules:
    """For the challenge's ModelAdmin, in front of it."""

    def get_urls(self: Any) -> list[Any]:
        restore = self.admin_site.admin_view(require_POST(self.restore_view))
        own = path("<path:object_id>/restore/", restore, name="challenges_challenge_restore")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def get_deleted_objects(self, objs: Iterable[Challenge], request: HttpRequest) -> tuple[Any, ...]:
        """What the confirmation lists: nothing stands in the way, for what has history is archived."""
        said = [
            _("%(name)s: has activity, so it is archived; it can be restored") % {"name": each}
            if each.challenge_logs.exists()
            else _("%(name)s: has no activity, so it is deleted with its milestones") % {"name": each}
            for each in objs
        ]
        return said, {str(Challenge._meta.verbose_name_plural): len(said)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Challenge) -> None:
        obj.fate = rules.remove(obj, at=timezone.now())  # type: ignore[attr-defined]

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Challenge]) -> None:
        for each in queryset:
            self.delete_model(request, each)

    def restore_view(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        challenge = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_change_permission(request, None):
            raise PermissionDenied
        try:
            rules.restore(challenge, at=timezone.now())
            messages.success(request, _("“%(name)s” is restored.") % {"name": challenge})
        except DomainError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:challenges_challenge_change", args=[challenge.pk]))

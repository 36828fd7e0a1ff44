"""One version out of a challenge's history: how it differs from now, and the way back to it, by the rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from challenges.admin import asking, saving
from challenges.models import Challenge
from challenges_project.admin import Question
from challenges_project.errors import DomainError

# Not part of an edit: keys, clocks, and the status, which is an action of its own. A replaced icon is gone.
KEPT = frozenset(
    {"id", "status", "version", "settling_since", "archived_at", "created_at", "updated_at", "eud_icon"}
)


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    then: Any
    now: Any


class RevertsByRules:
    """For the challenge's ModelAdmin, in front of simple_history's."""

    def history_form_view(
        self: Any, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        challenge = get_object_or_404(self.get_queryset(request), pk=object_id)
        record = get_object_or_404(challenge.history.select_related("history_user"), history_id=version_id)
        if not self.has_view_or_change_permission(request, challenge):
            raise PermissionDenied
        found = list(changes(record.instance, challenge))
        may_revert = self.has_change_permission(request, challenge)
        question = None
        if request.method == "POST":
            if not may_revert:
                raise PermissionDenied
            try:
                return self._revert(request, challenge, record)
            except Question as asked:
                question = asked
            except DomainError as error:
                messages.error(request, str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Version %(n)s of %(name)s") % {"n": record.version, "name": challenge},
            "opts": self.opts,
            "original": challenge,
            "record": record,
            "changes": found,
            "may_revert": may_revert and found,
            "question": question,
        }
        return TemplateResponse(request, "admin/challenges/challenge/version.html", context)

    def _revert(self: Any, request: HttpRequest, challenge: Challenge, record: Any) -> HttpResponse:
        now = timezone.now()
        for name in edited_columns():
            setattr(challenge, name, getattr(record, name))
        edit = saving.Edited(challenge)
        asking.ask(edit, challenge.status, now, request.POST.get("confirmed", ""))
        saving.save(edit, now, None)
        self.log_change(request, challenge, _("Reverted to version %(n)s.") % {"n": record.version})
        messages.success(
            request, _("“%(name)s” is as it was in version %(n)s.") % {"name": challenge, "n": record.version}
        )
        return HttpResponseRedirect(reverse("admin:challenges_challenge_change", args=[challenge.pk]))


def edited_columns() -> list[str]:
    """What an edit may change, each language's text on its own."""
    names = [field.attname for field in Challenge._meta.concrete_fields]
    return [name for name in names if name not in KEPT and f"{name}_en" not in names]


def changes(then: Challenge, now: Challenge) -> Iterator[Change]:
    for name in edited_columns():
        old, new = getattr(then, name), getattr(now, name)
        if (old or "") != (new or ""):
            field: Any = Challenge._meta.get_field(
                name.removesuffix("_id") if name.endswith("reward_id") else name
            )
            yield Change(str(capfirst(field.verbose_name)), _shown(old), _shown(new))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return f"{value:f}" if hasattr(value, "normalize") else str(value or "–")

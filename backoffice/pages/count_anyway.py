"""Count anyway all that a filter finds in a challenge: the impact, a reason, the run and how far it is."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from backoffice.pages.actions import ADD_LOG_PERMISSION
from backoffice.pages.page import render_page, require_permissions
from challenges.engine import manual_count_runs
from challenges.engine.impact import Impact
from challenges.engine.manual_count import NEVER_COUNTED
from challenges.engine.manual_count_impact import LOGS_TRIED, impact_of
from challenges.models import Challenge, ManualCountRun
from challenges.queries.uncounted_logs import REVERSAL_REASONS, LogFilter
from core.admin.fields import ReasonField, WallClockField, at_zone
from core.admin.form_errors import add_error, errors_in
from core.admin.theme import UnfoldAdminTextInputWidget
from core.choices import ReasonCode
from core.errors import DomainError
from members.models import Member

VIEW_LOGS_PERMISSION = "challenges.view_challengelog"
RUNS_LISTED = 10
TIMES = ("activity_after", "activity_before")
# What a filter can choose: a reversal is never counted anyway.
REASONS = [
    (code.value, code.label)
    for code in ReasonCode
    if code.value not in NEVER_COUNTED and code not in REVERSAL_REASONS
]


class CountAnywayForm(forms.Form):
    """The filter, and a reason that only the confirmed form must have. Times are on the challenge's clock."""

    reason_code = forms.MultipleChoiceField(
        label=_("Why they did not count"),
        required=False,
        choices=REASONS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: whatever the reason."),
    )
    activity_after = WallClockField(label=_("Activity from"))
    activity_before = WallClockField(label=_("Activity before"))
    period_key = forms.CharField(
        label=_("Window"),
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Such as 2026-11."),
    )
    member = forms.CharField(
        label=_("Member"),
        required=False,
        max_length=256,
        strip=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The whole identifier of one member."),
    )
    unique_identifier = forms.CharField(
        label=_("Log"),
        required=False,
        max_length=256,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The whole identifier of one log, such as an order number."),
    )
    reason = ReasonField(required=False)

    def __init__(self, *args: Any, challenge: Challenge, confirmed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(challenge.time_zone)
        for name in TIMES:
            field: Any = self.fields[name]
            field.zone = self.zone
            field.help_text = _("On the clock of %(zone)s.") % {"zone": challenge.time_zone}
        self.fields["reason"].required = confirmed

    def clean_activity_after(self) -> datetime | None:
        return at_zone(self.cleaned_data["activity_after"], self.zone)

    def clean_activity_before(self) -> datetime | None:
        return at_zone(self.cleaned_data["activity_before"], self.zone)

    def clean_member(self) -> str:
        external_id: str = self.cleaned_data["member"]
        if external_id and not Member.objects.filter(external_id=external_id).exists():
            raise forms.ValidationError(_("There is no such member."), "unknown_member")
        return external_id

    def log_filter(self) -> LogFilter:
        """Return the filter of a form without mistakes in it."""
        typed = self.cleaned_data
        return LogFilter(
            tuple(typed["reason_code"]),
            typed["period_key"],
            typed["activity_after"],
            typed["activity_before"],
            typed["member"] or None,
            typed["unique_identifier"],
        )


@require_permissions(VIEW_LOGS_PERMISSION, ADD_LOG_PERMISSION)
def show(request: HttpRequest, challenge_id: UUID) -> HttpResponseBase:
    """Show the filter; on POST also its impact, with a question. Confirmed with a reason, start the run."""
    challenge = get_object_or_404(Challenge, id=challenge_id)
    given = request.POST.get("confirmed", "")
    if request.method == "POST":
        form = CountAnywayForm(request.POST, challenge=challenge, confirmed=bool(given))
    else:
        form = CountAnywayForm(initial=_initial(request.GET), challenge=challenge)
    impact = answer = None
    # Without a reason everything else may be right: then the impact is shown again.
    if request.method == "POST" and (form.is_valid() or set(form.errors) == {"reason"}):
        log_filter = form.log_filter()
        answer = _answer(log_filter)
        try:
            if given == answer and form.is_valid():
                run = manual_count_runs.start(
                    challenge.pk, log_filter, form.cleaned_data["reason"], request.user, timezone.now()
                )
                if run.id is not None:
                    return redirect("backoffice:count_run", challenge.pk, run.id)
            impact = impact_of(challenge.pk, log_filter, timezone.now())
        except DomainError as refusal:
            for error in errors_in(refusal):
                add_error(form, error, error.field)
    return _render(request, challenge, form, impact, answer)


def _render(
    request: HttpRequest,
    challenge: Challenge,
    form: CountAnywayForm,
    impact: Impact | None,
    answer: str | None,
) -> HttpResponseBase:
    runs = ManualCountRun.objects.filter(challenge=challenge).select_related("staff_action")
    return render_page(
        request,
        "backoffice/count_anyway_all.html",
        _("Count anyway: all that a filter finds"),
        challenge=challenge,
        form=form,
        impact=impact,
        answer=answer,
        most=LOGS_TRIED,
        runs=runs[:RUNS_LISTED],
    )


def _answer(log_filter: LogFilter) -> str:
    """Identify the filter whose impact was shown: the confirmation of one never starts another."""
    return sha256(repr(log_filter).encode(errors="surrogatepass")).hexdigest()[:32]


def _initial(query: QueryDict) -> dict[str, Any]:
    """Read a filter from the address; what cannot be read is left out."""
    texts: dict[str, Any] = {
        name: query[name] for name in ("period_key", "member", "unique_identifier") if name in query
    }
    times = {name: _read_time(query.get(name, "")) for name in TIMES}
    return texts | times | {"reason_code": query.getlist("reason_code")}


def _read_time(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


@require_permissions(VIEW_LOGS_PERMISSION)
def show_run(request: HttpRequest, challenge_id: UUID, run_id: UUID) -> HttpResponseBase:
    """Show how far a run is; the page asks for itself again while it lasts."""
    runs = ManualCountRun.objects.select_related("challenge", "member", "staff_action")
    run = get_object_or_404(runs, id=run_id, challenge=challenge_id)
    labels: Mapping[str, Any] = dict(ReasonCode.choices)
    return render_page(
        request,
        "backoffice/count_run.html",
        _("Counting anyway"),
        run=run,
        challenge=run.challenge,
        reasons=[labels.get(code, code) for code in run.reason_codes],
    )

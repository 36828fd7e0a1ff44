"""The form of a challenge."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from core.admin.fields import IdentifiersField, WallClockField, at_zone
from core.admin.icon_field import IconFormField, IconWidget, carry_unsaved_icon
from core.admin.texts_form import TextsForm
from core.admin.theme import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget
from core.choices import RecordStatus
from core.errors import DomainError
from core.periods import checked_zone

LABELS = (
    "eud_not_started_label",
    "eud_in_progress_label",
    "eud_completed_label",
    "eud_failed_label",
    "eud_view_details_button_text",
)
MESSAGES = (
    "eud_milestone_next_to_be_achieved_message",
    "eud_completed_challenge_message",
    "eud_failed_challenge_message",
)
TEXTS = ("eud_title", "eud_description", *MESSAGES, *LABELS)


class ChallengeForm(TextsForm):
    translated = TEXTS
    with_variables = MESSAGES

    icon = IconFormField(
        label=_("Icon"),
        widget=IconWidget(attrs={"default": "challenges/default-challenge-icon.svg"}),
        help_text=_("PNG, JPEG, GIF or SVG up to 100 KB, best square. Without one, members see the default."),
    )
    activity_ids = IdentifiersField(
        label=_("Activities"),
        help_text=_(
            "Only when your shop sends one activity for all challenges: the names that count here, with "
            "commas between them, such as purchase, review. Leave empty when it names the challenge itself."
        ),
    )
    starts_at = WallClockField(
        label=_("Starts"),
        help_text=_("On the clock of the time zone above. Activity before does not count. Empty: at once."),
    )
    ends_at = WallClockField(
        label=_("Ends"),
        help_text=_("Activity from then on does not count; a window under way closes then. Empty: never."),
    )

    class Meta:
        model = Challenge
        fields = "__all__"
        help_texts: ClassVar[dict[str, Any]] = {
            "name": _("How you and your colleagues find it. Members see it while there is no title."),
            "description": _("What it is for; for you and your colleagues."),
            "completion_target_value": _(
                "What a member must reach within one window, in the unit that your shop sends: 500 dollars, "
                "5000 calories, or 10 visits when activities are counted."
            ),
            "aggregation_method": _(
                "Sum adds the value of each activity (spend, calories). Number counts the activities, "
                "whatever their value (visits, lessons)."
            ),
            "aggregation_period": _(
                "How long a window lasts. Everybody starts again from 0 with each new day, week (Monday) "
                "or month."
            ),
            "completion_reward": _("What reaching the target pays. Empty: a generated code."),
            "time_zone": _("Whose midnight begins a new window, such as Europe/Berlin."),
            "late_grace_hours": _(
                "How long after a window closed its activity may still arrive and count. 72 hours bridge a "
                "weekend."
            ),
            "reversal_policy": _("What happens to rewards not yet redeemed when an order is returned."),
            "display_order": _("Lowest first; of equals, the newest."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "time_zone": UnfoldAdminTextInputWidget(attrs={"list": "time-zones", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = ZoneInfo(self.instance.time_zone)
        for name in ("starts_at", "ends_at"):
            if name in self.fields:
                self.fields[name].zone = zone  # type: ignore[attr-defined]
        if "icon" in self.fields:
            self.initial["icon"] = self.instance.eud_icon or None
            carry_unsaved_icon(self)

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        try:
            checked_zone(name)
        except DomainError as error:
            raise forms.ValidationError(error.message, error.code) from error
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        carry_unsaved_icon(self)
        if zone := cleaned.get("time_zone"):
            for name in ("starts_at", "ends_at"):
                cleaned[name] = at_zone(cleaned.get(name), ZoneInfo(zone))
        return cleaned

    def _post_clean(self) -> None:
        """Set the status from the button that sent the form, such as “Go live”, or from its confirmation."""
        super()._post_clean()
        status = self.data.get("set_status") or self.data.get("confirmed", "").partition(":")[0]
        if status in RecordStatus.values:
            self.instance.status = status


def zone_names() -> list[str]:
    """Return the zones that the input suggests: names of places, without the historic aliases."""
    place_names = (name for name in available_timezones() if "/" in name)
    return sorted(name for name in place_names if not name.startswith(("Etc/", "posix", "right")))

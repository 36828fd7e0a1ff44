"""The forms of support's actions: each asks for a reason, some for the action's own values."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from core.admin.fields import ReasonField, WallClockField, at_zone
from core.admin.theme import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget
from core.amounts import AmountFormField

TEXT = UnfoldAdminTextInputWidget
AMOUNT = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})


class ReasonForm(forms.Form):
    """Base form of every action; `subject` is the record that it acts on.

    The reason is the last field, after the fields that a subclass adds.
    """

    reason = ReasonField()

    def __init__(self, *args: Any, subject: Any, **kwargs: Any) -> None:
        self.subject = subject
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name != "reason"])


class ReissueForm(ReasonForm):
    coupon_code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=256,
        widget=TEXT,
        help_text=_("Empty: the next code of the reward's own source."),
    )
    instead_of = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["instead_of"] = self.subject.coupon_code


class FillForm(ReasonForm):
    coupon_code = forms.CharField(label=_("Code"), max_length=256, widget=TEXT)


class ExpiryForm(ReasonForm):
    """Asks for an expiry on the clock of the reward log's challenge."""

    reward_expiry_at = WallClockField(label=_("Valid until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["reward_expiry_at"]
        field.zone = ZoneInfo(self.subject.challenge.time_zone)
        field.required = True
        field.help_text = _("On the clock of %(zone)s.") % {"zone": self.subject.challenge.time_zone}
        self.initial["reward_expiry_at"] = self.subject.reward_expiry_at

    def clean_reward_expiry_at(self) -> Any:
        field: Any = self.fields["reward_expiry_at"]
        return at_zone(self.cleaned_data["reward_expiry_at"], field.zone)


class ReverseForm(ReasonForm):
    activity_value = AmountFormField(
        label=_("How much"), required=False, widget=AMOUNT, help_text=_("Empty: all that is left of it.")
    )


class LogForm(ReasonForm):
    """Asks for a log to store for the member in `subject`.

    `activity_at` is typed on the clock of the chosen challenge, so only `clean` knows its time zone.
    """

    challenge: Any = forms.ModelChoiceField(
        label=_("Challenge"), queryset=Challenge.objects.none(), widget=UnfoldAdminSelectWidget
    )
    activity_at = WallClockField(label=_("When"), help_text=_("On the clock of the challenge's time zone."))
    activity_id = forms.CharField(label=_("Activity"), max_length=256, initial="purchase", widget=TEXT)
    unique_identifier = forms.CharField(
        label=_("Unique identifier"),
        max_length=256,
        widget=TEXT,
        help_text=_("The order number, so that the same order never counts twice."),
    )
    activity_value = AmountFormField(
        label=_("Value"),
        required=False,
        widget=AMOUNT,
        help_text=_("Not needed where activities are counted."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["challenge"].queryset = Challenge.objects.unarchived().exclude(status="draft")  # type: ignore[attr-defined]
        self.fields["activity_at"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("challenge") and cleaned.get("activity_at"):
            zone = ZoneInfo(cleaned["challenge"].time_zone)
            cleaned["activity_at"] = at_zone(cleaned["activity_at"], zone)
        return cleaned


class PauseForm(ReasonForm):
    instead_of = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["instead_of"] = self.subject.status


class EraseForm(ReasonForm):
    """Asks to repeat the member's identifier, because erasing cannot be undone."""

    confirm = forms.CharField(label=_("Type the identifier once more"), widget=TEXT)

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed.strip() != self.subject.external_id:
            raise forms.ValidationError(_("This is not the member's identifier."), "mismatch")
        return typed

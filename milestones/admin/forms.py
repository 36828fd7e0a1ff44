"""The form of one milestone inside the form of its challenge."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.admin.icon_field import IconFormField, IconWidget, carry_unsaved_icon
from core.admin.texts_form import TextsForm
from core.admin.theme import UnfoldAdminTextareaWidget
from core.choices import RecordStatus
from milestones.models import Milestone

TEXTS = (
    "eud_milestone_title",
    "eud_milestone_description",
    "eud_milestone_reward_instruction_message",
)


class MilestoneForm(TextsForm):
    translated = TEXTS

    icon = IconFormField(
        label=_("Icon"), widget=IconWidget(attrs={"default": "challenges/default-milestone-icon.svg"})
    )

    class Meta:
        model = Milestone
        fields = "__all__"
        help_texts: ClassVar[dict[str, Any]] = {
            "milestone_target_value": _("Where on the way it stands, at most the completion target."),
            "status": _("Only live milestones pay."),
            "name": _("For you and your colleagues. Members see it while there is no title."),
            "description": _("For you and your colleagues. Empty: the name."),
            "reward": _("What reaching it pays, once a window. Empty: a generated code."),
        }
        widgets: ClassVar[dict[str, Any]] = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and "status" in self.fields:
            self.initial.setdefault("status", RecordStatus.LIVE)
        if "description" in self.fields:
            self.fields["description"].required = False
        if "icon" in self.fields:
            self.initial["icon"] = self.instance.eud_milestone_icon or None
            carry_unsaved_icon(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        carry_unsaved_icon(self)
        cleaned["description"] = cleaned.get("description") or cleaned.get("name", "")
        return cleaned

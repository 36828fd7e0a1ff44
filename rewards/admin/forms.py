"""The form of a reward."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.admin.form_errors import add_error
from core.admin.texts_form import TextsForm
from core.admin.theme import UnfoldAdminTextareaWidget
from rewards.domain import reward_service
from rewards.models import Reward

TEXTS = ("eud_reward_title", "eud_reward_instruction_message")


class RewardForm(TextsForm):
    translated = TEXTS

    class Meta:
        model = Reward
        fields = "__all__"
        help_texts: ClassVar[dict[str, Any]] = {
            "shared_code": _("The one code that everybody gets; your shop's till must accept it often."),
            "code_prefix": _("Begins every code, such as SPRING-."),
            "low_water_mark": _("You are warned when fewer uploaded codes than this are left."),
            "max_total": _("Empty: no limit. Whoever comes later reaches the milestone and gets no code."),
            "max_per_member": _("Empty: no limit. Over all challenges and windows."),
        }
        widgets: ClassVar[dict[str, Any]] = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def clean(self) -> dict[str, Any]:
        """Check the fields together, before a database constraint does: its error would name no field."""
        cleaned = super().clean() or self.cleaned_data
        proposed = Reward(
            code_source=cleaned.get("code_source", ""),
            shared_code=cleaned.get("shared_code", ""),
            code_prefix=cleaned.get("code_prefix", ""),
        )
        for error in reward_service.errors_of(proposed):
            add_error(self, error, error.field)
        return cleaned

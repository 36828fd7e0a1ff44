"""The form of a reward: what the shop's till must know, and what members read."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from challenges_project.admin.texts_form import TextsForm
from challenges_project.admin.theme import UnfoldAdminTextareaWidget
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

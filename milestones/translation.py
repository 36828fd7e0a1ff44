"""Which texts of a milestone are kept in every language, and its history of edits."""

import simple_history
from modeltranslation.translator import TranslationOptions, register

from milestones.models import Milestone


@register(Milestone)
class MilestoneTranslation(TranslationOptions):
    fields = ("eud_milestone_title", "eud_milestone_description", "eud_milestone_reward_instruction_message")


simple_history.register(Milestone, app="milestones")

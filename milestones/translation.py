"""Register the translated fields of a milestone, and its history of edits."""

import simple_history
from modeltranslation.translator import TranslationOptions, register

from access.models.recorded_edit import RecordedEdit
from milestones.models import Milestone


@register(Milestone)
class MilestoneTranslation(TranslationOptions):
    fields = ("eud_milestone_title", "eud_milestone_description", "eud_milestone_reward_instruction_message")


# Here and not in the model: the history must be registered after the language columns exist.
simple_history.register(Milestone, app="milestones", bases=[RecordedEdit])

"""Register the translated fields of a reward, and its history of edits."""

import simple_history
from modeltranslation.translator import TranslationOptions, register

from access.models.recorded_edit import RecordedEdit
from rewards.models import Reward


@register(Reward)
class RewardTranslation(TranslationOptions):
    fields = ("eud_reward_title", "eud_reward_instruction_message")


# Here and not in the model: the history must be registered after the language columns exist.
simple_history.register(Reward, app="rewards", bases=[RecordedEdit])

"""Which texts of a reward are kept in every language, and its history of edits."""

import simple_history
from modeltranslation.translator import TranslationOptions, register

from rewards.models import Reward


@register(Reward)
class RewardTranslation(TranslationOptions):
    fields = ("eud_reward_title", "eud_reward_instruction_message")


# After the language columns exist: a history in the model itself would not know them.
simple_history.register(Reward, app="rewards")

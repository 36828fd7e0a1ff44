"""Register the translated texts of a challenge, and its history of edits."""

import simple_history
from modeltranslation.translator import TranslationOptions, register

from access.models.recorded_edit import RecordedEdit
from challenges.models import Challenge


@register(Challenge)
class ChallengeTranslation(TranslationOptions):
    fields = (
        "eud_title",
        "eud_description",
        "eud_in_progress_label",
        "eud_completed_label",
        "eud_not_started_label",
        "eud_failed_label",
        "eud_view_details_button_text",
        "eud_completed_challenge_message",
        "eud_failed_challenge_message",
        "eud_milestone_next_to_be_achieved_message",
    )


simple_history.register(Challenge, app="challenges", bases=[RecordedEdit])
